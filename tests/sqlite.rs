//! What encfield promises, on SQLite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "sqlite/database.rs"]
mod database;
#[path = "sqlite/explicit.rs"]
mod explicit;
#[path = "sqlite/schema.rs"]
mod schema;
