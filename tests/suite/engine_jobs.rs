//! What the engine remembers of jobs, what it refuses, and rows that are easily passed over.

use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{ColumnPlace, IndexFill, Job, Limits, TargetTable, Task};
use encfield::{ErrorKind, Key, Keyring};

use crate::backend::{Conn, Database, TAG};
use crate::database::ddl;
use crate::engine::{
    TABLE, create, encrypt, member, members, name_index, of, plain_rows, rotate, run, sealed_rows,
    small, stored, table,
};

const IS_MYSQL: bool = matches!(TAG.as_bytes(), b"VARBINARY(32)");
const IS_SQLITE: bool = matches!(TAG.as_bytes(), b"BLOB");

fn clear(name: &str) -> Job {
    Job::new(name, table())
        .with(Task::clear(TABLE, "name_sealed", "name", of("String")))
        .with_limits(small())
}

fn what_was_cleared_is_never_emptied() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 60);
    let names = |emptying: bool| {
        let task = Task::encrypt(TABLE, "name_sealed", "name", of("String")).filling(name_index());
        let task = if emptying { task.emptying() } else { task };
        Job::new("names", table()).with(task).with_limits(small())
    };
    keyring.override_within(|| {
        assert!(run(&names(false), conn).unwrap().complete);
        assert_eq!(run(&clear("clear"), conn).unwrap().progress.failed, 0);
        let before = stored(conn).unwrap();
        Job::forget(conn, "names").unwrap();
        // The engine knows that the plain column was cleared ..
        let again = run(&names(false), conn).unwrap();
        assert_eq!((again.progress.changed, again.progress.failed), (0, 0));
        let error = run(&names(true), conn).unwrap_err();
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::JobsContradict, Some("name"))
        );
        // .. and where it has forgotten, each row is listed and none is emptied.
        for name in ["names", "clear"] {
            Job::forget(conn, name).unwrap();
        }
        let again = run(&names(false), conn).unwrap();
        assert_eq!((again.progress.changed, again.progress.failed), (0, 52));
        assert_eq!(again.failures[0].kind, ErrorKind::NotEncodable);
        assert!(stored(conn).unwrap() == before);
    });
}

fn a_name_is_one_jobs_alone() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(&ddl(
        "CREATE TABLE others (id INTEGER NOT NULL PRIMARY KEY, name {text}, name_sealed {bytes});
         INSERT INTO others (id, name) VALUES (1, 'one');",
    ))
    .unwrap();
    plain_rows(conn, 100);
    let others = Job::new(encrypt().name(), TargetTable::new("others", ["id"]))
        .with(Task::encrypt("others", "name_sealed", "name", of("String")));
    keyring.override_within(|| {
        // Neither while the first one is under way, nor when it is complete.
        let _ = encrypt().run(conn, |_| ControlFlow::Break(())).unwrap();
        let error = run(&others, conn).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::JobsContradict);
        assert!(run(&encrypt(), conn).unwrap().complete);
        let error = run(&others, conn).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::JobsContradict);
        let (progress, complete) = Job::state(conn, encrypt().name()).unwrap();
        assert_eq!((progress.rows, complete), (100, true));
    });
}

fn a_job_is_remembered_until_it_is_forgotten() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    // Nothing is made by asking.
    assert_eq!(Job::list(conn).unwrap(), []);
    assert_eq!(Job::failures(conn, "encrypt members").unwrap(), []);
    assert!(!Job::state(conn, "encrypt members").unwrap().1);
    assert!(conn.batch_execute("SELECT 1 FROM encfield_jobs").is_err());
    plain_rows(conn, 100);
    keyring.override_within(|| {
        let _ = encrypt().run(conn, |_| ControlFlow::Break(())).unwrap();
        let listed = Job::list(conn).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].name.as_str(), listed[0].table.as_str()),
            ("encrypt members", TABLE)
        );
        assert_eq!((listed[0].progress.rows, listed[0].complete), (40, false));
        let outcome = run(&encrypt(), conn).unwrap();
        assert!(outcome.complete && !outcome.was_complete);
        assert!(Job::list(conn).unwrap()[0].complete);
        // A row that came later is not looked at, and the outcome says so.
        conn.batch_execute("INSERT INTO members (id, name) VALUES (101, 'late')")
            .unwrap();
        let outcome = run(&encrypt(), conn).unwrap();
        assert!(outcome.complete && outcome.was_complete);
        assert_eq!(outcome.progress.rows, 100);
        Job::forget(conn, "encrypt members").unwrap();
        assert_eq!(Job::list(conn).unwrap(), []);
        let outcome = run(&encrypt(), conn).unwrap();
        assert!(outcome.complete && !outcome.was_complete);
        assert_eq!((outcome.progress.rows, outcome.progress.changed), (101, 1));
    });
}

