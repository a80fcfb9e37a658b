//! What encfield promises, on SQLite.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "backend/sqlite.rs"]
mod backend;

#[path = "suite/database.rs"]
mod database;
#[path = "suite/explicit.rs"]
mod explicit;
#[path = "suite/harness.rs"]
mod harness;
#[path = "suite/on_conflict.rs"]
mod on_conflict;
#[path = "suite/profile.rs"]
mod profile;
#[path = "suite/redaction.rs"]
mod redaction;
#[path = "suite/refusals.rs"]
mod refusals;
#[path = "suite/returning.rs"]
mod returning;
#[path = "suite/schema.rs"]
mod schema;
#[path = "suite/transparent.rs"]
mod transparent;
#[path = "suite/types.rs"]
mod types;

fn main() -> std::process::ExitCode {
    let modules = [
        ("explicit", explicit::CLAIMS),
        ("on_conflict", on_conflict::CLAIMS),
        ("profile", profile::CLAIMS),
        ("redaction", redaction::CLAIMS),
        ("refusals", refusals::CLAIMS),
        ("returning", returning::CLAIMS),
        ("transparent", transparent::CLAIMS),
        ("types", types::CLAIMS),
    ];
    harness::run(&modules, None)
}
