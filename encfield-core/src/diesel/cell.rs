//! A cell's bytes, where they lie.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::sql_types::Binary;
use zeroize::Zeroizing;

/// A backend whose cells of bytes can be looked into without a copy.
///
/// SQLite, PostgreSQL and MySQL are. For Diesel's `MultiConnection`, or a backend of your own, write
/// `impl CellBackend for MultiBackend {}`: the bytes are copied once then, and the copy is wiped.
pub trait CellBackend: Backend {
    /// Shows a cell's bytes to the closure.
    ///
    /// # Errors
    /// Diesel's, for a cell that is no bytes.
    fn with_cell<R>(
        cell: Self::RawValue<'_>,
        read: impl FnOnce(&[u8]) -> R,
    ) -> deserialize::Result<R>
    where
        Vec<u8>: FromSql<Binary, Self>,
    {
        let bytes = Zeroizing::new(<Vec<u8> as FromSql<Binary, Self>>::from_sql(cell)?);
        Ok(read(&bytes))
    }
}

/// What each backend has alike: ciphertext and tags are what Diesel's own `Binary` is there, and their bytes
/// are got out of a cell in a way of its own.
#[cfg(any(
    feature = "sqlite",
    feature = "postgres_backend",
    feature = "mysql_backend"
))]
macro_rules! stored_as_binary {
    ($backend:ty, |$cell:pat_param| $bytes:expr) => {
        impl<C> HasSqlType<Ciphertext<C>> for $backend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                <Self as HasSqlType<Binary>>::metadata(lookup)
            }
        }

        impl<C, K> HasSqlType<BlindIndex<C, K>> for $backend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                <Self as HasSqlType<Binary>>::metadata(lookup)
            }
        }

        impl CellBackend for $backend {
            #[inline]
            fn with_cell<R>(
                $cell: Self::RawValue<'_>,
                read: impl FnOnce(&[u8]) -> R,
            ) -> deserialize::Result<R> {
                Ok(read($bytes))
            }
        }
    };
}
#[cfg(any(
    feature = "sqlite",
    feature = "postgres_backend",
    feature = "mysql_backend"
))]
pub(super) use stored_as_binary;
