//! The SQL types for `diesel::table!`.

use std::fmt;
use std::marker::PhantomData;

use diesel::query_builder::QueryId;
use diesel::sql_types::{SingleValue, SqlType, is_nullable};

/// The SQL type of an encrypted column. Its parameter is the column itself.
///
/// The database's type is bytes: `BLOB` on SQLite, `BYTEA` on PostgreSQL, `BLOB` or `VARBINARY` on
/// MySQL. A value takes 50 bytes more than its plaintext.
///
/// The column's table and name are what a value is bound to, so a value cannot be moved to another
/// column, and Diesel refuses to compare a ciphertext column or to copy it into another one.
///
/// ```
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::sql_types::Ciphertext;
///
///     profiles (id) {
///         id -> Integer,
///         phone_number -> Nullable<Ciphertext<phone_number>>,
///     }
/// }
/// ```
///
/// It leaks the value's length, and whether it is NULL.
pub struct Ciphertext<C>(PhantomData<fn() -> C>);

// Written by hand: the derives would bound `C`, and the column's own `Expression` names this type.
impl<C: 'static> SqlType for Ciphertext<C> {
    type IsNull = is_nullable::NotNull;
}

impl<C: 'static> SingleValue for Ciphertext<C> {}

impl<C: 'static> QueryId for Ciphertext<C> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<C> Clone for Ciphertext<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Ciphertext<C> {}

impl<C> Default for Ciphertext<C> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<C> fmt::Debug for Ciphertext<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ciphertext")
    }
}
