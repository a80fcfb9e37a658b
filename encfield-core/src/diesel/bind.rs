//! Storing: a bind that holds the finished ciphertext.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, AsExpression, Expression, TypedExpressionType};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType, Nullable, SqlType};

use super::column::EncryptedColumn;
use super::index_columns::IndexedColumn;
use super::sql_types::Ciphertext;
use crate::cipher::encrypt_here;
use crate::codec::{Codec, Plain};
use crate::encrypted::{Encrypted, InRow};
use crate::error::Error;
use crate::field::Field;
use crate::row::RowValues;
use crate::secret::Redacted;

/// A value on its way into a ciphertext column: sealed when it was made, bound as bytes.
///
/// It can be inserted and set. It cannot be compared, because each sealing gives other bytes and no
/// row would ever match; that is what its name says when the compiler shows it, as in `the trait
/// bound CiphertextIsStoredNeverCompared<..>: ValidGrouping<()> is not satisfied`. To look a row up
/// by an encrypted value, load and compare, or keep another column to search by.
///
/// Where sealing failed, the error is kept and comes back from the query that would have stored it.
#[must_use = "a bind stores nothing until it is part of a query"]
pub struct CiphertextIsStoredNeverCompared<ST> {
    value: Result<Option<Vec<u8>>, Error>,
    sql_type: PhantomData<fn() -> ST>,
}

/// A field that can be sealed for a column of this SQL type.
///
/// Implemented for `Ciphertext<column>` and `Nullable<Ciphertext<column>>`; it cannot be
/// implemented elsewhere, as it needs the keyring.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be encrypted into a column of type `{ST}`",
    label = "this cannot be encrypted",
    note = "a sensitive field's type must implement `encfield::Codec`, or be an `Option` of one for a `Nullable<Ciphertext<..>>` column; any serde type can be wrapped in `encfield::Json`",
    note = "and the column's SQL type in `diesel::table!` must be `Ciphertext<column>` or `Nullable<Ciphertext<column>>`"
)]
pub trait SealAs<ST> {
    /// The sealed bytes, or nothing for NULL; bound to the row, if one is given.
    #[doc(hidden)]
    fn seal_as(&self, row: Option<&RowValues>) -> Result<Option<Vec<u8>>, Error>;
}

impl<C: EncryptedColumn, T: Plain + ?Sized> SealAs<Ciphertext<C>> for T {
    fn seal_as(&self, row: Option<&RowValues>) -> Result<Option<Vec<u8>>, Error> {
        let context = C::context()?;
        encrypt_here(&context, row, self).map(Some)
    }
}

impl<C: EncryptedColumn, T: Plain + ?Sized> SealAs<Nullable<Ciphertext<C>>> for T {
    fn seal_as(&self, row: Option<&RowValues>) -> Result<Option<Vec<u8>>, Error> {
        SealAs::<Ciphertext<C>>::seal_as(self, row)
    }
}

impl<C: EncryptedColumn, T: Codec> SealAs<Nullable<Ciphertext<C>>> for Option<T> {
    fn seal_as(&self, row: Option<&RowValues>) -> Result<Option<Vec<u8>>, Error> {
        self.as_ref().map_or(Ok(None), |value| {
            SealAs::<Ciphertext<C>>::seal_as(value, row)
        })
    }
}

impl<ST> CiphertextIsStoredNeverCompared<ST> {
    /// Seals a field for the column `C`, in a write that fills these indexes as well.
    ///
    /// Fails when another blind index is made of the column: it would be left behind. Given a row,
    /// the value is bound to it.
    pub fn seal<C: IndexedColumn, T: SealAs<ST> + ?Sized>(
        field: &T,
        indexes: &[TypeId],
        row: Option<&RowValues>,
    ) -> Self {
        Self {
            value: C::leaves_none_behind(indexes).and_then(|()| field.seal_as(row)),
            sql_type: PhantomData,
        }
    }
}

