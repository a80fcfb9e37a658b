//! PostgreSQL: a schema in the database of the URL.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

pub(crate) type Conn = PgConnection;
pub(crate) type Backend = diesel::pg::Pg;

/// Where the server is.
pub(crate) const URL: &str = "ENCFIELD_TEST_POSTGRES_URL";

/// The SQL type of an encrypted column.
pub(crate) const BYTES: &str = "BYTEA";
/// The SQL type of a column for any text.
pub(crate) const TEXT: &str = "TEXT";
/// A primary key that counts.
pub(crate) const COUNTER: &str = "SERIAL PRIMARY KEY";

/// A schema of one test. It is gone when this is dropped.
pub(crate) struct Database {
    schema: String,
}

impl Database {
    /// A new schema without tables.
    pub(crate) fn create() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("encfield_test_{}_{number}", std::process::id());
        connect().batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
        Self { schema }
    }

    /// A new connection to it.
    pub(crate) fn open(&self) -> Conn {
        let mut conn = connect();
        conn.batch_execute(&format!("SET search_path = {}", self.schema)).unwrap();
        conn
    }

    /// All that a client sees of the schema's tables, each row as text and bytes as they are.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct Name {
            #[diesel(sql_type = Text)]
            name: String,
        }
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            row: Option<String>,
        }
        let mut conn = self.open();
        let mut bytes = Vec::new();
        let tables: Vec<Name> =
            diesel::sql_query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1")
                .bind::<Text, _>(&self.schema)
                .load(&mut conn)
                .unwrap();
        for table in tables {
            // `escape` prints a byte of ASCII as it is, so that a search finds text.
            let query = format!("SELECT t::text AS row FROM {} t", table.name);
            conn.batch_execute("SET bytea_output = 'escape'").unwrap();
            let rows: Vec<Row> = diesel::sql_query(query).load(&mut conn).unwrap();
            bytes.extend(table.name.into_bytes());
            bytes.extend(rows.into_iter().filter_map(|row| row.row).flat_map(String::into_bytes));
        }
        bytes
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = connect().batch_execute(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

fn connect() -> Conn {
    Conn::establish(&std::env::var(URL).unwrap()).unwrap()
}

/// An identifier in the database's own quotes.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("\"{identifier}\"")
}

/// A statement whose parameters are written `?`.
pub(crate) fn sql(statement: &str) -> String {
    let mut number = 0;
    let mut parts = statement.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |statement, part| {
        number += 1;
        format!("{statement}${number}{part}")
    })
}
