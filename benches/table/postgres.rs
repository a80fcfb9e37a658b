//! PostgreSQL, on the server that `ENCFIELD_TEST_POSTGRES_URL` names.

#[path = "work.rs"]
mod work;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use encfield_bench::store;

pub(crate) use work::run;

pub(crate) type Conn = PgConnection;

pub(crate) const NAME: &str = "PostgreSQL";
pub(crate) const ROWS: i32 = 20_000;

/// The tables last as long as the connection.
pub(crate) fn open() -> Conn {
    let url = std::env::var(crate::POSTGRES_URL).unwrap();
    let mut conn = PgConnection::establish(&url).unwrap();
    conn.batch_execute("SET client_min_messages = error")
        .unwrap();
    store::create(&mut conn, "TEMPORARY TABLE", "TEXT", "BYTEA");
    conn
}