impl<C: EncryptedColumn> CiphertextIsStoredNeverCompared<Nullable<Ciphertext<C>>> {
    /// Seals a field that holds a reference for the nullable column; `None` is NULL.
    pub fn seal_optional<I: IndexedColumn, T: Plain + ?Sized>(
        field: Option<&T>,
        indexes: &[TypeId],
        row: Option<&RowValues>,
    ) -> Self {
        let seal = |value: &T| SealAs::<Ciphertext<C>>::seal_as(value, row);
        Self {
            value: I::leaves_none_behind(indexes).and_then(|()| field.map_or(Ok(None), seal)),
            sql_type: PhantomData,
        }
    }
}

impl<ST> Expression for CiphertextIsStoredNeverCompared<ST>
where
    ST: SqlType + TypedExpressionType,
{
    type SqlType = ST;
}

// `AppearsOnTable` lets it be inserted and set. There is no `ValidGrouping`, and so no filter.
impl<ST, QS: ?Sized> AppearsOnTable<QS> for CiphertextIsStoredNeverCompared<ST> where
    Self: Expression
{
}

impl<ST: QueryId> QueryId for CiphertextIsStoredNeverCompared<ST> {
    type QueryId = CiphertextIsStoredNeverCompared<ST::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST, DB> QueryFragment<DB> for CiphertextIsStoredNeverCompared<ST>
where
    DB: Backend + HasSqlType<ST>,
    Self: ToSql<ST, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_bind_param::<ST, Self>(self)
    }
}

impl<ST, DB> ToSql<ST, DB> for CiphertextIsStoredNeverCompared<ST>
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        match &self.value {
            Ok(Some(value)) => <[u8] as ToSql<Binary, DB>>::to_sql(value, out),
            Ok(None) => Ok(IsNull::Yes),
            Err(error) => Err(Box::new(error.clone())),
        }
    }
}

impl<ST> fmt::Debug for CiphertextIsStoredNeverCompared<ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

/// Never implemented: what Diesel would need to bind an `Option<Encrypted<T>>` by itself.
///
/// Diesel wraps any `Option` in a bind of its own, which could be compared as well as stored. There
/// is no such bind for an encrypted value; this trait makes the compiler say what to write instead.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` can neither be compared nor written as NULL",
    label = "this query binds an `Option<Encrypted<..>>`",
    note = "a ciphertext is never equal to another: no row would be found by it",
    note = "to write NULL, make the field an `Encrypted<Option<..>>`, or `#[sensitive]` under `#[encfield::model]`"
)]
pub trait BoundAsAnOption {}

impl<C, T, DB> ToSql<Ciphertext<C>, DB> for Encrypted<T>
where
    T: Field,
    DB: Backend,
    Self: BoundAsAnOption,
{
    fn to_sql<'b>(&'b self, _: &mut Output<'b, '_, DB>) -> serialize::Result {
        unreachable!("`BoundAsAnOption` is never implemented")
    }
}

/// For each way to write a value, and both SQL types: the bind is made here and now.
macro_rules! as_expression {
    ($($written:ty, |$own:ident| $value:expr, $row:expr;)*) => {$(
        as_expression!(@ $written, Ciphertext<C>, |$own| $value, $row);
        as_expression!(@ $written, Nullable<Ciphertext<C>>, |$own| $value, $row);
    )*};
    (@ $written:ty, $sql_type:ty, |$own:ident| $value:expr, $row:expr) => {
        impl<C, T> AsExpression<$sql_type> for $written
        where
            C: EncryptedColumn + IndexedColumn,
            T: Field + SealAs<$sql_type>,
        {
            type Expression = CiphertextIsStoredNeverCompared<$sql_type>;

            fn as_expression(self) -> Self::Expression {
                let $own = &self;
                CiphertextIsStoredNeverCompared::seal::<C, _>($value, &[], $row)
            }
        }
    };
}

as_expression! {
    Encrypted<T>, |own| own.expose(), None;
    &Encrypted<T>, |own| own.expose(), None;
    &&Encrypted<T>, |own| own.expose(), None;
    InRow<T>, |own| own.value.expose(), Some(&own.row);
    &InRow<T>, |own| own.value.expose(), Some(&own.row);
}
