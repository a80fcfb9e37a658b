//! A disk that is full in the middle of a job: SQLite, which can be told how large it may become.

#![cfg(all(feature = "engine", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield_core::engine::{Census, Count, FieldType, Job, Limits, TargetTable, Task};
use encfield_core::{ErrorKind, Keyring};

#[test]
fn a_full_disk_ends_the_job_which_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.sqlite");
    let conn = &mut SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, plain TEXT, sealed BLOB)")
        .unwrap();
    for id in 0..400 {
        let text = format!("marked text {id} {}", "x".repeat(200));
        conn.batch_execute(&format!("INSERT INTO notes VALUES ({id}, '{text}', NULL)"))
            .unwrap();
    }
    let table = || TargetTable::new("notes", ["id"]);
    let job = Job::new("notes", table())
        .with(Task::encrypt(
            "notes",
            "sealed",
            "plain",
            FieldType::named("String").unwrap(),
        ))
        .with_limits(Limits {
            chunk: 50,
            ..Limits::default()
        });
    let sealed = |conn: &mut SqliteConnection| {
        let census = Census::of(conn, &table(), "sealed").unwrap();
        let null = census.counts().find(|(count, _)| *count == Count::Null);
        400 - null.map_or(0, |(_, number)| number)
    };
    Keyring::generate().override_within(|| {
        // Room for the engine's tables and for some chunks.
        conn.batch_execute("PRAGMA max_page_count = 44").unwrap();
        let error = job.run(conn, |_| ControlFlow::Continue(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        let text = error.to_string();
        assert!(
            text.contains("disk is full") && !text.contains("marked"),
            "{text}"
        );
        let done = sealed(conn);
        assert!(done < 400 && done % 50 == 0, "{done}");
        conn.batch_execute("PRAGMA max_page_count = 100000")
            .unwrap();
        let outcome = job.run(conn, |_| ControlFlow::Continue(())).unwrap();
        assert!(outcome.complete);
        assert_eq!(
            (outcome.progress.rows, outcome.progress.changed),
            (400, 400)
        );
        assert_eq!(sealed(conn), 400);
    });
}
