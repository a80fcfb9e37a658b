//! MySQL or MariaDB: a database on the server of the URL.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

pub(crate) type Conn = MysqlConnection;
pub(crate) type Backend = diesel::mysql::Mysql;

/// Where the server is.
pub(crate) const URL: &str = "ENCFIELD_TEST_MYSQL_URL";

/// Whether writers lock rows and not the whole database.
pub(crate) const ROWS_ARE_LOCKED: bool = true;

/// The SQL type of an encrypted column.
pub(crate) const BYTES: &str = "LONGBLOB";
/// The SQL type of a blind index.
pub(crate) const TAG: &str = "VARBINARY(32)";
/// The SQL type of a column for any text.
pub(crate) const TEXT: &str = "LONGTEXT";
/// The SQL type of a text that is a key.
pub(crate) const SHORT_TEXT: &str = "VARCHAR(190)";
/// Whether `INTEGER` holds as much as `BIGINT`.
pub(crate) const EVERY_INTEGER_HAS_64_BITS: bool = false;
/// Lets readers read while somebody writes.
pub(crate) const READ_BESIDE_WRITERS: &str = "SELECT 1";
/// A primary key that counts.
pub(crate) const COUNTER: &str = "INTEGER PRIMARY KEY AUTO_INCREMENT";

/// A database of one test. It is gone when this is dropped.
pub(crate) struct Database {
    name: String,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Database {
    /// A new database without tables.
    pub(crate) fn create() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("encfield_test_{}_{number}", std::process::id());
        connect()
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        Self { name }
    }

    /// A new connection to it.
    pub(crate) fn open(&self) -> Conn {
        Self::open_named(&self.name)
    }

    /// What another process finds it by.
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    /// A connection to the one of this name.
    pub(crate) fn open_named(name: &str) -> Conn {
        let mut conn = connect();
        conn.batch_execute(&format!("USE {name}")).unwrap();
        conn
    }

    /// All that a client sees of the database's tables, each cell as it is.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct Cell {
            #[diesel(sql_type = Nullable<Binary>)]
            cell: Option<Vec<u8>>,
        }
        let mut conn = self.open();
        let mut bytes = Vec::new();
        for table in self.names(
            &mut conn,
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?",
            &[&self.name],
        ) {
            let columns = "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?";
            for column in self.names(&mut conn, columns, &[&self.name, &table]) {
                let query = format!(
                    "SELECT CAST({} AS BINARY) AS cell FROM {table}",
                    quoted(&column)
                );
                let cells: Vec<Cell> = diesel::sql_query(query).load(&mut conn).unwrap();
                bytes.extend(column.into_bytes());
                bytes.extend(cells.into_iter().filter_map(|cell| cell.cell).flatten());
            }
        }
        bytes
    }

    fn names(&self, conn: &mut Conn, query: &str, binds: &[&String]) -> Vec<String> {
        let mut statement = diesel::sql_query(query).into_boxed::<Backend>();
        for bind in binds {
            statement = statement.bind::<Text, _>((*bind).clone());
        }
        let names: Vec<Name> = statement.load(conn).unwrap();
        names.into_iter().map(|name| name.name).collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = connect().batch_execute(&format!("DROP DATABASE {}", self.name));
    }
}

fn connect() -> Conn {
    Conn::establish(&std::env::var(URL).unwrap()).unwrap()
}

/// Takes an index away from a table.
pub(crate) fn drop_index(name: &str, table: &str) -> String {
    format!("DROP INDEX {name} ON {table}")
}

/// An identifier in the database's own quotes.
pub(crate) fn quoted(identifier: &str) -> String {
    format!("`{identifier}`")
}

/// A statement whose parameters are written `?`.
pub(crate) fn sql(statement: &str) -> String {
    statement.to_owned()
}

/// What makes a dump.
pub(crate) const DUMP_TOOL: &str = "mysqldump";

