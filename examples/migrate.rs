//! Encrypt a column that stands in plain, while a program goes on: `cargo run --release --example migrate`.
//!
//! Needs no server, no system library and no environment variable. `ROWS` says how many rows, and with
//! `DATABASE_URL` and the features `postgres` or `mysql` it is their tables that are worked on.

#![allow(clippy::print_stdout, missing_docs, missing_debug_implementations)]

use std::error::Error;
use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{Census, EngineConnection, FieldType, IndexFill, Job, TargetTable, Task};
use encfield::{Key, Keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    encfield_migrate_example (id) {
        id -> Integer,
        passport_plain -> Nullable<Text>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
        passport_index -> Nullable<BlindIndex<passport_number>>,
    }
}

use encfield_migrate_example as profiles;

type Outcome<T> = Result<T, Box<dyn Error>>;

const TABLE: &str = "encfield_migrate_example";

fn main() -> Outcome<()> {
    let rows = std::env::var("ROWS").map_or(Ok(20_000), |rows| rows.parse())?;
    match std::env::var("DATABASE_URL") {
        #[cfg(feature = "postgres")]
        Ok(url) if url.starts_with("postgres") => {
            go(&mut PgConnection::establish(&url)?, rows, "BYTEA", "BYTEA")
        }
        #[cfg(feature = "mysql")]
        Ok(url) if url.starts_with("mysql") => go(
            &mut MysqlConnection::establish(&url)?,
            rows,
            "BLOB",
            "VARBINARY(32)",
        ),
        _ => {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("profiles.sqlite");
            let conn = &mut SqliteConnection::establish(path.to_str().ok_or("not UTF-8")?)?;
            conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
            go(conn, rows, "BLOB", "BLOB")
        }
    }
}

fn go<C>(conn: &mut C, rows: u32, bytes: &str, tag: &str) -> Outcome<()>
where
    C: EngineConnection + SimpleConnection,
{
    let keyring = Keyring::generate();
    keyring.clone().install()?;
    conn.batch_execute(&format!(
        "DROP TABLE IF EXISTS {TABLE};
         CREATE TABLE {TABLE} (id INTEGER NOT NULL PRIMARY KEY, passport_plain VARCHAR(40))"
    ))?;
    for first in (0..rows).step_by(1_000) {
        let values: Vec<_> = (first..(first + 1_000).min(rows))
            .map(|id| format!("({id}, 'K{id:07}')"))
            .collect();
        conn.batch_execute(&format!("INSERT INTO {TABLE} VALUES {}", values.join(",")))?;
    }

    // Expand: new columns beside the old one, in a migration of your own.
    for (column, sql_type) in [("passport_number", bytes), ("passport_index", tag)] {
        conn.batch_execute(&format!(
            "ALTER TABLE {TABLE} ADD COLUMN {column} {sql_type}"
        ))?;
    }

    // Backfill. From here on every new program version writes both columns, and reads the old one.
    let table = TargetTable::in_database(conn, TABLE)?;
    let text = FieldType::named("String").ok_or("text is known")?;
    let index = IndexFill::of::<profiles::passport_index, String>();
    let encrypt = Job::new("encrypt passports", table.clone()).with(
        Task::encrypt(TABLE, "passport_number", "passport_plain", text).filling(index.clone()),
    );
    run(conn, &encrypt)?;

    // Switch: the program reads the encrypted column. Then contract: the plain one is emptied.
    let clear = Job::new("clear passports", table.clone()).with(Task::clear(
        TABLE,
        "passport_number",
        "passport_plain",
        text,
    ));
    run(conn, &clear)?;

    // A year later: a new key, and a new index key.
    let old = keyring.primary_id()?;
    let keyring = keyring
        .with_primary(Key::generate()?)?
        .with_primary_index_key(Key::generate()?)?;
    keyring.clone().replace()?;
    let rotate =
        Job::new("rotate passports", table.clone()).with(Task::reencrypt(TABLE, "passport_number"));
    run(conn, &rotate)?;
    let reindex = Job::new("reindex passports", table.clone())
        .with(Task::index(TABLE, "passport_number").filling(index));
    run(conn, &reindex)?;
    let left = Census::of(conn, &table, "passport_number")?.under(old);
    println!("{left} values under the old key: it can be removed");
    let verify = Job::new("verify passports", table).with(Task::verify(
        TABLE,
        "passport_number",
        Some(text),
    ));
    run(conn, &verify)?;
    conn.batch_execute(&format!("DROP TABLE {TABLE}"))?;
    Ok(())
}

fn run<C: EngineConnection>(conn: &mut C, job: &Job) -> Outcome<()> {
    // Where the example was run before. A job of yours keeps its place, and goes on there.
    Job::forget(conn, job.name())?;
    let outcome = job.run(conn, |_| ControlFlow::Continue(()))?;
    let progress = outcome.progress;
    println!(
        "{}: {} rows, {} changed, {} failed, {:.0} rows/s",
        job.name(),
        progress.rows,
        progress.changed,
        progress.failed,
        progress.rows as f64 / progress.elapsed.as_secs_f64().max(0.001),
    );
    Ok(())
}
