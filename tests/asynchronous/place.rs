//! Where a database of one test is, for connections that are made by URL.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel_async::{
    AsyncConnection, AsyncMysqlConnection, AsyncPgConnection, SimpleAsyncConnection,
};
use tempfile::TempDir;

pub(crate) const POSTGRES_URL: &str = "ENCFIELD_TEST_POSTGRES_URL";
pub(crate) const MYSQL_URL: &str = "ENCFIELD_TEST_MYSQL_URL";

/// A database of one test.
pub(crate) trait Place {
    /// A new database without tables.
    fn create() -> Self;

    /// What a connection to it is made with.
    fn url(&self) -> String;

    /// How many connections write at once.
    fn connections(&self) -> usize {
        8
    }

    /// The table of profiles.
    fn table(&self) -> String {
        let bytes = self.bytes();
        format!(
            "CREATE TABLE profiles (
                 id INTEGER PRIMARY KEY NOT NULL,
                 user_id INTEGER NOT NULL UNIQUE,
                 country VARCHAR(2),
                 phone_number {bytes},
                 passport_number {bytes}
             )"
        )
    }

    /// The SQL type of an encrypted column.
    fn bytes(&self) -> &'static str;
}

/// A name that no other test has.
fn fresh_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("encfield_async_{}_{number}", std::process::id())
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// A file.
pub(crate) struct Sqlite(TempDir);

impl Place for Sqlite {
    fn create() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn url(&self) -> String {
        self.0
            .path()
            .join("profiles.sqlite")
            .to_str()
            .unwrap()
            .to_owned()
    }

    /// SQLite has one writer at a time, and tells the others that it is busy.
    fn connections(&self) -> usize {
        1
    }

    fn bytes(&self) -> &'static str {
        "BLOB"
    }
}

/// A schema, named in the connection's options.
pub(crate) struct Postgres(String);

impl Postgres {
    fn execute(statement: &str) {
        let url = std::env::var(POSTGRES_URL).unwrap();
        block_on(async {
            let conn = &mut AsyncPgConnection::establish(&url).await.unwrap();
            conn.batch_execute(statement).await.unwrap();
        });
    }
}

impl Place for Postgres {
    fn create() -> Self {
        let name = fresh_name();
        Self::execute(&format!("CREATE SCHEMA {name}"));
        Self(name)
    }

    fn url(&self) -> String {
        let url = std::env::var(POSTGRES_URL).unwrap();
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-c%20search_path%3D{}", self.0)
    }

    fn bytes(&self) -> &'static str {
        "BYTEA"
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let statement = format!("DROP SCHEMA {} CASCADE", self.0);
        // A runtime cannot be started inside another: the test's own may still be on this thread.
        std::thread::spawn(move || Self::execute(&statement))
            .join()
            .unwrap();
    }
}

/// A database, named in the URL's path.
pub(crate) struct Mysql(String);

impl Mysql {
    fn execute(statement: &str) {
        let url = std::env::var(MYSQL_URL).unwrap();
        block_on(async {
            let conn = &mut AsyncMysqlConnection::establish(&url).await.unwrap();
            conn.batch_execute(statement).await.unwrap();
        });
    }
}

impl Place for Mysql {
    fn create() -> Self {
        let name = fresh_name();
        Self::execute(&format!("CREATE DATABASE {name}"));
        Self(name)
    }

    fn url(&self) -> String {
        let url = std::env::var(MYSQL_URL).unwrap();
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{}", self.0)
    }

    fn bytes(&self) -> &'static str {
        "VARBINARY(200)"
    }
}

impl Drop for Mysql {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE {}", self.0);
        std::thread::spawn(move || Self::execute(&statement))
            .join()
            .unwrap();
    }
}
