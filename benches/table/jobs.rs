//! The jobs of the engine on a large table, and how many rows a second each goes through.

use std::ops::ControlFlow;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{Census, EngineConnection, FieldType, IndexFill, Job, TargetTable, Task};
use encfield::{Key, Keyring};

use crate::extent::Extent;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    encfield_bench_jobs (id) {
        id -> Integer,
        passport_plain -> Nullable<Text>,
        passport -> Nullable<Ciphertext<passport>>,
        passport_index -> Nullable<BlindIndex<passport>>,
    }
}

const TABLE: &str = "encfield_bench_jobs";

/// How many rows go into one `INSERT`.
const AT_ONCE: u32 = 1_000;

/// Every job on every database, one line each.
pub(crate) fn run(extent: &Extent) {
    println!("| database | job | rows | seconds | rows a second |");
    println!("|---|---|---:|---:|---:|");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        .unwrap();
    go("SQLite", &mut conn, extent, ["BLOB", "BLOB"]);
    crate::on_server("PostgreSQL", crate::POSTGRES_URL, "postgres", {
        #[cfg(feature = "postgres")]
        {
            Some(|| {
                let url = std::env::var(crate::POSTGRES_URL).unwrap();
                let mut conn = PgConnection::establish(&url).unwrap();
                go("PostgreSQL", &mut conn, extent, ["BYTEA", "BYTEA"]);
            })
        }
        #[cfg(not(feature = "postgres"))]
        {
            None::<fn()>
        }
    });
    crate::on_server("MySQL", crate::MYSQL_URL, "mysql", {
        #[cfg(feature = "mysql")]
        {
            Some(|| {
                let url = std::env::var(crate::MYSQL_URL).unwrap();
                let mut conn = MysqlConnection::establish(&url).unwrap();
                go("MySQL", &mut conn, extent, ["BLOB", "VARBINARY(32)"]);
            })
        }
        #[cfg(not(feature = "mysql"))]
        {
            None::<fn()>
        }
    });
}

fn go<C>(database: &str, conn: &mut C, extent: &Extent, [bytes, tag]: [&str; 2])
where
    C: EngineConnection + SimpleConnection,
{
    let rows = extent.job_rows;
    conn.batch_execute(&format!("DROP TABLE IF EXISTS {TABLE}"))
        .unwrap();
    conn.batch_execute(&format!(
        "CREATE TABLE {TABLE} (id INTEGER NOT NULL PRIMARY KEY, passport_plain VARCHAR(40), \
         passport {bytes}, passport_index {tag})"
    ))
    .unwrap();
    for first in (0..rows).step_by(AT_ONCE as usize) {
        let ids = first..(first + AT_ONCE).min(rows);
        let values: Vec<_> = ids.map(|id| format!("({id}, 'K{id:07}')")).collect();
        let insert = format!(
            "INSERT INTO {TABLE} (id, passport_plain) VALUES {}",
            values.join(",")
        );
        conn.batch_execute(&insert).unwrap();
    }
    let old = Keyring::generate();
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let new = new
        .with_primary_index_key(Key::generate().unwrap())
        .unwrap();
    let text = FieldType::of::<String>();
    let index = || IndexFill::of::<encfield_bench_jobs::passport_index, String>();
    let encrypt = Task::encrypt(TABLE, "passport", "passport_plain", text).filling(index());
    let rotate = Task::reencrypt(TABLE, "passport");
    let reindex = Task::index(TABLE, "passport").filling(index());
    let verify = Task::verify(TABLE, "passport", Some(text)).filling(index());
    for (name, task, keyring, changes) in [
        ("encrypt, and fill the index", encrypt, &old, true),
        ("rotate", rotate, &new, true),
        ("reindex", reindex, &new, true),
        ("verify, with the index", verify, &new, false),
    ] {
        let job = Job::new(format!("{TABLE}: {name}"), TargetTable::new(TABLE, ["id"])).with(task);
        Job::forget(conn, job.name()).unwrap();
        let begun = Instant::now();
        let outcome = keyring.override_within(|| job.run(conn, |_| ControlFlow::Continue(())));
        let (outcome, seconds) = (outcome.unwrap(), begun.elapsed().as_secs_f64());
        let progress = outcome.progress;
        let changed = if changes { u64::from(rows) } else { 0 };
        assert!(outcome.complete && progress.failed == 0);
        assert_eq!(
            (progress.rows, progress.changed),
            (u64::from(rows), changed)
        );
        let rate = f64::from(rows) / seconds;
        println!("| {database} | {name} | {rows} | {seconds:.1} | {rate:.0} |");
        Job::forget(conn, job.name()).unwrap();
    }
    let census = Census::of(conn, &TargetTable::new(TABLE, ["id"]), "passport").unwrap();
    assert_eq!(census.under(old.primary_id().unwrap()), 0);
    conn.batch_execute(&format!("DROP TABLE {TABLE}")).unwrap();
}
