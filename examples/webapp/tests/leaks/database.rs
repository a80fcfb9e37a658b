//! A database of one test, and what others see of it.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use encfield_webapp::Store;
use tempfile::TempDir;

/// Where the server is.
pub(crate) const URL: &str = "ENCFIELD_TEST_POSTGRES_URL";

pub(crate) enum Database {
    /// A folder with the file and what SQLite puts beside it.
    Sqlite(TempDir),
    /// A schema on the server.
    Postgres(String),
}

impl Database {
    pub(crate) async fn create(backend: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if backend == "sqlite" {
            return Self::Sqlite(TempDir::new().unwrap());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("encfield_webapp_{}_{number}", std::process::id());
        let create = format!("CREATE SCHEMA {schema}");
        connect().await.batch_execute(&create).await.unwrap();
        Self::Postgres(schema)
    }

    pub(crate) async fn store(&self) -> Store {
        let url = match self {
            Self::Sqlite(folder) => format!("sqlite:{}/webapp.sqlite", folder.path().display()),
            Self::Postgres(schema) => {
                let url = std::env::var(URL).unwrap();
                let mark = if url.contains('?') { '&' } else { '?' };
                let settings = format!("-csearch_path%3D{schema}%20-clog_statement%3Dall");
                format!("{url}{mark}options={settings}")
            }
        };
        Store::open(&url).await.unwrap()
    }

    /// Statements that the application would not send.
    pub(crate) async fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite(folder) => {
                let path = folder.path().join("webapp.sqlite");
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                diesel::connection::SimpleConnection::batch_execute(&mut conn, statement).unwrap();
            }
            Self::Postgres(schema) => {
                let statement = format!("SET search_path = {schema}; {statement}");
                connect().await.batch_execute(&statement).await.unwrap();
            }
        }
    }

    /// All that lies in the database.
    pub(crate) async fn bytes(&self) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct Dump {
            #[diesel(sql_type = Nullable<Binary>)]
            row: Option<Vec<u8>>,
        }
        match self {
            Self::Sqlite(folder) => {
                let files = std::fs::read_dir(folder.path()).unwrap();
                let paths = files.map(|file| file.unwrap().path());
                paths
                    .flat_map(|path| std::fs::read(path).unwrap())
                    .collect()
            }
            Self::Postgres(schema) => {
                let query = format!(
                    "SELECT convert_to(name || country, 'UTF8') || phone_number || phone_index || \
                     passport_number || passport_index AS row FROM {schema}.profiles"
                );
                let rows: Vec<Dump> = diesel::sql_query(query)
                    .load(&mut connect().await)
                    .await
                    .unwrap();
                rows.into_iter()
                    .filter_map(|dump| dump.row)
                    .flatten()
                    .collect()
            }
        }
    }

    /// The files of the table and its indexes, as they lie on the server's disk, and its write-ahead log
    /// since a position.
    pub(crate) async fn files(&self, since: &str) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct File {
            #[diesel(sql_type = Binary)]
            content: Vec<u8>,
        }
        let Self::Postgres(schema) = self else {
            return Vec::new();
        };
        let mut conn = connect().await;
        conn.batch_execute("CHECKPOINT").await.unwrap();
        let tables = format!(
            "SELECT pg_read_binary_file(pg_relation_filepath(oid)) AS content FROM pg_class \
             WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'i')"
        );
        let log = format!(
            "WITH at AS (
                 SELECT s.file_name AS first, s.file_offset AS start, e.file_name AS last, e.file_offset AS stop
                 FROM pg_walfile_name_offset('{since}') s, pg_walfile_name_offset(pg_current_wal_lsn()) e
             ), parts AS (
                 SELECT name, CASE WHEN name = first THEN start ELSE 0 END AS start,
                     CASE WHEN name = last THEN stop ELSE 1 << 24 END AS stop
                 FROM pg_ls_waldir(), at WHERE name BETWEEN first AND last AND length(name) = 24
             )
             SELECT pg_read_binary_file('pg_wal/' || name, start, stop - start) AS content FROM parts"
        );
        let mut all = Vec::new();
        for query in [tables, log] {
            let files: Vec<File> = diesel::sql_query(&query).load(&mut conn).await.unwrap();
            assert!(!files.is_empty(), "{query}");
            all.extend(files.into_iter().flat_map(|file| file.content));
        }
        all
    }

    /// Where the server's write-ahead log ends; SQLite has none.
    pub(crate) async fn position(&self) -> Option<String> {
        #[derive(QueryableByName)]
        struct Position {
            #[diesel(sql_type = Text)]
            position: String,
        }
        let Self::Postgres(_) = self else { return None };
        let query = "SELECT pg_current_wal_lsn()::text AS position";
        let position: Position = diesel::sql_query(query)
            .get_result(&mut connect().await)
            .await
            .unwrap();
        Some(position.position)
    }

    /// How long the server's log is; SQLite has none.
    pub(crate) async fn log_length(&self) -> Option<i64> {
        #[derive(QueryableByName)]
        struct Length {
            #[diesel(sql_type = BigInt)]
            length: i64,
        }
        let Self::Postgres(_) = self else { return None };
        let query = "SELECT (pg_stat_file(pg_current_logfile())).size AS length";
        let length: Length = diesel::sql_query(query)
            .get_result(&mut connect().await)
            .await
            .unwrap();
        Some(length.length)
    }

    pub(crate) async fn log_since(&self, length: i64) -> Vec<u8> {
        #[derive(QueryableByName)]
        struct Log {
            #[diesel(sql_type = Binary)]
            content: Vec<u8>,
        }
        let query = "SELECT pg_read_binary_file(pg_current_logfile(), $1, 1 << 29) AS content";
        let log: Log = diesel::sql_query(query)
            .bind::<BigInt, _>(length)
            .get_result(&mut connect().await)
            .await
            .unwrap();
        log.content
    }

    pub(crate) async fn end(self) {
        if let Self::Postgres(schema) = self {
            let drop = format!("DROP SCHEMA {schema} CASCADE");
            connect().await.batch_execute(&drop).await.unwrap();
        }
    }
}

async fn connect() -> AsyncPgConnection {
    AsyncPgConnection::establish(&std::env::var(URL).unwrap())
        .await
        .unwrap()
}
