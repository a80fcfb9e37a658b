//! A database of one test, and the command in a folder beside it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Binary, Integer, Nullable, Text};
use diesel::{Connection, RunQueryDsl};
use tempfile::TempDir;

use crate::arguments::encrypt;

/// A database of one test, and a folder beside it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    /// The type of an encrypted column.
    pub(crate) bytes: &'static str,
    pub(crate) end: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    Mysql,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    pub(crate) fn missing(self) -> bool {
        match self {
            Self::Sqlite => false,
            Self::Postgres => std::env::var_os("ENCFIELD_TEST_POSTGRES_URL").is_none(),
            Self::Mysql => std::env::var_os("ENCFIELD_TEST_MYSQL_URL").is_none(),
        }
    }
}

pub(crate) fn execute(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let mut conn = diesel::SqliteConnection::establish(path).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        conn.batch_execute(sql).unwrap();
    } else if url.starts_with("postgres") {
        let mut conn = diesel::PgConnection::establish(url).unwrap();
        conn.batch_execute(sql).unwrap();
    } else {
        let mut conn = diesel::MysqlConnection::establish(url).unwrap();
        conn.batch_execute(sql).unwrap();
    }
}

/// Runs the block with a connection of the database's own type.
macro_rules! with_connection {
    ($place:expr, |$conn:ident| $run:expr) => {
        if let Some(path) = $place.url.strip_prefix("sqlite:") {
            let $conn = &mut diesel::SqliteConnection::establish(path).unwrap();
            $conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
            $run
        } else if $place.url.starts_with("postgres") {
            let $conn = &mut diesel::PgConnection::establish(&$place.url).unwrap();
            $run
        } else {
            let $conn = &mut diesel::MysqlConnection::establish(&$place.url).unwrap();
            $run
        }
    };
}

pub(crate) use with_connection;

/// A row of `people`, as it stands in the database.
#[derive(Clone, Debug, PartialEq, diesel::QueryableByName)]
pub(crate) struct Person {
    #[diesel(sql_type = Integer)]
    pub(crate) id: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) name: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) name_sealed: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) name_index: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Integer>)]
    pub(crate) born: Option<i32>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(crate) born_sealed: Option<Vec<u8>>,
}

impl Place {
    pub(crate) fn create(kind: Kind) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("encfield_cli_{}_{number}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let (url, bytes, end) = match kind {
            Kind::Sqlite => {
                let path = folder.path().join("app.sqlite");
                (format!("sqlite:{}", path.to_str().unwrap()), "BLOB", None)
            }
            Kind::Postgres => {
                let server = std::env::var("ENCFIELD_TEST_POSTGRES_URL").unwrap();
                execute(&server, &format!("CREATE SCHEMA {name}"));
                let url = format!("{server}?options=-csearch_path%3D{name}");
                (
                    url,
                    "BYTEA",
                    Some((server, format!("DROP SCHEMA {name} CASCADE"))),
                )
            }
            Kind::Mysql => {
                let server = std::env::var("ENCFIELD_TEST_MYSQL_URL").unwrap();
                execute(
                    &server,
                    &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
                );
                let (host, _) = server.rsplit_once('/').unwrap();
                let url = format!("{host}/{name}");
                (
                    url,
                    "BLOB",
                    Some((server.clone(), format!("DROP DATABASE {name}"))),
                )
            }
        };
        let place = Self {
            folder,
            url,
            bytes,
            end,
        };
        place.execute(&format!(
            "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80), \
             name_sealed {bytes}, name_index {}, born INTEGER, born_sealed {bytes})",
            if kind == Kind::Mysql {
                "VARBINARY(32)"
            } else {
                bytes
            }
        ));
        place.write(
            "encfield.toml",
            r#"
            [[column]]
            table = "people"
            column = "name_sealed"
            type = "Option<String>"

            [[column.index]]
            column = "name_index"
            normaliser = "case-folded/1"

            [[column]]
            table = "people"
            column = "born_sealed"
            type = "Option<i32>"
            bound_to = [{ column = "id", type = "i32" }]
            "#,
        );
        place
    }

    pub(crate) fn execute(&self, sql: &str) {
        execute(&self.url, sql);
    }

    /// Every row of `people`.
    pub(crate) fn people(&self) -> Vec<Person> {
        let query =
            "SELECT id, name, name_sealed, name_index, born, born_sealed FROM people ORDER BY id";
        with_connection!(self, |conn| diesel::sql_query(query).load(conn).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn fill(&self, rows: u32) {
        for first in (1..=rows).step_by(500) {
            let values: Vec<_> = (first..(first + 500).min(rows + 1))
                .map(|id| format!("({id}, 'Marked Meier {id}', {})", 1900 + id % 100))
                .collect();
            self.execute(&format!(
                "INSERT INTO people (id, name, born) VALUES {}",
                values.join(",")
            ));
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_encfield"));
        command.args(arguments);
        command
    }

    /// A program that runs where the command does.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("DATABASE_URL", &self.url)
            .env("ENCFIELD_KEYRING_FILE", self.path("keyring.json"));
        command
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What it prints, when it ends with this code.
    pub(crate) fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let problems = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{text}\n{problems}"
        );
        format!("{text}{problems}")
    }

    /// The ids of the keyring's keys, by purpose and state.
    pub(crate) fn keys(&self) -> HashMap<(String, String), String> {
        let lines = self.says(0, &["keyring", "list", "--json"]);
        lines
            .lines()
            .map(|line| {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = |name: &str| value[name].as_str().unwrap().to_owned();
                ((text("purpose"), text("state")), text("id"))
            })
            .collect()
    }

    pub(crate) fn key(&self, state: &str) -> String {
        self.keys()[&("encryption".to_owned(), state.to_owned())].clone()
    }

    pub(crate) fn encrypt_all(&self) {
        for (column, from) in [("name_sealed", "name"), ("born_sealed", "born")] {
            let arguments = encrypt("people", column, from, &[]);
            self.says(0, &arguments);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, end)) = &self.end {
            execute(server, end);
        }
    }
}
