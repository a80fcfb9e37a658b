//! A connection that ends at any statement: nothing is lost and nothing is half written.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use encfield::engine::{Job, Task};
use encfield::{ErrorKind, Keyring};

use crate::backend::{Conn, Database, connection_id, end_connection};
use crate::engine::{
    TABLE, create, member, members, name_index, of, plain_rows, run, small, stored, table,
};

const ROWS: i32 = 100;

/// A connection that the server ends when its n-th statement begins, counted from here.
fn ends_at(statement: u32, database: &Database) -> Conn {
    let (mut conn, mut other) = (database.open(), database.open());
    let id = connection_id(&mut conn);
    let mut count = 0;
    let end: Box<dyn Instrumentation> = Box::new(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { .. } = event {
            count += 1;
            if count == statement {
                end_connection(id, &mut other);
            }
        }
    });
    conn.set_instrumentation(end);
    conn
}

fn job(name: String) -> Job {
    Job::new(name, table())
        .with(Task::encrypt(TABLE, "name_sealed", "name", of("String")).filling(name_index()))
        .with(Task::encrypt(TABLE, "born_sealed", "born", of("i32")).bound_to("id", of("i32")))
        .with_limits(small())
}

fn a_job_goes_on_wherever_its_connection_ended() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let ended = keyring.override_within(|| {
        for statement in 1.. {
            diesel::delete(members::table).execute(conn).unwrap();
            plain_rows(conn, ROWS);
            let job = job(format!("statement {statement}"));
            let outcome = run(&job, &mut ends_at(statement, &database));
            let is_done = match outcome {
                Ok(outcome) => outcome.complete,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
                    false
                }
            };
            // What is sealed opens and is what it was; what is not is there in plain.
            let plain: Vec<(i32, Option<i32>)> = members::table
                .order(members::id)
                .select((members::id, members::born))
                .load(conn)
                .unwrap();
            assert_eq!(plain.len(), ROWS as usize);
            assert!(
                plain
                    .iter()
                    .all(|(id, born)| *born == member(*id).born_sealed)
            );
            for row in stored(conn).unwrap() {
                let whole = member(row.id);
                let nothing = row.name_sealed.is_none() && row.born_sealed.is_none();
                assert!(row == whole || nothing, "row {} is half written", row.id);
            }
            let outcome = run(&job, conn).unwrap();
            assert!(outcome.complete);
            assert_eq!(outcome.progress.rows, ROWS as u64, "statement {statement}");
            assert!(stored(conn).unwrap() == (1..=ROWS).map(member).collect::<Vec<_>>());
            if is_done {
                return statement - 1;
            }
        }
        0
    });
    println!("broken connections: a job ended at each of {ended} statements, nothing lost");
    assert!(ended >= 10, "{ended}");
}

fn a_transaction_is_written_whole_or_not_at_all() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let ended = keyring.override_within(|| {
        for statement in 1.. {
            diesel::delete(members::table).execute(conn).unwrap();
            let written = ends_at(statement, &database).transaction(|conn| {
                let rows = |ids: std::ops::RangeInclusive<i32>| ids.map(member).collect::<Vec<_>>();
                let insert = |rows| diesel::insert_into(members::table).values(rows);
                insert(rows(1..=5)).execute(conn)?;
                insert(rows(6..=10)).execute(conn)?;
                diesel::update(members::table.find(3))
                    .set(&member(3))
                    .execute(conn)
            });
            let rows = stored(conn).unwrap();
            match written {
                Ok(_) => assert!(rows == (1..=10).map(member).collect::<Vec<_>>()),
                // The server may have committed what the client never heard of.
                Err(_) => assert!(rows.is_empty() || rows.len() == 10, "{} rows", rows.len()),
            }
            if written.is_ok() {
                return statement - 1;
            }
        }
        0
    });
    println!(
        "broken connections: a transaction ended at each of {ended} statements, none half written"
    );
    assert!(ended >= 5, "{ended}");
}

crate::harness::claims![
    a_job_goes_on_wherever_its_connection_ended,
    a_transaction_is_written_whole_or_not_at_all,
];
