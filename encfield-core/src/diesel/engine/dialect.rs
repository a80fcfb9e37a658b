//! What differs from one database to the next.

use super::super::catalogue::CatalogueBackend;
#[cfg(feature = "mysql_backend")]
use super::super::catalogue::base;
use super::statement::Statement;

/// How a column's values are read and written, as the database describes the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Bytes, as they are.
    Bytes,
    /// Anything else, as text: what stands around the column to read it, and around a bind to
    /// write it.
    Text {
        /// Before and behind the column.
        read: (String, String),
        /// Before and behind the bind.
        write: (String, String),
    },
}

impl ColumnKind {
    /// A column whose type must be named on either side.
    #[cfg(any(
        feature = "mysql_backend",
        feature = "postgres_backend",
        feature = "sqlite"
    ))]
    fn cast(to_text: &str, from_text: &str) -> Self {
        let around = |to: &str| match to {
            "" => (String::new(), String::new()),
            to => ("CAST(".to_owned(), format!(" AS {to})")),
        };
        Self::Text {
            read: around(to_text),
            write: around(from_text),
        }
    }

    /// The column, to be selected or compared.
    pub(super) fn read(&self, statement: Statement, column: &str) -> Statement {
        match self {
            Self::Bytes => statement.name(column),
            Self::Text { read, .. } => statement.sql(&read.0).name(column).sql(&read.1),
        }
    }

    /// `column = value`, byte by byte, with what [`ColumnKind::read`] gave.
    pub(super) fn is<DB: EngineBackend>(
        &self,
        statement: Statement,
        column: &str,
        value: Option<&[u8]>,
    ) -> Statement {
        let Some(value) = value else {
            return statement.name(column).sql(" IS NULL");
        };
        let (before, behind, as_bytes) = DB::EXACTLY;
        match self {
            Self::Bytes => {
                let (before, behind) = DB::BYTES_EXACTLY;
                let statement = statement.sql(before).name(column).sql(behind);
                statement.sql(" = ").bytes(Some(value))
            }
            Self::Text { .. } => {
                let statement = self.read(statement.sql(before), column);
                let statement = statement.sql(behind).sql(" = ");
                if as_bytes {
                    statement.bytes(Some(value))
                } else {
                    statement.text(&String::from_utf8_lossy(value))
                }
            }
        }
    }

    /// A value of the column, given as what [`ColumnKind::read`] gave.
    pub(super) fn write(&self, statement: Statement, value: Option<&[u8]>) -> Statement {
        match (self, value) {
            (_, None) => statement.sql("NULL"),
            (Self::Bytes, value) => statement.bytes(value),
            (Self::Text { write, .. }, Some(value)) => {
                let text = String::from_utf8_lossy(value);
                statement.sql(&write.0).text(&text).sql(&write.1)
            }
        }
    }
}

