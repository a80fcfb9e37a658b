//! What encfield promises, on SQLite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "sqlite/database.rs"]
mod database;
#[path = "sqlite/explicit.rs"]
mod explicit;
#[path = "sqlite/profile.rs"]
mod profile;
#[path = "sqlite/redaction.rs"]
mod redaction;
#[path = "sqlite/refusals.rs"]
mod refusals;
#[path = "sqlite/schema.rs"]
mod schema;
#[path = "sqlite/transparent.rs"]
mod transparent;
#[path = "sqlite/types.rs"]
mod types;
