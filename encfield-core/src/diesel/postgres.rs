//! Ciphertext and blind indexes on PostgreSQL: the same metadata as Diesel's own `Binary`.

use diesel::deserialize;
use diesel::pg::Pg;
use diesel::sql_types::{Binary, HasSqlType};

use super::cell::{CellBackend, stored_as_binary};
use super::data_key_table::HasDataKeyTable;
use super::sql_types::{BlindIndex, Ciphertext};

stored_as_binary!(Pg, |cell| cell.as_bytes());

impl HasDataKeyTable for Pg {
    const CREATE_DATA_KEY_TABLE: &'static str =
        include_str!("../../migrations/data_keys/postgres.sql");
}
