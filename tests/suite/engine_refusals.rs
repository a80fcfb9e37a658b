//! What a job leaves as it was, and what it does not begin.

use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{Census, Job, TargetTable, Task};
use encfield::{ErrorKind, Key, Keyring, Sealed};

use crate::backend::Conn;
use crate::engine::{
    TABLE, create, encrypt, member, members, name, of, plain_rows, rotate, run, sealed_rows,
    stored, table,
};

fn a_row_that_does_not_open_is_listed_and_left_as_it_is() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 100));
    // Another row's year, a damaged name, and plaintext that somebody planted.
    conn.batch_execute(
        "UPDATE members SET born_sealed = name_sealed WHERE id = 3;
         UPDATE members SET name_sealed = substr(name_sealed, 1, 40) WHERE id = 60;",
    )
    .unwrap();
    let before: Vec<(i32, Option<Sealed<String>>)> = members::table
        .filter(members::id.eq_any([3, 60]))
        .order(members::id)
        .select((members::id, members::name_sealed))
        .load(conn)
        .unwrap();
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    new.override_within(|| {
        let outcome = run(&rotate(&new), conn).unwrap();
        assert!(outcome.complete);
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (98, 2));
        let listed: Vec<_> = outcome
            .failures
            .iter()
            .map(|failure| {
                (
                    failure.key.to_string(),
                    failure.column.as_str(),
                    failure.kind,
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                ("3".to_owned(), "born_sealed", ErrorKind::NotAuthentic),
                ("60".to_owned(), "name_sealed", ErrorKind::Truncated),
            ]
        );
        assert!(outcome.failures[0].reason.contains("members.born_sealed"));
        let after: Vec<(i32, Option<Sealed<String>>)> = members::table
            .filter(members::id.eq_any([3, 60]))
            .order(members::id)
            .select((members::id, members::name_sealed))
            .load(conn)
            .unwrap();
        let bytes = |rows: &[(i32, Option<Sealed<String>>)]| -> Vec<Vec<u8>> {
            rows.iter()
                .map(|(_, value)| value.as_ref().unwrap().as_bytes().to_vec())
                .collect()
        };
        assert_eq!(bytes(&before), bytes(&after));
    });
}

fn jobs_that_contradict_each_other_are_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 100);
    keyring.override_within(|| {
        let begin = |job: &Job, conn: &mut Conn| job.run(conn, |_| ControlFlow::Break(()));
        let _ = begin(&encrypt(), conn).unwrap();
        let decrypt = Job::new("decrypt members", table()).with(Task::decrypt(
            TABLE,
            "name_sealed",
            "name",
            of("String"),
        ));
        let same_name = Job::new("encrypt members", table()).with(Task::decrypt(
            TABLE,
            "name_sealed",
            "name",
            of("String"),
        ));
        for job in [&decrypt, &same_name] {
            let error = run(job, conn).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::JobsContradict);
        }
        assert!(run(&encrypt(), conn).unwrap().complete);
        // The first one is done: now there is nothing to contradict.
        conn.batch_execute("UPDATE members SET name = NULL")
            .unwrap();
        let outcome = run(&decrypt, conn).unwrap();
        assert_eq!(outcome.progress.changed, 86);
        let plain: Vec<Option<String>> = members::table
            .order(members::id)
            .select(members::name)
            .load(conn)
            .unwrap();
        assert!(
            plain
                == (1..=100)
                    .map(|id| member(id).name_sealed)
                    .collect::<Vec<_>>()
        );
    });
}

