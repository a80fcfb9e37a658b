//! PostgreSQL: a schema in the database of the URL.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};

pub(crate) type Conn = PgConnection;
pub(crate) type Backend = diesel::pg::Pg;

/// Where the server is.
pub(crate) const URL: &str = "ENCFIELD_TEST_POSTGRES_URL";

/// Whether writers lock rows and not the whole database.
pub(crate) const ROWS_ARE_LOCKED: bool = true;

/// The SQL type of an encrypted column.
pub(crate) const BYTES: &str = "BYTEA";
/// The SQL type of a blind index.
pub(crate) const TAG: &str = "BYTEA";
/// The SQL type of a column for any text.
pub(crate) const TEXT: &str = "TEXT";
/// The SQL type of a text that is a key.
pub(crate) const SHORT_TEXT: &str = "TEXT";
/// Whether `INTEGER` holds as much as `BIGINT`.
pub(crate) const EVERY_INTEGER_HAS_64_BITS: bool = false;
/// Lets readers read while somebody writes.
pub(crate) const READ_BESIDE_WRITERS: &str = "SELECT 1";
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
        connect()
            .batch_execute(&format!("CREATE SCHEMA {schema}"))
            .unwrap();
        Self { schema }
    }

    /// A new connection to it.
    pub(crate) fn open(&self) -> Conn {
        Self::open_named(&self.schema)
    }

    /// What another process finds it by.
    pub(crate) fn name(&self) -> String {
        self.schema.clone()
    }

    /// A connection to the one of this name.
    pub(crate) fn open_named(name: &str) -> Conn {
        let mut conn = connect();
        conn.batch_execute(&format!("SET search_path = {name}"))
            .unwrap();
        conn
    }

    /// All that a client sees of the schema's tables: names, text as text and bytes as they are.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct Column {
            #[diesel(sql_type = Text)]
            table_name: String,
            #[diesel(sql_type = Text)]
            column_name: String,
            #[diesel(sql_type = Bool)]
            is_bytes: bool,
        }
        #[derive(QueryableByName)]
        struct Cell {
            #[diesel(sql_type = Nullable<Binary>)]
            cell: Option<Vec<u8>>,
        }
        let mut conn = self.open();
        let columns: Vec<Column> = diesel::sql_query(
            "SELECT table_name::text, column_name::text, data_type = 'bytea' AS is_bytes \
             FROM information_schema.columns WHERE table_schema = $1",
        )
        .bind::<Text, _>(&self.schema)
        .load(&mut conn)
        .unwrap();
        let mut bytes = Vec::new();
        for column in columns {
            let name = quoted(&column.column_name);
            let cell = if column.is_bytes {
                name
            } else {
                format!("convert_to({name}::text, 'UTF8')")
            };
            let query = format!("SELECT {cell} AS cell FROM {}", column.table_name);
            let cells: Vec<Cell> = diesel::sql_query(query).load(&mut conn).unwrap();
            bytes.extend(column.column_name.into_bytes());
            bytes.extend(cells.into_iter().filter_map(|cell| cell.cell).flatten());
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

/// Takes an index away from a table.
pub(crate) fn drop_index(name: &str, _table: &str) -> String {
    format!("DROP INDEX {name}")
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

/// What makes a dump.
pub(crate) const DUMP_TOOL: &str = "pg_dump";

/// The database as the server's own tool dumps it.
pub(crate) fn dump(database: &Database) -> String {
    let schema = format!("--schema={}", database.schema);
    let url = std::env::var(URL).unwrap();
    let dumped = std::process::Command::new(DUMP_TOOL)
        .args(["--inserts", "--no-owner", &schema, "--dbname", &url])
        .output()
        .unwrap();
    assert!(
        dumped.status.success(),
        "{}",
        String::from_utf8_lossy(&dumped.stderr)
    );
    String::from_utf8(dumped.stdout).unwrap()
}

/// The dump of a database, in another one.
pub(crate) fn restore(of: &Database, dump: &str) -> Database {
    let restored = Database::create();
    let new = format!("{}.", restored.schema);
    // The schema is there, and lines with a backslash are for the client `psql`.
    let lines = dump
        .lines()
        .filter(|line| !line.starts_with('\\') && !line.contains(" SCHEMA "));
    let sql = lines.collect::<Vec<_>>().join("\n");
    let sql = sql.replace(&format!("{}.", of.schema), &new);
    connect().batch_execute(&sql).unwrap();
    restored
}

/// What the server calls a connection.
pub(crate) fn connection_id(conn: &mut Conn) -> i64 {
    diesel::define_sql_function!(fn pg_backend_pid() -> Integer);
    let pid: i32 = diesel::select(pg_backend_pid()).get_result(conn).unwrap();
    pid.into()
}

/// Ends a connection by way of another, and comes back when it is gone.
pub(crate) fn end_connection(id: i64, other: &mut Conn) {
    diesel::define_sql_function!(fn pg_terminate_backend(pid: Integer) -> Bool);
    let pid = i32::try_from(id).unwrap();
    let ended = diesel::select(pg_terminate_backend(pid)).get_result::<bool>(other);
    assert!(ended.unwrap());
    let left = format!("SELECT pid FROM pg_stat_activity WHERE pid = {id}");
    while diesel::sql_query(&left).execute(other).unwrap() > 0 {
        std::thread::yield_now();
    }
}

/// Gives a column a limit in bytes. `BYTEA` has none, so a constraint does it.
pub(crate) fn limited_column(table: &str, column: &str, bytes: u32) -> String {
    format!("ALTER TABLE {table} ADD CHECK (octet_length({column}) <= {bytes})")
}

/// What PostgreSQL says of a row that is there already, and of one that is too long.
pub(crate) const EXPECTED_ERRORS: [&str; 2] = ["violates unique", "violates check"];

/// PostgreSQL quotes the row that it refuses, and logs a parameter of bytes in hexadecimal.
pub(crate) const EXPECTED_IN_LOG: [&str; 2] = ["Failing row contains", "\\xfe01"];

/// How long the server's log is, in bytes. Every statement of this session is in it from now on.
pub(crate) fn log_length(conn: &mut Conn) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Length {
        #[diesel(sql_type = Nullable<BigInt>)]
        length: Option<i64>,
    }
    conn.batch_execute("SET log_statement = 'all'").ok()?;
    let query = "SELECT (pg_stat_file(pg_current_logfile())).size AS length";
    diesel::sql_query(query)
        .get_result::<Length>(conn)
        .ok()?
        .length
}

/// The server's log behind that length.
pub(crate) fn log_since(conn: &mut Conn, length: i64) -> Vec<u8> {
    #[derive(QueryableByName)]
    struct Log {
        #[diesel(sql_type = Binary)]
        content: Vec<u8>,
    }
    let query = "SELECT pg_read_binary_file(pg_current_logfile(), $1, 1 << 29) AS content";
    let log: Log = diesel::sql_query(query)
        .bind::<BigInt, _>(length)
        .get_result(conn)
        .unwrap();
    log.content
}

/// Makes the server say what is wrong in German.
pub(crate) const SPEAK_GERMAN: &str = "SET lc_messages = 'de_DE.UTF-8'";

/// What makes a statement tell how it would be run.
pub(crate) const EXPLAIN: &str = "EXPLAIN ";
/// Whether the plan goes to rows by way of the index, rather than through all of it.
pub(crate) fn uses_index(plan: &str, name: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    lines.windows(2).any(|lines| {
        let by_index = [format!(" using {name} on "), format!(" Scan on {name} ")];
        by_index.iter().any(|by_index| lines[0].contains(by_index))
            && lines[1].trim_start().starts_with("Index Cond: ")
    })
}

/// The columns of the answer.
pub(crate) type PlanType = Text;
/// A row of the answer.
pub(crate) type PlanRow = String;

/// The line that a row of the answer holds.
pub(crate) fn plan_line(line: PlanRow) -> String {
    line
}