fn rows_that_failed_are_listed_by_whoever_resumes_the_job() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 100));
    conn.batch_execute("UPDATE members SET born_sealed = name_sealed WHERE id IN (3, 60)")
        .unwrap();
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    new.override_within(|| {
        let job = rotate(&new);
        let first = job.run(conn, |_| ControlFlow::Break(())).unwrap();
        assert_eq!(first.failures.len(), 1);
        let second = run(&job, &mut database.open()).unwrap();
        assert_eq!(second.failures.len(), 1);
        let all = Job::failures(conn, job.name()).unwrap();
        assert_eq!(all, [first.failures, second.failures].concat());
        assert_eq!(
            (all[0].key.to_string().as_str(), all[0].kind),
            ("3", ErrorKind::NotAuthentic)
        );
        Job::forget(conn, job.name()).unwrap();
        assert_eq!(Job::failures(conn, job.name()).unwrap(), []);
    });
}

fn a_job_that_writes_what_another_reads_is_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 100);
    keyring.override_within(|| {
        let _ = encrypt().run(conn, |_| ControlFlow::Break(())).unwrap();
        let job = |task| Job::new("second", table()).with(task);
        for (second, refused) in [
            // Into the plain column that the first one reads, and into the index that it fills.
            (Task::decrypt(TABLE, "other", "name", of("String")), true),
            (Task::index(TABLE, "other").filling(name_index()), true),
            (Task::encrypt(TABLE, "other", "name", of("String")), false),
        ] {
            if Job::list(conn).unwrap().len() == 1 {
                let _ = conn.batch_execute(&ddl("ALTER TABLE members ADD other {bytes}"));
            }
            let result = run(&job(second), conn);
            let kind = result.as_ref().err().map(encfield::Error::kind);
            assert_eq!(kind, refused.then_some(ErrorKind::JobsContradict));
        }
    });
}

fn what_would_overwrite_or_miss_a_value_is_refused_before_anything_is_done() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 3);
    let text = || of("String");
    let parts = [
        (ColumnPlace::new(TABLE, "name_sealed"), text()),
        (
            ColumnPlace::new(TABLE, "born_sealed").bound_to("id", of("i32")),
            of("i32"),
        ),
    ];
    let both = IndexFill::named_compound("name_index", "compound/1(exact/1,exact/1)", &parts);
    let job = |task: Task| Job::new("j", table()).with(task);
    let decrypt = |to: &str| job(Task::decrypt(TABLE, "name_sealed", to, text()));
    keyring.override_within(|| {
        for (job, column) in [
            (decrypt("id"), "id"),
            (decrypt("name_sealed"), "name_sealed"),
            (
                decrypt("born_sealed").with(Task::reencrypt(TABLE, "born_sealed")),
                "born_sealed",
            ),
            (
                job(Task::encrypt(TABLE, "born_sealed", "name_index", text()))
                    .with(Task::index(TABLE, "name_sealed").filling(name_index())),
                "name_index",
            ),
        ] {
            let error = run(&job, conn).unwrap_err();
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::ColumnInvalid, Some(column))
            );
        }
        if let Some(both) = both {
            let fills_both = job(Task::encrypt(TABLE, "name_sealed", "name", text()).filling(both))
                .with(Task::encrypt(TABLE, "born_sealed", "born", of("i32")));
            let error = run(&fills_both, conn).unwrap_err();
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::JobsContradict, Some("name_index"))
            );
        } else {
            panic!("no such compound index");
        }
        // Ciphertext is neither written over in plain, nor sealed once more.
        assert!(run(&encrypt(), conn).unwrap().complete);
        let over = Job::new("over", table()).with(Task::decrypt(
            TABLE,
            "name_sealed",
            "born_sealed",
            text(),
        ));
        let twice = Job::new("twice", table()).with(Task::encrypt(
            TABLE,
            "name_sealed",
            "born_sealed",
            of("Vec<u8>"),
        ));
        for job in [over, twice] {
            let outcome = run(&job, conn).unwrap();
            assert_eq!((outcome.progress.changed, outcome.progress.failed), (0, 3));
        }
        let all: Vec<_> = (1..=3).map(member).collect();
        assert!(stored(conn).unwrap() == all);
    });
}

