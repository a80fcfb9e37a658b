//! SQLite in memory.

#[path = "work.rs"]
mod work;

pub(crate) use work::{run, sizes};

pub(crate) use diesel::SqliteConnection as Conn;
pub(crate) use encfield_bench::store::sqlite as open;

pub(crate) const NAME: &str = "SQLite";
pub(crate) const ROWS: i32 = 100_000;