/// What is run once on a connection.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Prepare {
    /// It answers with a row.
    Query(&'static str),
    /// It answers with none.
    Command(&'static str),
}

/// A backend that the engine knows: SQLite, PostgreSQL, MySQL and MariaDB.
pub trait EngineBackend: CatalogueBackend {
    /// The types of the engine's own columns: a text that is a key, bytes, and a long text.
    #[doc(hidden)]
    const TYPES: [&'static str; 2];

    /// Behind a `SELECT` whose rows nobody else may change, or that somebody else holds already.
    #[doc(hidden)]
    const SKIP_LOCKED: &'static str;

    /// Behind a `SELECT` whose rows nobody else may change, waited for.
    #[doc(hidden)]
    const LOCK: &'static str;

    /// What is run once on a connection that works on a job.
    #[doc(hidden)]
    const PREPARE: &'static [Prepare];

    /// How many rows one statement writes: many where a statement is a way over a network.
    #[doc(hidden)]
    const ROWS_AT_ONCE: usize;

    /// Asks how long a statement may be, where a longer one ends the connection.
    #[doc(hidden)]
    const LONGEST: Option<&'static str> = None;

    /// Run first in a transaction that writes rows: a row that is refused is refused by its own
    /// statement, and not all of them at the end.
    #[doc(hidden)]
    const REFUSE_AT_ONCE: Option<&'static str> = None;

    /// Around what was read as text, and whether it is compared with bytes: so that no collation
    /// takes a changed text for the same one.
    #[doc(hidden)]
    const EXACTLY: (&'static str, &'static str, bool);

    /// Around a column of bytes that is compared with what was read.
    #[doc(hidden)]
    const BYTES_EXACTLY: (&'static str, &'static str) = ("", "");

    /// Why a column of this type is no key to go by, if so.
    #[doc(hidden)]
    fn no_key(_sql_type: &str) -> Option<&'static str> {
        None
    }

    /// Whether a row has something in this key column by which it is not found.
    #[doc(hidden)]
    fn odd_key(statement: Statement, column: &str, _kind: &ColumnKind) -> Statement {
        statement.name(column).sql(" IS NULL")
    }

    /// How a column of this type is read and written.
    #[doc(hidden)]
    fn kind(sql_type: &str) -> ColumnKind;
}

#[cfg(feature = "sqlite")]
impl EngineBackend for diesel::sqlite::Sqlite {
    const TYPES: [&'static str; 2] = ["TEXT", "TEXT"];
    // One connection writes at a time.
    const SKIP_LOCKED: &'static str = "";
    const LOCK: &'static str = "";
    const EXACTLY: (&'static str, &'static str, bool) = ("CAST(", " AS BLOB)", true);
    // Whatever the column is declared as, a cell may be a text.
    const BYTES_EXACTLY: (&'static str, &'static str) = ("CAST(", " AS BLOB)");
    const ROWS_AT_ONCE: usize = 1;
    const PREPARE: &'static [Prepare] = &[Prepare::Query("PRAGMA busy_timeout = 60000")];

    fn odd_key(statement: Statement, column: &str, kind: &ColumnKind) -> Statement {
        let types = match kind {
            ColumnKind::Bytes => "'blob'",
            ColumnKind::Text { read, write } => match (read.1.as_str(), write.1.as_str()) {
                (_, " AS INTEGER)") => "'integer'",
                // A number with a point has more digits than its text.
                (_, " AS REAL)") => "",
                ("", _) => "'text'",
                _ => "'text', 'integer'",
            },
        };
        let statement = statement.sql("typeof(").name(column);
        statement.sql(&format!(") NOT IN ({types})"))
    }

    fn kind(sql_type: &str) -> ColumnKind {
        // By the rules of affinity, https://www.sqlite.org/datatype3.html#determination_of_column_affinity
        let name = sql_type.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match () {
            () if has(&["INT"]) => ColumnKind::cast("TEXT", "INTEGER"),
            () if has(&["CHAR", "CLOB", "TEXT"]) => ColumnKind::cast("", ""),
            () if name.is_empty() || has(&["BLOB"]) => ColumnKind::Bytes,
            () if has(&["REAL", "FLOA", "DOUB"]) => ColumnKind::cast("TEXT", "REAL"),
            // Diesel keeps dates and decimals in such columns as text.
            () => ColumnKind::cast("TEXT", ""),
        }
    }
}

#[cfg(feature = "postgres_backend")]
impl EngineBackend for diesel::pg::Pg {
    const TYPES: [&'static str; 2] = ["TEXT", "TEXT"];
    const SKIP_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";
    const LOCK: &'static str = " FOR UPDATE";
    const EXACTLY: (&'static str, &'static str, bool) = ("", " COLLATE \"C\"", false);
    const ROWS_AT_ONCE: usize = 50;
    const REFUSE_AT_ONCE: Option<&'static str> = Some("SET CONSTRAINTS ALL IMMEDIATE");
    const PREPARE: &'static [Prepare] = &[];

    fn kind(sql_type: &str) -> ColumnKind {
        match sql_type {
            "bytea" => ColumnKind::Bytes,
            // The name comes from the database's own catalogue.
            name => ColumnKind::cast("text", name),
        }
    }
}

#[cfg(feature = "mysql_backend")]
impl EngineBackend for diesel::mysql::Mysql {
    // A primary key has up to 3,072 bytes, and a character 4.
    const TYPES: [&'static str; 2] = [
        "VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        // Whatever the database's own character set: keys are of any text.
        "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    ];
    const SKIP_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";
    const LOCK: &'static str = " FOR UPDATE";
    const EXACTLY: (&'static str, &'static str, bool) = ("CAST(", " AS BINARY)", true);
    const ROWS_AT_ONCE: usize = 50;
    const LONGEST: Option<&'static str> = Some("SELECT CAST(@@max_allowed_packet AS CHAR(20))");
    const PREPARE: &'static [Prepare] = &[
        // A row that somebody changed is read as it is now, and no gap between rows is locked.
        Prepare::Command("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
        // Without it, what is too long for its column is cut off: a value that was sealed in place would be lost.
        Prepare::Command("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')"),
    ];

    fn no_key(sql_type: &str) -> Option<&'static str> {
        match base(sql_type).as_str() {
            "enum" | "set" => Some("an enumeration is not in the order of its text"),
            "float" | "double" | "real" => {
                Some("a number with a point has more digits than its text")
            }
            "bit" => Some("bits have no text"),
            _ => None,
        }
    }

    fn kind(sql_type: &str) -> ColumnKind {
        match base(sql_type).as_str() {
            "tinyblob" | "blob" | "mediumblob" | "longblob" | "binary" | "varbinary" => {
                ColumnKind::Bytes
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => {
                // Behind the width, and no label: `int(10) unsigned`.
                if sql_type.to_ascii_lowercase().contains("unsigned") {
                    ColumnKind::cast("CHAR", "UNSIGNED")
                } else {
                    ColumnKind::cast("CHAR", "SIGNED")
                }
            }
            // In the connection's character set, whatever the column's is.
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
                ColumnKind::Text {
                    read: ("CONVERT(".to_owned(), " USING utf8mb4)".to_owned()),
                    write: (String::new(), String::new()),
                }
            }
            _ => ColumnKind::cast("CHAR", ""),
        }
    }
}