/// A table whose rows are to be encrypted, by a key that may not do.
fn by_key(conn: &mut Conn, key: &str) -> Result<(u64, u64), ErrorKind> {
    let job = Job::new("odd", TargetTable::new("odd", key.split(", ")))
        .with(Task::encrypt("odd", "sealed", "plain", of("String")))
        .with_limits(Limits {
            chunk: 1,
            ..Limits::default()
        });
    let dry = run(&job.clone().dry_run(), conn).map_err(|error| error.kind())?;
    let outcome = run(&job, conn).map_err(|error| error.kind())?;
    assert_eq!(dry.progress.rows, outcome.progress.rows);
    Ok((outcome.progress.rows, outcome.progress.changed))
}

fn keys_by_which_rows_would_be_passed_over_are_refused() {
    let keyring = Keyring::generate();
    let refused = Err(ErrorKind::ColumnInvalid);
    let cases: &[(&str, &str, _)] = if IS_MYSQL {
        &[
            ("id ENUM('b','a') PRIMARY KEY", "('a'), ('b')", refused),
            ("id DOUBLE PRIMARY KEY", "(0.1), (0.2)", refused),
            // Labels are no types.
            ("id VARCHAR(9) PRIMARY KEY", "('a'), ('b')", Ok((2, 2))),
            ("id VARCHAR(9) UNIQUE", "('a'), (NULL)", refused),
            ("id VARCHAR(9) UNIQUE", "('a'), ('b')", Ok((2, 2))),
        ]
    } else if IS_SQLITE {
        &[
            ("id TEXT PRIMARY KEY", "('a'), (NULL)", refused),
            (
                "id REAL PRIMARY KEY",
                "(0.1), (0.30000000000000004)",
                refused,
            ),
            ("id BIGINT PRIMARY KEY", "(1), ('a')", refused),
            ("id PRIMARY KEY", "('a'), (X'01')", refused),
            ("id TEXT PRIMARY KEY", "('a'), ('b')", Ok((2, 2))),
            ("id DATE PRIMARY KEY", "('2001-01-01'), (3)", Ok((2, 2))),
        ]
    } else {
        &[
            ("id TEXT UNIQUE", "('a'), (NULL)", refused),
            ("id TEXT UNIQUE", "('a'), ('b')", Ok((2, 2))),
        ]
    };
    for (column, rows, expected) in cases {
        let database = Database::create();
        let conn = &mut database.open();
        conn.batch_execute(&ddl(&format!(
            "CREATE TABLE odd ({column}, plain {{text}}, sealed {{bytes}});
             INSERT INTO odd (id) VALUES {rows}; UPDATE odd SET plain = 'p';"
        )))
        .unwrap();
        let result = keyring.override_within(|| by_key(conn, "id"));
        assert_eq!(result, *expected, "{column} {rows}");
    }
    if !IS_MYSQL && !IS_SQLITE {
        // What the index includes is no part of the key.
        let database = Database::create();
        let conn = &mut database.open();
        conn.batch_execute(
            "CREATE TABLE odd (plain TEXT, b INTEGER, a INTEGER, sealed BYTEA,
                 PRIMARY KEY (a, b) INCLUDE (plain));
             INSERT INTO odd VALUES ('p', 1, 2, NULL), (NULL, 2, 2, NULL);",
        )
        .unwrap();
        let table = TargetTable::in_database(conn, "odd").unwrap();
        assert_eq!(table.key(), ["a", "b"]);
        assert_eq!(keyring.override_within(|| by_key(conn, "a, b")), Ok((2, 1)));
    }
}

fn text_is_written_however_the_database_keeps_it() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    let create = match () {
        () if IS_MYSQL => {
            "CREATE TABLE kept (id VARCHAR(9) CHARACTER SET latin1 NOT NULL PRIMARY KEY,
                 plain VARCHAR(40) CHARACTER SET latin1, sealed BLOB)"
        }
        // Text in a column of bytes, and in one without a type.
        () if IS_SQLITE => "CREATE TABLE kept (id TEXT PRIMARY KEY, plain, sealed BLOB)",
        () => "CREATE TABLE kept (id TEXT PRIMARY KEY, plain TEXT, sealed BYTEA)",
    };
    conn.batch_execute(create).unwrap();
    conn.batch_execute("INSERT INTO kept (id, plain) VALUES ('ü', 'Grün'), ('z', 'plain')")
        .unwrap();
    let job = |task| Job::new("kept", TargetTable::new("kept", ["id"])).with(task);
    keyring.override_within(|| {
        let encrypt = job(Task::encrypt("kept", "sealed", "plain", of("String")));
        let outcome = run(&encrypt, conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (2, 0));
        Job::forget(conn, "kept").unwrap();
        let clear = job(Task::clear("kept", "sealed", "plain", of("String")));
        let outcome = run(&clear, conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (2, 0));
        Job::forget(conn, "kept").unwrap();
        // And back: then there is nothing to write a second time.
        for changed in [2, 0] {
            let decrypt = job(Task::decrypt("kept", "sealed", "plain", of("String")));
            assert_eq!(run(&decrypt, conn).unwrap().progress.changed, changed);
            Job::forget(conn, "kept").unwrap();
        }
    });
}

