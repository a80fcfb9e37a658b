//! Data keys are wrapped anew, and keys promoted, compromised and removed, while scopes are used.
//!
//! Runs beside `rotation` and swaps the keyrings of its own tables alone.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool};
use encfield::{
    CiphertextExpressionMethods, DataKeyTable, DataKeys, ErrorKind, IndexExpressionMethods, Key,
    KeyId, KeyState, Keyring,
};

use crate::backend::{Conn, Database, READ_BESIDE_WRITERS};
use crate::rotation::{StopAtTheEnd, in_flight_operations_end};
use crate::scopes::{Note, create, insert, kind_of, note, notes, stored_of, tenant};

/// Connections of the data keys' own, each used again and again.
struct OfDataKeys(String);

impl ManageConnection for OfDataKeys {
    type Connection = Conn;
    type Error = Infallible;

    fn connect(&self) -> Result<Conn, Infallible> {
        Ok(Database::open_named(&self.0))
    }

    fn is_valid(&self, _: &mut Conn) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Conn) -> bool {
        false
    }
}

/// Data keys of which none is held: each value asks for its own, which is unwrapped each time.
fn data_keys(database: &Database, table: &str) -> DataKeys {
    let pool = Pool::builder()
        .max_size(4)
        .build(OfDataKeys(database.name()));
    let pool = pool.unwrap();
    DataKeys::new(DataKeyTable::new(move || pool.get()))
        .in_table(table)
        .with_lifetime(Duration::ZERO)
}

/// How often everything is rotated.
const ROUNDS: i32 = 3;

/// The tenants that a worker goes through, and makes as it does.
const TENANTS: i32 = 40;

fn tenant_of(id: i32) -> i32 {
    1 + id % TENANTS
}

/// Reads and writes until it is told to stop; every operation must succeed.
fn work(database: &Database, next: &AtomicI32, stop: &AtomicBool, operations: &AtomicU32) {
    let _end = StopAtTheEnd(stop);
    let conn = &mut database.open();
    while !stop.load(Ordering::Relaxed) {
        let id = next.fetch_add(1, Ordering::Relaxed);
        let new = note(id, tenant_of(id));
        insert(conn, std::slice::from_ref(&new));
        let found = notes::table
            .filter(notes::title_index.matches(&new.title))
            .select(Note::as_select())
            .first::<Note>(conn)
            .unwrap();
        assert!(found == new);
        let older = 1 + id % 10;
        let found: Note = notes::table
            .find(older)
            .select(Note::as_select())
            .first(conn)
            .unwrap();
        assert!(found == note(older, tenant_of(older)));
        operations.fetch_add(1, Ordering::Relaxed);
    }
}

/// The keyring of a table, swapped while others use it.
struct OfTable<'t> {
    table: &'t str,
    keyring: Keyring,
}

impl<'t> OfTable<'t> {
    fn install(table: &'t str, keyring: Keyring) -> Self {
        // Another claim of this process may have given the table one.
        let installed = keyring.clone().install_for_table(table);
        installed
            .or_else(|_| keyring.clone().replace_for_table(table))
            .unwrap();
        Self { table, keyring }
    }

    fn swap(&mut self, next: Keyring) {
        next.clone().replace_for_table(self.table).unwrap();
        self.keyring = next;
    }

    /// First every program knows the new key, then it is used. Gives the id of the old one.
    fn promote_a_new_key(&mut self) -> KeyId {
        let (old, new) = (self.keyring.primary_id().unwrap(), Key::generate().unwrap());
        let id = new.id();
        self.swap(self.keyring.with_key(new, KeyState::Active).unwrap());
        self.swap(self.keyring.promote(id).unwrap());
        old
    }
}

fn shared_under(conn: &mut Conn, key: KeyId) -> u64 {
    let under = notes::table.filter(notes::shared.sealed_under(key)).count();
    under.get_result::<i64>(conn).unwrap().try_into().unwrap()
}

