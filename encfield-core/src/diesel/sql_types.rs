//! The SQL types for `diesel::table!`.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use diesel::query_builder::QueryId;
use diesel::sql_types::{SingleValue, SqlType, is_nullable};

use super::index_columns;
use super::index_source::IndexSource;
use crate::blind_index::{Exact, Tagging};

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

/// The SQL type of a blind index: a column of tags beside the ciphertext, to find rows by value.
///
/// `C` is the encrypted column that is indexed, [`Compound`](crate::Compound) of several, or
/// [`Shared`](crate::Shared) between tables. `K` is the normaliser, which says what is found as one
/// value: [`Exact`] text by default. Both are in the type, so that what is stored and what is looked
/// up are made in the same way.
///
/// The database's type is bytes: `BLOB` on SQLite, `BYTEA` on PostgreSQL, `VARBINARY(32)` on MySQL,
/// where a shorter column cuts tags off, a `BINARY` one fills them up, and neither is found again. A
/// tag takes 32 bytes unless it is [`Truncated`](crate::Truncated). Give the column an index of the
/// database's own, or a unique constraint.
///
/// ```
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::sql_types::{BlindIndex, Ciphertext};
///     use encfield_core::{CaseFolded, Chain, Nfkc};
///
///     people (id) {
///         id -> Integer,
///         passport_number -> Nullable<Ciphertext<passport_number>>,
///         passport_index -> Nullable<BlindIndex<passport_number>>,
///         name -> Ciphertext<name>,
///         name_index -> BlindIndex<name, Chain<Nfkc, CaseFolded>>,
///     }
/// }
/// ```
///
/// It leaks which rows hold equal values, and through that, where some values are more frequent than
/// others, often the values.
pub struct BlindIndex<C, K = Exact>(PhantomData<fn() -> (C, K)>);

impl<C: 'static, K: 'static> SqlType for BlindIndex<C, K> {
    type IsNull = is_nullable::NotNull;
}

impl<C: 'static, K: 'static> SingleValue for BlindIndex<C, K> {}

impl<C: IndexSource, K: Tagging> QueryId for BlindIndex<C, K> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;

    /// What Diesel's own would say; and whoever looks for the indexes of a table hears of this one.
    fn query_id() -> Option<TypeId> {
        index_columns::seen(C::is_made_of);
        Some(TypeId::of::<Self>())
    }
}

impl<C, K> Clone for BlindIndex<C, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, K> Copy for BlindIndex<C, K> {}

impl<C, K> Default for BlindIndex<C, K> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<C, K> fmt::Debug for BlindIndex<C, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex")
    }
}
