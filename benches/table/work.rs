//! The work of an application on one database, by each variant.

use std::cell::RefCell;
use std::hint::black_box;

use diesel::prelude::*;
use encfield_bench::model::{
    Bytes, Explicit, Fernets, Hand, Lazy, Messages, Plain, Row, Transparent,
};
use encfield_bench::round::Variant;
use encfield_bench::{schema, value};

use super::{Conn, NAME, open};
use crate::extent::Extent;
use crate::report;

/// How many rows go into one `INSERT`: fewer binds than each database takes.
const CHUNK: usize = 1_000;

/// How many rows are read, written or changed one by one.
const SINGLE: i32 = 5_000;

fn rows<R: Row>(ids: std::ops::RangeInclusive<i32>, length: usize) -> Vec<R> {
    let row = |id: i32| {
        let seed = u64::from(id.unsigned_abs()) * 4;
        R::new(id, [1, 2, 3].map(|field| value::text(seed + field, length)))
    };
    ids.map(row).collect()
}

/// One variant for each row type, by a closure that has the type, its table and the connection.
macro_rules! variants {
    ($conn:expr, |$own:ident, $row:ident, $table:ident| $prepare:expr => $work:expr) => {
        variants!(@ $conn, |$own, $row, $table| $prepare => $work;
            "plain" Plain plain, "transparent" Transparent sealed, "explicit" Explicit explicit,
            "by hand" Hand by_hand, "encrypted-message" Messages message, "fernet" Fernets fernet)
    };
    (@ $conn:expr, |$own:ident, $row:ident, $table:ident| $prepare:expr => $work:expr;
        $($name:literal $ty:ident $module:ident),*) => {
        vec![$({
            type $row = $ty;
            use schema::$module as $table;
            let conn: &RefCell<Conn> = $conn;
            let $own = $prepare;
            Variant::new($name, move || {
                let conn = &mut *conn.borrow_mut();
                #[allow(clippy::redundant_closure_call)]
                ($work)(conn, &$own)
            })
        }),*]
    };
}

/// Work that leaves nothing behind.
fn rolled_back(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> QueryResult<()>) {
    let outcome = conn.transaction(|conn| {
        work(conn)?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    assert_eq!(outcome, Err(diesel::result::Error::RollbackTransaction));
}

macro_rules! load_all {
    ($conn:expr) => {{
        let conn: &RefCell<Conn> = $conn;
        let mut all = variants!(conn, |_none, Row, table| () => |conn: &mut Conn, _: &()| {
            black_box(table::table.select(Row::as_select()).load::<Row>(conn).unwrap());
        });
        all.push(Variant::new("lazy", move || {
            let conn = &mut *conn.borrow_mut();
            let query = schema::sealed::table.select(Lazy::as_select());
            black_box(query.load::<Lazy>(conn).unwrap());
        }));
        all.push(Variant::new("as bytes", move || {
            let conn = &mut *conn.borrow_mut();
            let query = schema::bytes::table.select(Bytes::as_select());
            black_box(query.load::<Bytes>(conn).unwrap());
        }));
        all
    }};
}

macro_rules! insert_batch {
    ($conn:expr, $count:expr, $length:expr) => {
        variants!($conn, |own, Row, table| rows::<Row>(1..=$count, $length) => |conn: &mut Conn, own: &Vec<Row>| {
            rolled_back(conn, |conn| {
                for chunk in own.chunks(CHUNK) {
                    diesel::insert_into(table::table).values(chunk).execute(conn)?;
                }
                Ok(())
            });
        })
    };
}

/// Rows of 16 bytes a field: what the aims are set for.
pub(crate) fn run(extent: &Extent) {
    let count = extent.rows(super::ROWS);
    let single = SINGLE.min(count);
    let conn = RefCell::new(open());
    report::measure(extent, NAME, "insert one", single, || {
        variants!(&conn, |own, Row, table| rows::<Row>(1..=single, 16) => |conn: &mut Conn, own: &Vec<Row>| {
            rolled_back(conn, |conn| {
                for row in own {
                    diesel::insert_into(table::table).values(row).execute(conn)?;
                }
                Ok(())
            });
        })
    });
    report::measure(extent, NAME, "insert batch", count, || {
        insert_batch!(&conn, count, 16)
    });
    fill(&conn, count, 16);
    report::measure(extent, NAME, "load all", count, || load_all!(&conn));
    report::measure(extent, NAME, "load by key", single, || {
        let mut all = variants!(&conn, |_none, Row, table| () => |conn: &mut Conn, _: &()| {
            for step in 0..single {
                let row = table::table.find(1 + step * 7_919 % count).select(Row::as_select());
                black_box(row.get_result::<Row>(conn).unwrap());
            }
        });
        all.push(Variant::new("lazy", || {
            let conn = &mut *conn.borrow_mut();
            for step in 0..single {
                let row = schema::sealed::table
                    .find(1 + step * 7_919 % count)
                    .select(Lazy::as_select());
                black_box(row.get_result::<Lazy>(conn).unwrap());
            }
        }));
        all
    });
    report::measure(extent, NAME, "update one", single, || {
        variants!(&conn, |own, Row, table| rows::<Row>(1..=single, 16) => |conn: &mut Conn, own: &Vec<Row>| {
            rolled_back(conn, |conn| {
                for row in own {
                    diesel::update(table::table.find(row.id)).set(row).execute(conn)?;
                }
                Ok(())
            });
        })
    });
}

/// Longer values, fewer rows.
#[allow(dead_code, reason = "measured on SQLite alone")]
pub(crate) fn sizes(extent: &Extent) {
    for length in [16_usize, 256, 1 << 10, 16 << 10, 256 << 10, 1 << 20] {
        let count = extent.rows_of(length);
        let conn = RefCell::new(open());
        let name = if length < 1 << 10 {
            format!("{length} B")
        } else {
            format!("{} KiB", length >> 10)
        };
        let (insert, load) = (format!("insert batch, {name}"), format!("load all, {name}"));
        report::measure(extent, NAME, &insert, count, || {
            insert_batch!(&conn, count, length)
        });
        if extent.has(&load) {
            fill(&conn, count, length);
        }
        report::measure(extent, NAME, &load, count, || load_all!(&conn));
    }
}

/// Puts the same rows into every table, on a new connection with tables of its own: a server scans what was
/// rolled back before.
fn fill(conn: &RefCell<Conn>, count: i32, length: usize) {
    let conn = &mut *conn.borrow_mut();
    *conn = open();
    macro_rules! fill {
        ($($row:ident $table:ident),*) => {$(
            for chunk in rows::<$row>(1..=count, length).chunks(CHUNK) {
                diesel::insert_into(schema::$table::table).values(chunk).execute(conn).unwrap();
            }
        )*};
    }
    fill!(Plain plain, Transparent sealed, Explicit explicit, Hand by_hand, Messages message, Fernets fernet);
}
