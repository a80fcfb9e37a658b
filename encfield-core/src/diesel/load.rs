//! Loading: from the column's bytes to a plain value, or to a sealed one.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::sql_types::{Binary, Nullable, SingleValue};

use super::cell::CellBackend;
use super::column::EncryptedColumn;
use super::sql_types::Ciphertext;
use crate::cipher::decrypt_here;
use crate::codec::{Codec, plain};
use crate::encrypted::Encrypted;
use crate::error::Error;
use crate::field::Field;
use crate::sealed::{Sealed, Source};

/// Opens a column's bytes under the keyring in force.
fn open<C: EncryptedColumn, T: Codec>(value: &[u8]) -> Result<T, Error> {
    let context = C::context()?;
    if let Some(plain) = plain(C::reads_plaintext(), &context, value) {
        return plain;
    }
    decrypt_here(&context, value)
}

impl<C, T, DB> FromSql<Ciphertext<C>, DB> for Encrypted<T>
where
    C: EncryptedColumn,
    T: Codec,
    DB: CellBackend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::new(DB::with_cell(bytes, open::<C, T>)??))
    }
}

impl<C, T, DB> FromSql<Nullable<Ciphertext<C>>, DB> for Encrypted<Option<T>>
where
    C: EncryptedColumn,
    T: Codec,
    DB: CellBackend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::new(Some(DB::with_cell(bytes, open::<C, T>)??)))
    }

    fn from_nullable_sql(bytes: Option<DB::RawValue<'_>>) -> deserialize::Result<Self> {
        match bytes {
            Some(bytes) => <Self as FromSql<Nullable<Ciphertext<C>>, DB>>::from_sql(bytes),
            None => Ok(Self::new(None)),
        }
    }
}

impl<C, T, DB> FromSql<Ciphertext<C>, DB> for Sealed<T>
where
    C: EncryptedColumn,
    T: Codec,
    DB: CellBackend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        // Its place is asked for here, where the compiler sees the answer.
        C::context()?;
        let source = const {
            &Source {
                context: C::context,
                may_be_plain: C::reads_plaintext,
            }
        };
        DB::with_cell(bytes, |value| Self::new(value, source))
    }
}

impl<T, ST, DB> Queryable<ST, DB> for Encrypted<T>
where
    T: Field,
    ST: SingleValue,
    DB: Backend,
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl<T, ST, DB> Queryable<ST, DB> for Sealed<T>
where
    ST: SingleValue,
    DB: Backend,
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}
