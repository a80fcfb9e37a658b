//! Ciphertext and blind indexes on SQLite: the same metadata as Diesel's own `Binary`.

use diesel::sql_types::{Binary, HasSqlType};
use diesel::sqlite::Sqlite;

use super::sql_types::{BlindIndex, Ciphertext};

impl<C> HasSqlType<Ciphertext<C>> for Sqlite {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        <Self as HasSqlType<Binary>>::metadata(lookup)
    }
}

impl<C, K> HasSqlType<BlindIndex<C, K>> for Sqlite {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        <Self as HasSqlType<Binary>>::metadata(lookup)
    }
}
