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
