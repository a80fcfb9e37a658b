//! SQLite: a file in a folder of its own.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use tempfile::TempDir;

pub(crate) type Conn = SqliteConnection;
pub(crate) type Backend = diesel::sqlite::Sqlite;

/// Whether writers lock rows and not the whole database.
pub(crate) const ROWS_ARE_LOCKED: bool = false;

/// The SQL type of an encrypted column.
pub(crate) const BYTES: &str = "BLOB";
/// The SQL type of a blind index.
pub(crate) const TAG: &str = "BLOB";
/// The SQL type of a column for any text.
pub(crate) const TEXT: &str = "TEXT";
/// The SQL type of a text that is a key.
pub(crate) const SHORT_TEXT: &str = "TEXT";
/// Whether `INTEGER` holds as much as `BIGINT`.
pub(crate) const EVERY_INTEGER_HAS_64_BITS: bool = true;
/// Lets readers read while somebody writes.
pub(crate) const READ_BESIDE_WRITERS: &str = "PRAGMA journal_mode = WAL";
/// A primary key that counts.
pub(crate) const COUNTER: &str = "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL";

/// A database of one test. It is gone when this is dropped.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    /// A new database without tables.
    pub(crate) fn create() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A new connection to it.
    pub(crate) fn open(&self) -> Conn {
        Self::open_named(&self.name())
    }

    /// What another process finds it by.
    pub(crate) fn name(&self) -> String {
        self.folder
            .path()
            .join("profiles.sqlite")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// A connection to the database of this name.
    pub(crate) fn open_named(name: &str) -> Conn {
        let mut conn = Conn::establish(name).unwrap();
        // A test outlives no power cut.
        conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF")
            .unwrap();
        conn
    }

    /// All that the database's files hold, journals included.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }
}

/// Takes an index away from a table.
pub(crate) fn drop_index(name: &str, _table: &str) -> String {
    format!("DROP INDEX {name}")
}

/// An identifier in the database's own quotes.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("`{identifier}`")
}

/// A statement whose parameters are written `?`.
pub(crate) fn sql(statement: &str) -> String {
    statement.to_owned()
}

/// Gives a column a limit in bytes. SQLite knows none, so a trigger does it.
pub(crate) fn limited_column(table: &str, column: &str, bytes: u32) -> String {
    format!(
        "CREATE TRIGGER limited BEFORE INSERT ON {table} WHEN length(NEW.{column}) > {bytes} \
         BEGIN SELECT RAISE(ABORT, 'too long'); END"
    )
}

/// What makes a statement tell how it would be run.
pub(crate) const EXPLAIN: &str = "EXPLAIN QUERY PLAN ";
/// Whether the plan goes to rows by way of the index, rather than through all of it.
pub(crate) fn uses_index(plan: &str, name: &str) -> bool {
    plan.lines().any(|line| {
        let by_index = [
            format!(" USING INDEX {name} ("),
            format!(" USING COVERING INDEX {name} ("),
        ];
        line.starts_with("SEARCH ") && by_index.iter().any(|by_index| line.contains(by_index))
    })
}

/// The columns of the answer.
pub(crate) type PlanType = (Integer, Integer, Integer, Text);
/// A row of the answer.
pub(crate) type PlanRow = (i32, i32, i32, String);

/// The line that a row of the answer holds.
pub(crate) fn plan_line((_, _, _, line): PlanRow) -> String {
    line
}
