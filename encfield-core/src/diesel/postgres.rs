//! Ciphertext and blind indexes on PostgreSQL: the same metadata as Diesel's own `Binary`.

use diesel::deserialize;
use diesel::pg::Pg;
use diesel::sql_types::{Binary, HasSqlType};

use super::cell::CellBackend;
use super::data_key_table::HasDataKeyTable;
use super::sql_types::{BlindIndex, Ciphertext};

impl<C> HasSqlType<Ciphertext<C>> for Pg {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        <Self as HasSqlType<Binary>>::metadata(lookup)
    }
}

impl<C, K> HasSqlType<BlindIndex<C, K>> for Pg {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        <Self as HasSqlType<Binary>>::metadata(lookup)
    }
}

impl CellBackend for Pg {
    #[inline]
    fn with_cell<R>(
        cell: Self::RawValue<'_>,
        read: impl FnOnce(&[u8]) -> R,
    ) -> deserialize::Result<R> {
        Ok(read(cell.as_bytes()))
    }
}

impl HasDataKeyTable for Pg {
    const CREATE_DATA_KEY_TABLE: &'static str =
        include_str!("../../migrations/data_keys/postgres.sql");
}
