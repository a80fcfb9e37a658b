//! A unique constraint on a blind index is one on the value.

use std::sync::Barrier;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use encfield::{IndexExpressionMethods, Key, Keyring};

use crate::people::{create, ids, people, person, stored};

fn is_unique_violation<T>(result: &QueryResult<T>) -> bool {
    matches!(
        result,
        Err(QueryError::DatabaseError(
            DatabaseErrorKind::UniqueViolation,
            _
        ))
    )
}

fn a_duplicate_is_reported_as_diesel_reports_any() {
    let database = create();
    let conn = &mut database.open();
    let insert =
        |id, passport| diesel::insert_into(people::table).values(person(id, "Meier", passport));
    insert(1, Some("K1")).execute(conn).unwrap();
    assert!(is_unique_violation(&insert(2, Some("K1")).execute(conn)));
    insert(3, Some("K3")).execute(conn).unwrap();
    let change = diesel::update(people::table.find(3)).set(person(3, "Meier", Some("K1")));
    assert!(is_unique_violation(&change.execute(conn)));
    // As in a plain column, any number of rows may be NULL.
    insert(4, None).execute(conn).unwrap();
    insert(5, None).execute(conn).unwrap();
    assert_eq!(stored(conn).len(), 4);
}

fn one_of_many_concurrent_inserts_wins() {
    const WRITERS: i32 = 8;
    let database = create();
    let barrier = Barrier::new(WRITERS.try_into().unwrap());
    let results: Vec<QueryResult<usize>> = std::thread::scope(|scope| {
        let write = |id: i32| {
            let (database, barrier) = (&database, &barrier);
            scope.spawn(move || {
                let conn = &mut database.open();
                barrier.wait();
                diesel::insert_into(people::table)
                    .values(person(id, "Meier", Some("K1")))
                    .execute(conn)
            })
        };
        let writers: Vec<_> = (1..=WRITERS).map(write).collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        1,
        "{results:?}"
    );
    let violations = results
        .iter()
        .filter(|result| is_unique_violation(result))
        .count();
    assert_eq!(violations, results.len() - 1, "{results:?}");
    assert_eq!(
        ids!(&mut database.open(), people::passport_index.matches("K1")).len(),
        1
    );
}

/// Known and documented: a constraint compares tags, and each key has its own.
fn a_duplicate_under_another_index_key_is_found_by_a_lookup_alone() {
    let database = create();
    let conn = &mut database.open();
    let insert = |id| diesel::insert_into(people::table).values(person(id, "Meier", Some("K1")));
    insert(1).execute(conn).unwrap();
    let keyring = Keyring::installed().unwrap();
    let rotated = keyring
        .with_primary_index_key(Key::generate().unwrap())
        .unwrap();
    rotated.override_within(|| {
        assert_eq!(ids!(conn, people::passport_index.matches("K1")), [1]);
        assert!(insert(2).execute(conn).is_ok());
        // With the first row under the new key the constraint holds again.
        let again = diesel::update(people::table.find(1)).set(person(1, "Meier", Some("K1")));
        assert!(is_unique_violation(&again.execute(conn)));
    });
}

crate::harness::claims![
    a_duplicate_is_reported_as_diesel_reports_any,
    one_of_many_concurrent_inserts_wins,
    a_duplicate_under_another_index_key_is_found_by_a_lookup_alone,
];
