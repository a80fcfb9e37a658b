//! Databases with the tables of [`crate::schema`], empty.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::schema::TABLES;

/// SQLite in memory.
pub fn sqlite() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    create(&mut conn, "TABLE", "TEXT", "BLOB");
    conn
}

/// Makes every table of this kind, with these types for text and for bytes.
pub fn create(conn: &mut impl SimpleConnection, kind: &str, text: &str, bytes: &str) {
    for (table, holds_bytes) in TABLES {
        let ty = if holds_bytes { bytes } else { text };
        conn.batch_execute(&format!(
            "CREATE {kind} {table} (id INTEGER NOT NULL PRIMARY KEY, \
             a {ty} NOT NULL, b {ty} NOT NULL, c {ty} NOT NULL)"
        ))
        .unwrap();
    }
}