fn a_dry_run_makes_no_data_key() {
    let (database, keyring) = (crate::scopes::create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(&ddl("ALTER TABLE tenants ADD plain {text}"))
        .unwrap();
    let place = encfield::Context::new("tenants", "name");
    let before_scopes = keyring
        .encrypt(&place, &"sealed before".to_owned())
        .unwrap();
    let insert =
        crate::backend::sql("INSERT INTO tenants (id, name, plain) VALUES (1, ?, 'motto')");
    diesel::sql_query(insert)
        .bind::<diesel::sql_types::Binary, _>(before_scopes)
        .execute(conn)
        .unwrap();
    let job = Job::new("tenants", TargetTable::new("tenants", ["id"]))
        .with(Task::encrypt("tenants", "motto", "plain", of("String")).in_scope("id", "tenant_id"))
        .with(Task::reencrypt("tenants", "name").in_scope("id", "tenant_id"));
    let keyring = keyring.with_data_keys(&crate::scopes::data_keys(&database));
    keyring.override_within(|| {
        let outcome = run(&job.clone().dry_run(), conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (1, 0));
        assert_eq!(crate::scopes::rows(conn).len(), 0);
        let outcome = run(&job, conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (1, 0));
        assert_eq!(crate::scopes::rows(conn).len(), 1);
    });
}

/// A change that a program makes after the row was read and before it is written.
fn a_change_between_read_and_write_is_kept() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 20);
    let name = database.name();
    let changed = std::sync::atomic::AtomicU32::new(0);
    // On SQLite the transaction of the chunk keeps everybody else from writing.
    let reader: encfield::engine::ByteReader = std::sync::Arc::new(move |bytes| {
        if !IS_SQLITE && changed.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3 {
            let mut other = Database::open_named(&name);
            diesel::update(members::table.find(5))
                .set(members::name.eq("meanwhile"))
                .execute(&mut other)
                .map_err(|_| encfield::Error::not_imported("it could not be changed"))?;
        }
        Ok(zeroize::Zeroizing::new(bytes.to_vec()))
    });
    let import = Task::import(TABLE, "name_sealed", "name", of("String"), reader.clone());
    let job = Job::new("import", table())
        .with(import.filling(name_index()))
        .with_limits(small());
    keyring.override_within(|| {
        let outcome = run(&job, conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (18, 0));
        let after = stored(conn).unwrap();
        let expected = if IS_SQLITE { "Meier 5" } else { "meanwhile" };
        assert_eq!(after[4].name_sealed.as_deref(), Some(expected));
        assert_eq!(after[5].name_sealed, member(6).name_sealed);
        // The index was filled on the way.
        let verify = Job::new("verify", table())
            .with(Task::verify(TABLE, "name_sealed", Some(of("String"))).filling(name_index()));
        assert_eq!(run(&verify, conn).unwrap().failures, []);
        let clear = Task::clear_imported(TABLE, "name_sealed", "name", of("String"), reader);
        let cleared = run(&Job::new("clear", table()).with(clear), conn).unwrap();
        assert_eq!((cleared.progress.changed, cleared.progress.failed), (18, 0));
        assert!(stored(conn).unwrap() == after);
    });
}

crate::harness::claims![
    what_was_cleared_is_never_emptied,
    a_name_is_one_jobs_alone,
    a_job_is_remembered_until_it_is_forgotten,
    rows_that_failed_are_listed_by_whoever_resumes_the_job,
    a_job_that_writes_what_another_reads_is_refused,
    what_would_overwrite_or_miss_a_value_is_refused_before_anything_is_done,
    keys_by_which_rows_would_be_passed_over_are_refused,
    text_is_written_however_the_database_keeps_it,
    a_dry_run_makes_no_data_key,
    a_change_between_read_and_write_is_kept,
];
