//! Rows that a job left as they were: told one by one, kept in the database, and not lost when the job ends with an
//! error.

use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{Job, Limits, Task};
use encfield::{ErrorKind, Key, Keyring};

use crate::backend::Conn;
use crate::engine::{TABLE, create, rotate, run, sealed_rows, small, table};

/// Breaks a value of the first chunk, and one of the second.
fn break_two(conn: &mut Conn) {
    conn.batch_execute("UPDATE members SET born_sealed = name_sealed WHERE id IN (3, 60)")
        .unwrap();
}

fn verify() -> Job {
    Job::new("verify", table())
        .with(Task::verify(TABLE, "born_sealed", None).bound_to("id", crate::engine::of("i32")))
        .with_limits(small())
}

fn failures_outlive_an_error_that_ends_the_job() {
    let (database, old) = (create(), Keyring::generate());
    let (conn, other) = (&mut database.open(), &mut database.open());
    old.override_within(|| sealed_rows(conn, 100));
    break_two(conn);
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    new.override_within(|| {
        let mut rename = |from: &str, to: &str| {
            let rename = format!("ALTER TABLE {from} RENAME TO {to}");
            other.batch_execute(&rename).unwrap();
        };
        for job in [verify(), rotate(&new)] {
            let mut told = Vec::new();
            // After the first chunk the table is gone.
            let error = job
                .run_telling(
                    conn,
                    |failure| told.push((failure.key.to_string(), failure.kind)),
                    |_| {
                        rename(TABLE, "elsewhere");
                        ControlFlow::Continue(())
                    },
                )
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Database);
            assert_eq!(told, [("3".to_owned(), ErrorKind::NotAuthentic)]);
            rename("elsewhere", TABLE);
        }
        // What writes keeps them in the database, too; and goes on where it was.
        let name = rotate(&new).name().to_owned();
        let kept = |conn: &mut Conn| -> Vec<String> {
            let failures = Job::failures(conn, &name).unwrap();
            failures
                .iter()
                .map(|failure| failure.key.to_string())
                .collect()
        };
        assert_eq!(kept(conn), ["3"]);
        let outcome = run(&rotate(&new), conn).unwrap();
        assert_eq!((outcome.complete, outcome.progress.failed), (true, 2));
        assert_eq!(kept(conn), ["3", "60"]);
    });
}

fn however_many_failures_there_are_each_is_told_and_none_is_kept_in_memory() {
    const ROWS: i32 = 2_500;
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, ROWS));
    // Under a keyring that opens none of them.
    let gone = Keyring::generate();
    let all: Vec<String> = (1..=ROWS).map(|id| id.to_string()).collect();
    gone.override_within(|| {
        let job = rotate(&gone).with_limits(Limits::default());
        for job in [&verify(), &job] {
            let mut told = Vec::new();
            let tell = |failure: encfield::engine::Failure| told.push(failure.key.to_string());
            let outcome = job
                .run_telling(conn, tell, |_| ControlFlow::Continue(()))
                .unwrap();
            assert_eq!(outcome.progress.failed, ROWS as u64);
            assert!(outcome.complete && outcome.failures.is_empty());
            assert_eq!(told, all);
        }
        let mut kept = Vec::new();
        Job::each_failure(conn, job.name(), |failure| {
            kept.push(failure.key.to_string())
        })
        .unwrap();
        assert_eq!(kept, all);
        let kept = Job::failures(conn, job.name()).unwrap();
        assert!(
            kept.iter()
                .all(|failure| failure.kind == ErrorKind::UnknownKey)
        );
        assert_eq!(kept.len(), all.len());
    });
    let rows = crate::engine::members::table
        .count()
        .get_result::<i64>(conn);
    assert_eq!(rows, Ok(i64::from(ROWS)));
}

crate::harness::claims![
    failures_outlive_an_error_that_ends_the_job,
    however_many_failures_there_are_each_is_told_and_none_is_kept_in_memory,
];
