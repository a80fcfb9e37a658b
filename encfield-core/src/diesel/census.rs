//! Counting what is sealed under a key.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Binary, Bool, HasSqlType, Nullable};

use super::index_source::CiphertextType;
use crate::key_id::KeyId;

/// What can be asked of an encrypted column. Bring it into scope beside Diesel's own methods.
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::{CiphertextExpressionMethods, KeyId};
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::Ciphertext;
/// #     profiles (id) { id -> Integer, passport_number -> Nullable<Ciphertext<passport_number>> }
/// # }
///
/// fn values_left(conn: &mut SqliteConnection, key: KeyId) -> QueryResult<i64> {
///     profiles::table
///         .filter(profiles::passport_number.sealed_under(key))
///         .count()
///         .get_result(conn)
/// }
/// ```
pub trait CiphertextExpressionMethods: Expression + Sized {
    /// The rows whose value is sealed under the key of this id, which stands in each value.
    ///
    /// Use it to count what keeps a key from being removed, and to find what to store again. The
    /// database looks at each row.
    fn sealed_under(self, key: KeyId) -> SealedUnder<Self>
    where
        Self::SqlType: CiphertextType,
    {
        SealedUnder {
            column: self,
            key: key.to_bytes(),
        }
    }
}

impl<E: Expression> CiphertextExpressionMethods for E {}

/// See [`CiphertextExpressionMethods::sealed_under`].
#[derive(Clone, Debug, QueryId)]
#[must_use = "a condition does nothing until it is part of a query"]
pub struct SealedUnder<E> {
    column: E,
    key: [u8; KeyId::LENGTH],
}

impl<E: Expression> Expression for SealedUnder<E> {
    type SqlType = Nullable<Bool>;
}

impl<E: AppearsOnTable<QS>, QS: ?Sized> AppearsOnTable<QS> for SealedUnder<E> {}

impl<E: SelectableExpression<QS>, QS: ?Sized> SelectableExpression<QS> for SealedUnder<E> {}

impl<E: ValidGrouping<GB>, GB> ValidGrouping<GB> for SealedUnder<E> {
    type IsAggregate = E::IsAggregate;
}

impl<E, DB> QueryFragment<DB> for SealedUnder<E>
where
    DB: Backend + HasSqlType<Binary>,
    E: QueryFragment<DB>,
    [u8; KeyId::LENGTH]: ToSql<Binary, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // The id is bytes 2 to 9; SQL counts from one.
        pass.push_sql("substr(");
        self.column.walk_ast(pass.reborrow())?;
        pass.push_sql(", 3, 8) = ");
        pass.push_bind_param::<Binary, _>(&self.key)
    }
}
