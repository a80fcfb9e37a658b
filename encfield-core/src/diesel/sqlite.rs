//! Ciphertext and blind indexes on SQLite: the same metadata as Diesel's own `Binary`.

use diesel::deserialize;
use diesel::sql_types::{Binary, HasSqlType};
use diesel::sqlite::Sqlite;

use super::cell::{CellBackend, stored_as_binary};
use super::data_key_table::HasDataKeyTable;
use super::sql_types::{BlindIndex, Ciphertext};

stored_as_binary!(Sqlite, |mut cell| cell.read_blob());

impl HasDataKeyTable for Sqlite {
    const CREATE_DATA_KEY_TABLE: &'static str =
        include_str!("../../migrations/data_keys/sqlite.sql");
    // Without it what a cell held stays in its page, also where a page is divided.
    const BEFORE_WRITING: Option<&'static str> = Some("PRAGMA secure_delete = ON");
    // The write-ahead log has the pages as they were.
    const AFTER_ERASING: Option<&'static str> = Some("PRAGMA wal_checkpoint(TRUNCATE)");
}
