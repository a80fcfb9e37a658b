//! Keys change while the program reads and writes. Runs alone: it swaps the keyring of the process.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::thread;

use diesel::prelude::*;
use encfield::{
    CiphertextExpressionMethods, Error, ErrorKind, IndexExpressionMethods, Key, KeyId, KeyState,
    Keyring,
};

use crate::backend::{Conn, Database};
use crate::people::{Person, create, ids, people, person, stored};

fn passport(id: i32) -> String {
    format!("K{id:06}")
}

fn insert(conn: &mut Conn, id: i32) {
    let one = person(id, "Meier", Some(&passport(id)));
    diesel::insert_into(people::table)
        .values(one)
        .execute(conn)
        .unwrap();
}

/// Reads and writes until it is told to stop; every operation must succeed.
fn work(database: &Database, next: &AtomicI32, stop: &AtomicBool, operations: &AtomicU32) {
    let _end = StopAtTheEnd(stop);
    let conn = &mut database.open();
    while !stop.load(Ordering::Relaxed) {
        let id = next.fetch_add(1, Ordering::Relaxed);
        insert(conn, id);
        let found: Person = people::table
            .filter(people::passport_index.matches(&passport(id)))
            .select(Person::as_select())
            .first(conn)
            .unwrap();
        assert_eq!(found.passport_number, Some(passport(id)));
        let older: Person = people::table
            .find(1 + id % 10)
            .select(Person::as_select())
            .first(conn)
            .unwrap();
        assert_eq!(older.passport_number, Some(passport(older.id)));
        assert_eq!(
            ids!(conn, people::passport_index.matches(&passport(older.id))),
            [older.id]
        );
        operations.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until each worker has ended what it was doing, and something that it began after that.
pub(crate) fn in_flight_operations_end(operations: &[AtomicU32], stop: &AtomicBool) {
    for count in operations {
        let before = count.load(Ordering::Relaxed);
        while count.load(Ordering::Relaxed) < before + 2 {
            assert!(!stop.load(Ordering::Relaxed), "a worker failed");
            thread::yield_now();
        }
    }
}

/// Stops everybody when one fails, so that no thread waits for another for good.
pub(crate) struct StopAtTheEnd<'a>(pub(crate) &'a AtomicBool);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How many values are sealed under the key.
fn values_left(conn: &mut Conn, key: KeyId) -> u64 {
    let passports = people::table
        .filter(people::passport_number.sealed_under(key))
        .count();
    let names = people::table.filter(people::name.sealed_under(key)).count();
    let count: i64 =
        passports.get_result::<i64>(conn).unwrap() + names.get_result::<i64>(conn).unwrap();
    count.try_into().unwrap()
}

/// Stores the rows again that are sealed under the key.
fn store_again(conn: &mut Conn, key: KeyId) {
    loop {
        let rows: Vec<Person> = people::table
            .filter(people::name.sealed_under(key))
            .limit(50)
            .select(Person::as_select())
            .load(conn)
            .unwrap();
        if rows.is_empty() {
            return;
        }
        for row in rows {
            diesel::update(&row).set(&row).execute(conn).unwrap();
        }
    }
}

fn keys_are_promoted_retired_and_removed_under_load() {
    let database = create();
    let conn = &mut database.open();
    (1..=10).for_each(|id| insert(conn, id));
    let (next, stop) = (AtomicI32::new(11), AtomicBool::new(false));
    let operations = [const { AtomicU32::new(0) }; 3];
    let current = || Keyring::installed().unwrap();
    thread::scope(|scope| {
        for count in &operations {
            scope.spawn(|| work(&database, &next, &stop, count));
        }
        let _end = StopAtTheEnd(&stop);
        for _ in 0..3 {
            let old = current().primary_id().unwrap();
            let (old_index, _) = current().index_keys().next().unwrap();
            let (new, new_index) = (Key::generate().unwrap(), Key::generate().unwrap());
            let ids = (new.id(), new_index.id());
            // First every program knows the new keys, then they are used.
            let known = current().with_key(new, KeyState::Active).unwrap();
            let known = known.with_index_key(new_index, KeyState::Active).unwrap();
            known.clone().replace().unwrap();
            let promoted = known.promote(ids.0).unwrap().promote(ids.1).unwrap();
            promoted.replace().unwrap();
            current()
                .retire(old)
                .unwrap()
                .retire(old_index)
                .unwrap()
                .replace()
                .unwrap();
            // What was sealed before the promotion is stored by then, and counted.
            in_flight_operations_end(&operations, &stop);
            while values_left(conn, old) > 0 {
                store_again(conn, old);
            }
            // A load that began before its row was stored again has a value of the old key in hand.
            in_flight_operations_end(&operations, &stop);
            let refused = current().remove(old, 1).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::KeyInUse);
            let removed = current().remove(old, values_left(conn, old)).unwrap();
            removed.remove(old_index, 0).unwrap().replace().unwrap();
        }
    });
    let done: u32 = operations
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .sum();
    println!("{done} operations while 3 keys of each kind were removed, none failed");
    assert_eq!(current().keys().count(), 2);
    for one in stored(conn) {
        assert_eq!(
            ids!(conn, people::passport_index.matches(&passport(one.id))),
            [one.id]
        );
    }
}

fn a_role_holds_in_queries() {
    use encfield::Role;

    let database = create();
    let conn = &mut database.open();
    let all = Keyring::installed().unwrap();
    all.only(Role::Seal)
        .unwrap()
        .override_within(|| insert(conn, 1));
    let is_forbidden = |result: QueryResult<()>| {
        let error = result.unwrap_err();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::Forbidden
        );
    };
    let load = |conn: &mut Conn| {
        people::table
            .select(Person::as_select())
            .first(conn)
            .map(drop)
    };
    let store = |conn: &mut Conn| {
        let one = person(2, "Özil", None);
        diesel::insert_into(people::table)
            .values(one)
            .execute(conn)
            .map(drop)
    };
    all.only(Role::Seal)
        .unwrap()
        .override_within(|| is_forbidden(load(conn)));
    all.only(Role::Open).unwrap().override_within(|| {
        load(conn).unwrap();
        is_forbidden(store(conn));
    });
    all.only(Role::LookUp).unwrap().override_within(|| {
        assert_eq!(
            ids!(conn, people::passport_index.matches(&passport(1))),
            [1]
        );
        is_forbidden(load(conn));
        is_forbidden(store(conn));
    });
    all.override_within(|| assert_eq!(stored(conn).len(), 1));
}

crate::harness::claims![
    keys_are_promoted_retired_and_removed_under_load,
    a_role_holds_in_queries,
];