fn what_is_not_there_is_named_before_anything_is_done() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 3);
    let task = || Task::reencrypt(TABLE, "name_sealed");
    keyring.override_within(|| {
        let none: [&str; 0] = [];
        for (job, column) in [
            (
                Job::new("j", TargetTable::new("nowhere", ["id"])).with(task()),
                "*",
            ),
            (
                Job::new("j", TargetTable::new(TABLE, ["no"])).with(task()),
                "no",
            ),
            (
                Job::new("j", TargetTable::new(TABLE, none)).with(task()),
                "*",
            ),
            (
                Job::new("j", table()).with(Task::reencrypt(TABLE, "nothing")),
                "nothing",
            ),
        ] {
            let error = run(&job, conn).unwrap_err();
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::ColumnInvalid, Some(column))
            );
        }
        assert!(Census::of(conn, &table(), "nothing").is_err());
    });
    // Without keys the job ends at once, instead of listing every row.
    let none = keyring.only(encfield::Role::LookUp).unwrap();
    let error = none.override_within(|| run(&encrypt(), conn).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    keyring.override_within(|| assert!(run(&encrypt(), conn).unwrap().complete));
}

fn a_row_that_the_database_refuses_is_listed_and_the_others_are_written() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 120);
    conn.batch_execute("CREATE UNIQUE INDEX one_of_a_name ON members (name_index)")
        .unwrap();
    diesel::update(members::table.filter(members::id.eq_any([33, 34])))
        .set(members::name.eq("Meier 31"))
        .execute(conn)
        .unwrap();
    keyring.override_within(|| {
        let outcome = run(&encrypt(), conn).unwrap();
        assert!(outcome.complete);
        let listed: Vec<_> = outcome
            .failures
            .iter()
            .map(|failure| (failure.key.to_string(), failure.kind))
            .collect();
        let refused = |key: &str| (key.to_owned(), ErrorKind::Database);
        assert_eq!(listed, [refused("33"), refused("34")]);
        assert!(outcome.failures[0].reason.contains("there already"));
        assert_eq!(
            (outcome.progress.changed, outcome.progress.failed),
            (118, 2)
        );
    });
}

fn a_column_that_holds_no_bytes_is_refused_before_anything_is_done() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 5);
    keyring.override_within(|| {
        let into_text =
            Job::new("j", table()).with(Task::encrypt(TABLE, "name", "name", of("String")));
        let error = run(&into_text, conn).unwrap_err();
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::ColumnInvalid, Some("name"))
        );
        // Bytes that are no text are not bent into one.
        let sealed = encfield::Context::new(TABLE, "name_sealed");
        let value = keyring.encrypt(&sealed, &vec![0xFF_u8, 0]).unwrap();
        let query = crate::backend::sql("UPDATE members SET name_sealed = ? WHERE id = 1");
        diesel::sql_query(query)
            .bind::<diesel::sql_types::Binary, _>(value)
            .execute(conn)
            .unwrap();
        let decrypt =
            Job::new("d", table()).with(Task::decrypt(TABLE, "name_sealed", "name", of("Vec<u8>")));
        conn.batch_execute("DELETE FROM members WHERE id > 1")
            .unwrap();
        let outcome = run(&decrypt, conn).unwrap();
        assert_eq!(outcome.failures[0].kind, ErrorKind::ColumnInvalid);
        let left = members::table
            .find(1)
            .select(members::name)
            .first::<Option<String>>(conn);
        assert_eq!(left.unwrap().unwrap(), name(1));
    });
}

fn a_key_that_goes_away_meanwhile_costs_no_value() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 100));
    let gone = Keyring::new(Key::generate().unwrap());
    let job = rotate(&gone);
    let outcome = gone.override_within(|| run(&job, conn).unwrap());
    assert_eq!(
        (outcome.progress.changed, outcome.progress.failed),
        (0, 100)
    );
    assert!(
        outcome
            .failures
            .iter()
            .all(|failure| failure.kind == ErrorKind::UnknownKey)
    );
    let all: Vec<_> = (1..=100).map(member).collect();
    old.override_within(|| assert!(stored(conn).unwrap() == all));
}

crate::harness::claims![
    a_row_that_does_not_open_is_listed_and_left_as_it_is,
    jobs_that_contradict_each_other_are_refused,
    what_is_not_there_is_named_before_anything_is_done,
    a_row_that_the_database_refuses_is_listed_and_the_others_are_written,
    a_column_that_holds_no_bytes_is_refused_before_anything_is_done,
    a_key_that_goes_away_meanwhile_costs_no_value,
];
