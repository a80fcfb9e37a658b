//! Many keys: rows that were sealed under one after the other of them.

use std::cell::RefCell;
use std::hint::black_box;

use diesel::prelude::*;
use encfield::{Key, KeyState, Keyring};
use encfield_bench::model::{Plain, Row, Transparent};
use encfield_bench::round::Variant;
use encfield_bench::{schema, store, value};

use crate::extent::Extent;
use crate::report;

const ROWS: i32 = 20_000;

fn row<R: Row>(id: i32) -> R {
    R::new(
        id,
        [1, 2, 3].map(|field| value::text(u64::from(id.unsigned_abs()) * 4 + field, 16)),
    )
}

pub(crate) fn run(extent: &Extent) {
    if !extent.has("keys") {
        return;
    }
    let count = extent.rows(ROWS);
    for keys in [1, 10, 100, 1_000_i32] {
        let keys = keys.min(count);
        let mut keyring = Keyring::generate();
        for _ in 1..keys {
            keyring = keyring
                .with_key(Key::generate().unwrap(), KeyState::Active)
                .unwrap();
        }
        let conn = RefCell::new(store::sqlite());
        write(&mut conn.borrow_mut(), &keyring, keys, count);
        let before = Keyring::installed().unwrap();
        keyring.replace().unwrap();
        // One after the other, as time went by; and every row by another key than the one before it.
        for (order, step) in [("in order", 1), ("out of order", 7_919)] {
            let conn = &conn;
            let variants = || {
                vec![
                    Variant::new("plain", move || {
                        let conn = &mut *conn.borrow_mut();
                        for at in 0..count {
                            let id = 1 + (at * step) % count;
                            let row = schema::plain::table.find(id).select(Plain::as_select());
                            black_box(row.get_result::<Plain>(conn).unwrap());
                        }
                    }),
                    Variant::new("transparent", move || {
                        let conn = &mut *conn.borrow_mut();
                        for at in 0..count {
                            let id = 1 + (at * step) % count;
                            let row = schema::sealed::table
                                .find(id)
                                .select(Transparent::as_select());
                            black_box(row.get_result::<Transparent>(conn).unwrap());
                        }
                    }),
                ]
            };
            let work = format!("load by key, {keys} keys, {order}");
            report::measure(extent, "SQLite", &work, count, variants);
        }
        before.replace().unwrap();
    }
}

/// The same number of rows under each key.
fn write(conn: &mut SqliteConnection, keyring: &Keyring, keys: i32, count: i32) {
    let ids: Vec<_> = keyring.encryption_keys().map(|(id, _)| id).collect();
    let each = (count / keys).max(1);
    let mut first = 1;
    for id in ids {
        let primary = match keyring.primary_id().unwrap() == id {
            true => keyring.clone(),
            false => keyring.promote(id).unwrap(),
        };
        primary.override_within(|| {
            for id in first..first + each {
                diesel::insert_into(schema::sealed::table)
                    .values(row::<Transparent>(id))
                    .execute(conn)
                    .unwrap();
            }
        });
        first += each;
    }
    for id in 1..first {
        diesel::insert_into(schema::plain::table)
            .values(row::<Plain>(id))
            .execute(conn)
            .unwrap();
    }
}