/// The database as the server's own tool dumps it.
pub(crate) fn dump(database: &Database) -> String {
    let url = std::env::var(URL).unwrap();
    let (_, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').unwrap();
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (server, _) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = server.split_once(':').unwrap_or((server, "3306"));
    let dumped = std::process::Command::new(DUMP_TOOL)
        .args([
            "--no-defaults",
            "--protocol=tcp",
            "--hex-blob",
            "--skip-lock-tables",
        ])
        .args([
            "--host",
            host,
            "--port",
            port,
            "--user",
            user,
            &database.name,
        ])
        .env("MYSQL_PWD", password)
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
pub(crate) fn restore(_: &Database, dump: &str) -> Database {
    let restored = Database::create();
    restored.open().batch_execute(dump).unwrap();
    restored
}

/// What the server calls a connection.
pub(crate) fn connection_id(conn: &mut Conn) -> i64 {
    diesel::define_sql_function!(fn connection_id() -> Unsigned<BigInt>);
    let id: u64 = diesel::select(connection_id()).get_result(conn).unwrap();
    id.try_into().unwrap()
}

/// Ends a connection by way of another, and comes back when it is gone.
pub(crate) fn end_connection(id: i64, other: &mut Conn) {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    other.batch_execute(&format!("KILL {id}")).unwrap();
    let left =
        format!("SELECT COUNT(*) AS count FROM information_schema.processlist WHERE id = {id}");
    while diesel::sql_query(&left)
        .get_result::<Left>(other)
        .unwrap()
        .count
        > 0
    {
        std::thread::yield_now();
    }
}

/// Gives a column a limit in bytes.
pub(crate) fn limited_column(table: &str, column: &str, bytes: u32) -> String {
    format!("ALTER TABLE {table} MODIFY {column} VARBINARY({bytes}) NOT NULL")
}

/// What MySQL says of a row that is there already, and of a value that is too long.
pub(crate) const EXPECTED_ERRORS: [&str; 2] = ["Duplicate entry", "too long"];

/// MySQL logs a statement with its parameters in it.
pub(crate) const EXPECTED_IN_LOG: [&str; 1] = ["INSERT INTO `profiles`"];

/// How long the server's log is, in lines. Every statement is in it from now on.
pub(crate) fn log_length(conn: &mut Conn) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Length {
        #[diesel(sql_type = BigInt)]
        length: i64,
    }
    for set in [
        "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL general_log = 'ON'",
    ] {
        diesel::sql_query(set).execute(conn).ok()?;
    }
    let query = "SELECT COUNT(*) AS length FROM mysql.general_log";
    Some(
        diesel::sql_query(query)
            .get_result::<Length>(conn)
            .ok()?
            .length,
    )
}

/// The server's log behind that length.
pub(crate) fn log_since(conn: &mut Conn, length: i64) -> Vec<u8> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Binary)]
        argument: Vec<u8>,
    }
    let query = format!(
        "SELECT CAST(argument AS BINARY) AS argument FROM mysql.general_log \
         LIMIT 1000000000 OFFSET {length}"
    );
    let lines: Vec<Line> = diesel::sql_query(query).load(conn).unwrap();
    lines.into_iter().flat_map(|line| line.argument).collect()
}

/// Makes the server say what is wrong in German.
pub(crate) const SPEAK_GERMAN: &str = "SET SESSION lc_messages = 'de_DE'";

/// What makes a statement tell how it would be run.
pub(crate) const EXPLAIN: &str = "EXPLAIN FORMAT=JSON ";
/// Whether the plan goes to rows by way of the index, rather than through all of it. An index that
/// might have been used is listed in every plan.
pub(crate) fn uses_index(plan: &str, name: &str) -> bool {
    let Some((before, _)) = plan.split_once(&format!("\"key\": \"{name}\"")) else {
        return false;
    };
    let access = before
        .rsplit_once("\"access_type\": \"")
        .map(|(_, access)| access);
    access.is_some_and(|access| !access.starts_with("ALL\"") && !access.starts_with("index\""))
}

/// The columns of the answer.
pub(crate) type PlanType = Text;
/// A row of the answer.
pub(crate) type PlanRow = String;

/// The line that a row of the answer holds.
pub(crate) fn plan_line(line: PlanRow) -> String {
    line
}
