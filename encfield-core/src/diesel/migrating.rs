//! A column that is being encrypted where it is.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use super::column::EncryptedColumn;
use super::index_columns::IndexedColumn;
use crate::context::Context;
use crate::error::Error;

/// A column of bytes that holds plaintext and ciphertext while a migration encrypts it where it is.
///
/// The declaration is the migration: a program whose schema says so reads both, and seals whatever it
/// stores. **Take it out when the job is done.** From then on plaintext in the column is refused, as it
/// is in any other. As long as it is there, whoever can write to the database can plant plaintext.
///
/// Nothing is guessed: what begins like a ciphertext must open. Plaintext is read for fields of text, of
/// bytes and of [`Json`](crate::Json), whose plain form is the bytes themselves.
///
/// ```
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::{Migrating, sql_types::Ciphertext};
///
///     letters (id) {
///         id -> Integer,
///         body -> Nullable<Ciphertext<Migrating<body>>>,
///     }
/// }
/// # fn main() {}
/// ```
pub struct Migrating<C>(PhantomData<fn() -> C>);

impl<C: EncryptedColumn> EncryptedColumn for Migrating<C> {
    fn context() -> Result<Context<'static>, Error> {
        C::context()
    }

    fn reads_plaintext() -> bool {
        true
    }
}

impl<C: IndexedColumn> IndexedColumn for Migrating<C> {
    fn leaves_none_behind(filled: &[TypeId]) -> Result<(), Error> {
        C::leaves_none_behind(filled)
    }
}

impl<C> fmt::Debug for Migrating<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Migrating")
    }
}