fn store_again(conn: &mut Conn, key: KeyId) {
    while shared_under(conn, key) > 0 {
        let rows: Vec<Note> = notes::table
            .filter(notes::shared.sealed_under(key))
            .limit(50)
            .select(Note::as_select())
            .load(conn)
            .unwrap();
        for row in rows {
            diesel::update(&row).set(&row).execute(conn).unwrap();
        }
    }
}

fn wrapping_keys_and_keys_are_changed_while_scopes_are_used() {
    let database = create();
    let conn = &mut database.open();
    conn.batch_execute(READ_BESIDE_WRITERS).unwrap();
    let table = format!("keys_under_load_{}", std::process::id());
    conn.batch_execute(&format!(
        "ALTER TABLE {} RENAME TO {table}",
        DataKeys::TABLE
    ))
    .unwrap();
    let data_keys = data_keys(&database, &table);
    let mut wrapping = OfTable::install(&table, Keyring::generate());
    let mut own = OfTable::install("notes", Keyring::generate().with_data_keys(&data_keys));
    for id in 1..=10 {
        insert(conn, &[note(id, tenant_of(id))]);
    }
    let (next, stop) = (AtomicI32::new(11), AtomicBool::new(false));
    let operations = [const { AtomicU32::new(0) }; 3];
    let (mut rewrapped, mut removed) = (0, Vec::new());
    thread::scope(|scope| {
        for count in &operations {
            scope.spawn(|| work(&database, &next, &stop, count));
        }
        let _end = StopAtTheEnd(&stop);
        for round in 1..=ROUNDS {
            // A tenant whom no worker knows.
            insert(conn, &[note(-round, -round)]);
            let old = wrapping.promote_a_new_key();
            // A data key that was made before the promotion is stored by then.
            in_flight_operations_end(&operations, &stop);
            assert!(data_keys.wrapped_under(conn, old).unwrap() > 0);
            rewrapped += data_keys.rewrap(conn).unwrap();
            assert_eq!(data_keys.wrapped_under(conn, old).unwrap(), 0);
            // Whoever read a row before it was wrapped anew has unwrapped it.
            in_flight_operations_end(&operations, &stop);
            wrapping.swap(wrapping.keyring.mark_compromised(old).unwrap());
            in_flight_operations_end(&operations, &stop);
            let left = data_keys.wrapped_under(conn, old).unwrap();
            wrapping.swap(wrapping.keyring.remove(old, left).unwrap());
            removed.push(old);

            let old = own.promote_a_new_key();
            own.swap(own.keyring.retire(old).unwrap());
            in_flight_operations_end(&operations, &stop);
            store_again(conn, old);
            in_flight_operations_end(&operations, &stop);
            own.swap(own.keyring.mark_compromised(old).unwrap());
            in_flight_operations_end(&operations, &stop);
            own.swap(own.keyring.remove(old, shared_under(conn, old)).unwrap());

            assert!(data_keys.shred(conn, &tenant(-round)).unwrap());
            assert_eq!(kind_of(stored_of(conn, -round)), ErrorKind::Shredded);
            // Nobody can store again what nobody can open.
            let lost = notes::table.filter(notes::tenant_id.eq(-round));
            diesel::delete(lost).execute(conn).unwrap();
        }
    });
    let done: u32 = operations
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .sum();
    println!(
        "{done} operations in {TENANTS} scopes while {rewrapped} data keys were wrapped anew and {} keys \
         removed, none failed",
        2 * ROUNDS,
    );
    assert_eq!(
        (
            wrapping.keyring.encryption_keys().count(),
            own.keyring.encryption_keys().count()
        ),
        (1, 1)
    );
    for old in removed {
        assert_eq!(data_keys.wrapped_under(conn, old).unwrap(), 0);
    }
    for tenant in 1..=TENANTS {
        let all = stored_of(conn, tenant).unwrap();
        assert!(all.iter().all(|one| *one == note(one.id, tenant)));
    }
}

crate::harness::claims![wrapping_keys_and_keys_are_changed_while_scopes_are_used];
