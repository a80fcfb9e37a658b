//! What MySQL and MariaDB add to the engine: packets of a limited length, servers that cut values off, and databases
//! of another character set.
//!
//! Runs alone: a server has one limit for all.

use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use encfield::engine::{Job, Limits, TargetTable, Task};
use encfield::{ErrorKind, Keyring};

use crate::backend::{Conn, Database};
use crate::engine::{of, run};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    letters (id) {
        id -> Integer,
        plain -> Nullable<Text>,
        sealed -> Nullable<Ciphertext<sealed>>,
    }
}

/// The longest packet that the server takes on new connections, until this is dropped.
struct LongestPacket {
    conn: Conn,
    before: i64,
}

impl LongestPacket {
    fn of(database: &Database, bytes: u32) -> Self {
        let mut conn = database.open();
        let before = diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "SELECT CAST(@@GLOBAL.max_allowed_packet AS SIGNED)",
        );
        let before = before.get_result(&mut conn).unwrap();
        conn.batch_execute(&format!("SET GLOBAL max_allowed_packet = {bytes}"))
            .unwrap();
        Self { conn, before }
    }
}

impl Drop for LongestPacket {
    fn drop(&mut self) {
        let set = format!("SET GLOBAL max_allowed_packet = {}", self.before);
        let _ = self.conn.batch_execute(&set);
    }
}

/// The length of a letter: one is longer than a packet, one together with its ciphertext, and many together.
fn length(id: i32) -> usize {
    match id {
        30 => 3 << 20,
        31 => 600 << 10,
        40..=48 => 130 << 10,
        _ => 10,
    }
}

fn a_row_that_is_longer_than_a_packet_is_listed_and_the_others_are_written() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(
        "CREATE TABLE letters (id INTEGER NOT NULL PRIMARY KEY, plain LONGTEXT, sealed LONGBLOB)",
    )
    .unwrap();
    for id in 1..=60 {
        diesel::sql_query("INSERT INTO letters (id, plain) VALUES (?, ?)")
            .bind::<Integer, _>(id)
            .bind::<Text, _>("x".repeat(length(id)))
            .execute(conn)
            .unwrap();
    }
    let job = Job::new("letters", TargetTable::new("letters", ["id"])).with(Task::encrypt(
        "letters",
        "sealed",
        "plain",
        of("String"),
    ));
    let sealed = |conn: &mut Conn| -> Vec<i32> {
        let rows = letters::table.filter(letters::sealed.is_not_null());
        rows.order(letters::id)
            .select(letters::id)
            .load(conn)
            .unwrap()
    };
    let but_two: Vec<i32> = (1..=60).filter(|id| !matches!(id, 30 | 31)).collect();
    keyring.override_within(|| {
        let limited = LongestPacket::of(&database, 1 << 20);
        let outcome = run(&job, &mut database.open()).unwrap();
        assert!(outcome.complete);
        let listed: Vec<_> = outcome
            .failures
            .iter()
            .map(|row| row.key.to_string())
            .collect();
        assert_eq!(listed, ["30", "31"]);
        for failure in &outcome.failures {
            assert_eq!(failure.kind, ErrorKind::Database);
            assert!(
                failure.reason.contains("max_allowed_packet"),
                "{}",
                failure.reason
            );
        }
        assert_eq!((outcome.progress.rows, outcome.progress.changed), (60, 58));
        assert_eq!(sealed(conn), but_two);
        drop(limited);
        Job::forget(conn, job.name()).unwrap();
        let outcome = run(&job, &mut database.open()).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (2, 0));
        let opened: Vec<(i32, Option<encfield::Encrypted<String>>)> = letters::table
            .select((letters::id, letters::sealed))
            .load(conn)
            .unwrap();
        for (id, value) in opened {
            assert_eq!(value.unwrap().expose().len(), length(id), "{id}");
        }
    });
}

/// A server that is not strict cuts a value off at the length of its column.
fn what_is_too_long_for_its_column_is_never_cut_off() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(
        "CREATE TABLE codes (id INTEGER NOT NULL PRIMARY KEY, code VARBINARY(60));
         INSERT INTO codes VALUES (1, 'short'), (2, 'long enough'), (3, NULL);
         SET SESSION sql_mode = '';",
    )
    .unwrap();
    let job = Job::new("codes", TargetTable::new("codes", ["id"])).with(Task::encrypt(
        "codes",
        "code",
        "code",
        of("String"),
    ));
    let outcome = keyring.override_within(|| run(&job, conn).unwrap());
    assert_eq!((outcome.progress.changed, outcome.progress.failed), (1, 1));
    assert_eq!(outcome.failures[0].key.to_string(), "2");
    let left = diesel::dsl::sql::<diesel::sql_types::Binary>("SELECT code FROM codes WHERE id = 2");
    assert_eq!(left.get_result::<Vec<u8>>(conn).unwrap(), b"long enough");
}

fn a_ledger_in_a_database_of_latin1_keeps_any_key_and_any_name() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    let alter = format!("ALTER DATABASE {} CHARACTER SET latin1", database.name());
    conn.batch_execute(&alter).unwrap();
    conn.batch_execute(
        "CREATE TABLE words (id VARCHAR(40) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY,
             plain TEXT CHARACTER SET utf8mb4, sealed BLOB)",
    )
    .unwrap();
    let keys = [
        "a",
        "grün",
        "Ключ",
        "鍵",
        "🔑",
        "été",
        "z",
        "ß",
        "\u{1F600} x",
    ];
    for key in keys {
        // What has the form of a ciphertext is no text: the row is listed.
        let plain = if key == "🔑" { None } else { Some(key) };
        diesel::sql_query(
            "INSERT INTO words (id, plain, sealed) VALUES (?, ?, IF(? IS NULL, 'x', NULL))",
        )
        .bind::<Text, _>(key)
        .bind::<diesel::sql_types::Nullable<Text>, _>(plain)
        .bind::<diesel::sql_types::Nullable<Text>, _>(plain)
        .execute(conn)
        .unwrap();
    }
    let name = "Wörter verschlüsseln 鍵 🔑";
    let job = Job::new(name, TargetTable::new("words", ["id"]))
        .with(Task::encrypt("words", "sealed", "plain", of("String")))
        .with_limits(Limits {
            chunk: 2,
            ..Limits::default()
        });
    keyring.override_within(|| {
        let first = job.run(conn, |_| ControlFlow::Break(())).unwrap();
        assert_eq!((first.complete, first.progress.rows), (false, 2));
        let outcome = run(&job, conn).unwrap();
        assert!(outcome.complete);
        assert_eq!(outcome.progress.rows, keys.len() as u64);
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (8, 1));
        let failures = Job::failures(conn, name).unwrap();
        assert_eq!(
            (failures.len(), failures[0].key.to_string().as_str()),
            (1, "🔑")
        );
        assert_eq!(Job::list(conn).unwrap()[0].name, name);
        // Another name, that latin1 would not tell from this one, is another job.
        let other = Job::state(conn, "Wörter verschlüsseln ? ?").unwrap();
        assert_eq!((other.0.rows, other.1), (0, false));
    });
}

crate::harness::claims![
    a_row_that_is_longer_than_a_packet_is_listed_and_the_others_are_written,
    what_is_too_long_for_its_column_is_never_cut_off,
    a_ledger_in_a_database_of_latin1_keeps_any_key_and_any_name,
];
