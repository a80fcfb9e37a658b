//! What encfield promises, on SQLite.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "suite/harness.rs"]
mod harness;

use std::process::ExitCode;

use harness::Module;

#[path = "backend/sqlite.rs"]
mod backend;
#[path = "suite/changeset.rs"]
mod changeset;
#[path = "suite/check.rs"]
mod check;
#[path = "suite/data_key_refusals.rs"]
mod data_key_refusals;
#[path = "suite/database.rs"]
mod database;
#[path = "suite/engine.rs"]
mod engine;
#[path = "suite/engine_failures.rs"]
mod engine_failures;
#[path = "suite/engine_in_place.rs"]
mod engine_in_place;
#[path = "suite/engine_jobs.rs"]
mod engine_jobs;
#[path = "suite/engine_refusals.rs"]
mod engine_refusals;
#[path = "suite/engine_refused.rs"]
mod engine_refused;
#[path = "suite/engine_workers.rs"]
mod engine_workers;
#[path = "suite/engine_writers.rs"]
mod engine_writers;
#[path = "suite/explicit.rs"]
mod explicit;
#[path = "suite/index_fill.rs"]
mod index_fill;
#[path = "suite/index_lookup.rs"]
mod index_lookup;
#[path = "suite/insert.rs"]
mod insert;
#[path = "suite/inventory.rs"]
mod inventory;
#[path = "suite/key_use.rs"]
mod key_use;
#[path = "suite/keyrings.rs"]
mod keyrings;
#[path = "suite/length.rs"]
mod length;
#[path = "suite/load.rs"]
mod load;
#[path = "suite/model.rs"]
mod model;
#[path = "suite/on_conflict.rs"]
mod on_conflict;
#[path = "suite/people.rs"]
mod people;
#[path = "suite/plan.rs"]
mod plan;
#[path = "suite/profile.rs"]
mod profile;
#[path = "suite/redaction.rs"]
mod redaction;
#[path = "suite/refusals.rs"]
mod refusals;
#[path = "suite/rename.rs"]
mod rename;
#[path = "suite/returning.rs"]
mod returning;
#[path = "suite/rotation.rs"]
mod rotation;
#[path = "suite/rotation_of_scopes.rs"]
mod rotation_of_scopes;
#[path = "suite/row.rs"]
mod row;
#[path = "suite/row_paths.rs"]
mod row_paths;
#[path = "suite/row_returning.rs"]
mod row_returning;
#[path = "suite/schema.rs"]
mod schema;
#[path = "suite/scopes.rs"]
mod scopes;
#[path = "suite/search.rs"]
mod search;
#[path = "suite/shapes.rs"]
mod shapes;
#[path = "suite/shredding.rs"]
mod shredding;
#[path = "suite/tampering.rs"]
mod tampering;
#[path = "suite/transactions.rs"]
mod transactions;
#[path = "suite/types.rs"]
mod types;
#[path = "suite/unique.rs"]
mod unique;

fn main() -> ExitCode {
    if engine_workers::is_another_process() {
        return engine_workers::as_another_process();
    }
    if scopes::is_another_process() {
        return scopes::as_another_process();
    }
    let result = harness::run([
        Module::new("changeset", changeset::CLAIMS),
        Module::new("check", check::CLAIMS),
        Module::new("engine", engine::CLAIMS),
        Module::new("engine_failures", engine_failures::CLAIMS),
        Module::new("engine_in_place", engine_in_place::CLAIMS),
        Module::new("engine_jobs", engine_jobs::CLAIMS),
        Module::new("engine_refusals", engine_refusals::CLAIMS),
        Module::new("engine_refused", engine_refused::CLAIMS),
        Module::new("engine_workers", engine_workers::CLAIMS),
        Module::new("engine_writers", engine_writers::CLAIMS),
        Module::new("explicit", explicit::CLAIMS),
        Module::new("index_fill", index_fill::CLAIMS),
        Module::new("insert", insert::CLAIMS),
        Module::new("inventory", inventory::CLAIMS),
        Module::new("key_use", key_use::CLAIMS),
        Module::new("keyrings", keyrings::CLAIMS),
        Module::new("load", load::CLAIMS),
        Module::new("on_conflict", on_conflict::CLAIMS),
        Module::new("profile", profile::CLAIMS),
        Module::new("redaction", redaction::CLAIMS),
        Module::new("refusals", refusals::CLAIMS),
        Module::new("rename", rename::CLAIMS),
        Module::new("returning", returning::CLAIMS),
        Module::new("row", row::CLAIMS),
        Module::new("row_paths", row_paths::CLAIMS),
        Module::new("row_returning", row_returning::CLAIMS),
        Module::new("scopes", scopes::CLAIMS),
        Module::new("shredding", shredding::CLAIMS),
        Module::new("data_key_refusals", data_key_refusals::CLAIMS),
        Module::new("shapes", shapes::CLAIMS),
        Module::new("tampering", tampering::CLAIMS),
        Module::new("transactions", transactions::CLAIMS),
        Module::new("index_lookup", index_lookup::CLAIMS),
        Module::new("unique", unique::CLAIMS),
        Module::new("length", length::CLAIMS),
        Module::new("search", search::CLAIMS),
        Module::new("types", types::CLAIMS),
    ]);
    // Alone, and last: it swaps the keyring of the process.
    let alone = harness::run([
        Module::new("rotation", rotation::CLAIMS),
        Module::new("rotation_of_scopes", rotation_of_scopes::CLAIMS),
    ]);
    database::drop_kept();
    harness::both(result, alone)
}
