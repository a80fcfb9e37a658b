//! Two indexes with the same tags, compared.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, MixedAggregates, SelectableExpression, ValidGrouping,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Nullable};

use super::index_source::Shared;
use super::sql_types::BlindIndex;
use crate::blind_index::FullTags;

/// The rows in which two indexes have the same tag; see
/// [`matches_index_of`](crate::IndexExpressionMethods::matches_index_of).
#[derive(Clone, Copy, Debug, QueryId)]
#[must_use = "a condition does nothing until it is part of a query"]
pub struct IndexJoin<L, R> {
    left: L,
    right: R,
}

/// That equal values have equal tags in both indexes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` and `{Other}` never have a tag in common",
    label = "these indexes are made under different keys",
    note = "to join by equal values, declare both columns as `BlindIndex<Shared<column, Domain>, ..>` with one domain and one normaliser"
)]
pub trait SharesTagsWith<Other> {}

macro_rules! shares_tags {
    ($($left:ty, $right:ty;)*) => {$(
        impl<A, B, D, K: FullTags> SharesTagsWith<$right> for $left {}
    )*};
}

shares_tags! {
    BlindIndex<Shared<A, D>, K>, BlindIndex<Shared<B, D>, K>;
    BlindIndex<Shared<A, D>, K>, Nullable<BlindIndex<Shared<B, D>, K>>;
    Nullable<BlindIndex<Shared<A, D>, K>>, BlindIndex<Shared<B, D>, K>;
    Nullable<BlindIndex<Shared<A, D>, K>>, Nullable<BlindIndex<Shared<B, D>, K>>;
}

impl<L, R> IndexJoin<L, R> {
    pub(super) fn new(left: L, right: R) -> Self {
        Self { left, right }
    }
}

impl<L: Expression, R: Expression> Expression for IndexJoin<L, R> {
    type SqlType = Nullable<Bool>;
}

impl<L, R, QS: ?Sized> AppearsOnTable<QS> for IndexJoin<L, R>
where
    L: AppearsOnTable<QS>,
    R: AppearsOnTable<QS>,
{
}

impl<L, R, QS: ?Sized> SelectableExpression<QS> for IndexJoin<L, R>
where
    L: SelectableExpression<QS>,
    R: SelectableExpression<QS>,
{
}

impl<L, R, GB> ValidGrouping<GB> for IndexJoin<L, R>
where
    L: ValidGrouping<GB>,
    R: ValidGrouping<GB>,
    L::IsAggregate: MixedAggregates<R::IsAggregate>,
{
    type IsAggregate = <L::IsAggregate as MixedAggregates<R::IsAggregate>>::Output;
}

impl<L, R, DB> QueryFragment<DB> for IndexJoin<L, R>
where
    DB: Backend,
    L: QueryFragment<DB>,
    R: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("(");
        self.left.walk_ast(pass.reborrow())?;
        pass.push_sql(" = ");
        self.right.walk_ast(pass.reborrow())?;
        pass.push_sql(")");
        Ok(())
    }
}
