//! Looking up: the tags of a value under every live index key.

use std::fmt;

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType};

use super::index_source::{IndexSource, IndexType};
use crate::blind_index::{Recipe, Tag};
use crate::error::Error;
use crate::keyring;
use crate::secret::Redacted;

/// A condition on a blind index, for `filter`, `or_filter`, `on` and wherever Diesel takes one.
///
/// It is made by [`IndexExpressionMethods`](crate::IndexExpressionMethods). Its binds print as
/// `********`. Where a tag could not be made, the error comes back from the query.
#[derive(Clone)]
#[must_use = "a condition does nothing until it is part of a query"]
pub struct IndexLookup<E> {
    index: E,
    tags: Vec<LookedUp>,
    /// Whether the rows that have none of the tags are asked for.
    others: bool,
    /// Whether the number of tags depends on the query.
    any_number: bool,
}

/// A tag that is looked for, or why there is none.
#[derive(Clone)]
struct LookedUp(Result<Tag, Error>);

impl<E: Expression<SqlType: IndexType>> IndexLookup<E> {
    /// The rows that have the tag of one of these normal forms.
    pub(super) fn any<B: AsRef<[u8]>>(index: E, normal: impl IntoIterator<Item = B>) -> Self {
        let (mut tags, mut normal) = (Vec::new(), normal.into_iter().peekable());
        if normal.peek().is_none() {
            // No row has the empty tag. Asked for like any other, it is NULL where the index is.
            tags.push(LookedUp(Ok(Tag::from_slice(&[]))));
        }
        for normal in normal {
            match live_tags::<E::SqlType>(normal.as_ref()) {
                Ok(live) => tags.extend(live.into_iter().map(|tag| LookedUp(Ok(tag)))),
                Err(error) => return Self::refused(index, error),
            }
        }
        Self {
            index,
            tags,
            others: false,
            any_number: false,
        }
    }

    /// The query fails with this error.
    pub(super) fn refused(index: E, error: Error) -> Self {
        let error = match <E::SqlType as IndexType>::Source::place() {
            Ok(source) => source.context.blame(error),
            Err(_) => error,
        };
        Self {
            index,
            tags: vec![LookedUp(Err(error))],
            others: false,
            any_number: false,
        }
    }

    /// For a number of values that differs from query to query: its statement is not kept.
    pub(super) fn of_any_number(self) -> Self {
        Self {
            any_number: true,
            ..self
        }
    }

    /// The rows that have a tag, and none of these.
    pub(super) fn others(self) -> Self {
        Self {
            others: true,
            ..self
        }
    }
}

fn live_tags<ST: IndexType>(normal: &[u8]) -> Result<Vec<Tag>, Error> {
    let source = ST::Source::place()?;
    keyring::with_current(&source.context, |keyring| {
        keyring.live_tags(&Recipe::of::<ST::Tagging>(), &source.place, normal)
    })
    .map(|tags| tags.into_iter().map(|(_, tag)| tag).collect())
}

impl<E: Expression<SqlType: IndexType>> Expression for IndexLookup<E>
where
    <E::SqlType as IndexType>::Answer: diesel::expression::TypedExpressionType,
{
    type SqlType = <E::SqlType as IndexType>::Answer;
}

impl<E, QS: ?Sized> AppearsOnTable<QS> for IndexLookup<E>
where
    Self: Expression,
    E: AppearsOnTable<QS>,
{
}

impl<E, QS: ?Sized> SelectableExpression<QS> for IndexLookup<E>
where
    Self: AppearsOnTable<QS>,
    E: SelectableExpression<QS>,
{
}

impl<E: ValidGrouping<GB>, GB> ValidGrouping<GB> for IndexLookup<E> {
    type IsAggregate = E::IsAggregate;
}

/// How many tags are asked for is not in the type.
impl<E> QueryId for IndexLookup<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E, DB> QueryFragment<DB> for IndexLookup<E>
where
    DB: Backend + HasSqlType<Binary>,
    E: QueryFragment<DB>,
    LookedUp: ToSql<Binary, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if self.any_number {
            pass.unsafe_to_cache_prepared();
        }
        // There is always one: a tag, the empty tag, or an error.
        let Some((first, more)) = self.tags.split_first() else {
            return Ok(());
        };
        // In parentheses, so that it is one operand wherever Diesel puts it.
        pass.push_sql("(");
        self.index.walk_ast(pass.reborrow())?;
        pass.push_sql(match (self.others, more.is_empty()) {
            (false, true) => " = ",
            (true, true) => " <> ",
            (false, false) => " IN (",
            (true, false) => " NOT IN (",
        });
        pass.push_bind_param::<Binary, _>(first)?;
        for tag in more {
            pass.push_sql(", ");
            pass.push_bind_param::<Binary, _>(tag)?;
        }
        pass.push_sql(if more.is_empty() { ")" } else { "))" });
        Ok(())
    }
}

impl<DB> ToSql<Binary, DB> for LookedUp
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        match &self.0 {
            Ok(tag) => <[u8] as ToSql<Binary, DB>>::to_sql(tag.as_bytes(), out),
            Err(error) => Err(Box::new(error.clone())),
        }
    }
}

impl fmt::Debug for LookedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl<E: fmt::Debug> fmt::Debug for IndexLookup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexLookup")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
