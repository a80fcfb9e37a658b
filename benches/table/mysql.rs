//! MySQL or MariaDB, on the server that `ENCFIELD_TEST_MYSQL_URL` names.

#[path = "work.rs"]
mod work;

use diesel::{Connection, MysqlConnection};
use encfield_bench::store;

pub(crate) use work::run;

pub(crate) type Conn = MysqlConnection;

pub(crate) const NAME: &str = "MySQL";
pub(crate) const ROWS: i32 = 20_000;

/// The tables last as long as the connection.
pub(crate) fn open() -> Conn {
    let url = std::env::var(crate::MYSQL_URL).unwrap();
    let mut conn = MysqlConnection::establish(&url).unwrap();
    store::create(&mut conn, "TEMPORARY TABLE", "LONGTEXT", "LONGBLOB");
    conn
}
