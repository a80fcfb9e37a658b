//! What encfield promises, on MySQL and MariaDB: on the server that `ENCFIELD_TEST_MYSQL_URL` names.
//!
//! Without the variable, or without the feature `mysql`, every test is listed as ignored.

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

#[cfg(feature = "mysql")]
#[path = "backend/mysql.rs"]
mod backend;
#[cfg(feature = "mysql")]
#[path = "suite/broken_connections.rs"]
mod broken_connections;
#[cfg(feature = "mysql")]
#[path = "suite/changeset.rs"]
mod changeset;
#[cfg(feature = "mysql")]
#[path = "suite/check.rs"]
mod check;
#[cfg(feature = "mysql")]
#[path = "suite/data_key_refusals.rs"]
mod data_key_refusals;
#[cfg(feature = "mysql")]
#[path = "suite/database.rs"]
mod database;
#[cfg(feature = "mysql")]
#[path = "suite/dump.rs"]
mod dump;
#[cfg(feature = "mysql")]
#[path = "suite/duplicate_keys.rs"]
mod duplicate_keys;
#[cfg(feature = "mysql")]
#[path = "suite/engine.rs"]
mod engine;
#[cfg(feature = "mysql")]
#[path = "suite/engine_failures.rs"]
mod engine_failures;
#[cfg(feature = "mysql")]
#[path = "suite/engine_in_place.rs"]
mod engine_in_place;
#[cfg(feature = "mysql")]
#[path = "suite/engine_jobs.rs"]
mod engine_jobs;
#[cfg(feature = "mysql")]
#[path = "suite/engine_mysql.rs"]
mod engine_mysql;
#[cfg(feature = "mysql")]
#[path = "suite/engine_refusals.rs"]
mod engine_refusals;
#[cfg(feature = "mysql")]
#[path = "suite/engine_refused.rs"]
mod engine_refused;
#[cfg(feature = "mysql")]
#[path = "suite/engine_workers.rs"]
mod engine_workers;
#[cfg(feature = "mysql")]
#[path = "suite/engine_writers.rs"]
mod engine_writers;
#[cfg(feature = "mysql")]
#[path = "suite/explicit.rs"]
mod explicit;
#[cfg(feature = "mysql")]
#[path = "suite/index_fill.rs"]
mod index_fill;
#[cfg(feature = "mysql")]
#[path = "suite/index_lookup.rs"]
mod index_lookup;
#[cfg(feature = "mysql")]
#[path = "suite/insert.rs"]
mod insert;
#[cfg(feature = "mysql")]
#[path = "suite/inventory.rs"]
mod inventory;
#[cfg(feature = "mysql")]
#[path = "suite/key_use.rs"]
mod key_use;
#[cfg(feature = "mysql")]
#[path = "suite/keyrings.rs"]
mod keyrings;
#[cfg(feature = "mysql")]
#[path = "suite/length.rs"]
mod length;
#[cfg(feature = "mysql")]
#[path = "suite/load.rs"]
mod load;
#[cfg(feature = "mysql")]
#[path = "suite/log.rs"]
mod log;
#[cfg(feature = "mysql")]
#[path = "suite/model.rs"]
mod model;
#[cfg(feature = "mysql")]
#[path = "suite/people.rs"]
mod people;
#[cfg(feature = "mysql")]
#[path = "suite/plan.rs"]
mod plan;
#[cfg(feature = "mysql")]
#[path = "suite/profile.rs"]
mod profile;
#[cfg(feature = "mysql")]
#[path = "suite/redaction.rs"]
mod redaction;
#[cfg(feature = "mysql")]
#[path = "suite/refusals.rs"]
mod refusals;
#[cfg(feature = "mysql")]
#[path = "suite/rename.rs"]
mod rename;
#[cfg(feature = "mysql")]
#[path = "suite/rotation.rs"]
mod rotation;
#[cfg(feature = "mysql")]
#[path = "suite/rotation_of_scopes.rs"]
mod rotation_of_scopes;
#[cfg(feature = "mysql")]
#[path = "suite/row.rs"]
mod row;
#[cfg(feature = "mysql")]
#[path = "suite/row_paths.rs"]
mod row_paths;
#[cfg(feature = "mysql")]
#[path = "suite/schema.rs"]
mod schema;
#[cfg(feature = "mysql")]
#[path = "suite/scopes.rs"]
mod scopes;
#[cfg(feature = "mysql")]
#[path = "suite/search.rs"]
mod search;
#[cfg(feature = "mysql")]
#[path = "suite/server.rs"]
mod server;
#[cfg(feature = "mysql")]
#[path = "suite/shapes.rs"]
mod shapes;
#[cfg(feature = "mysql")]
#[path = "suite/shredding.rs"]
mod shredding;
#[cfg(feature = "mysql")]
#[path = "suite/tampering.rs"]
mod tampering;
#[cfg(feature = "mysql")]
#[path = "suite/transactions.rs"]
mod transactions;
#[cfg(feature = "mysql")]
#[path = "suite/two_backends.rs"]
mod two_backends;
#[cfg(feature = "mysql")]
#[path = "suite/types.rs"]
mod types;
#[cfg(feature = "mysql")]
#[path = "suite/unique.rs"]
mod unique;

// What is not compiled cannot be listed one by one.
#[cfg(not(feature = "mysql"))]
fn every_claim() {
    unreachable!("it is ignored");
}

#[cfg(not(feature = "mysql"))]
harness::claims![every_claim];

#[cfg(not(feature = "mysql"))]
fn main() -> ExitCode {
    let missing = "the feature `mysql` is off, which links to the client's library".to_owned();
    harness::run([Module::new("mysql", CLAIMS).needs(Some(missing))])
}

#[cfg(feature = "mysql")]
fn main() -> ExitCode {
    if engine_workers::is_another_process() {
        return engine_workers::as_another_process();
    }
    if scopes::is_another_process() {
        return scopes::as_another_process();
    }
    let unset = std::env::var_os(backend::URL).is_none();
    let missing = unset.then(|| format!("{} is not set", backend::URL));
    let result = harness::run([
        Module::new("broken_connections", broken_connections::CLAIMS).needs(missing.clone()),
        Module::new("changeset", changeset::CLAIMS).needs(missing.clone()),
        Module::new("duplicate_keys", duplicate_keys::CLAIMS).needs(missing.clone()),
        Module::new("check", check::CLAIMS).needs(missing.clone()),
        Module::new("dump", dump::CLAIMS).needs(missing.clone().or_else(dump::missing)),
        Module::new("engine", engine::CLAIMS).needs(missing.clone()),
        Module::new("engine_failures", engine_failures::CLAIMS).needs(missing.clone()),
        Module::new("engine_in_place", engine_in_place::CLAIMS).needs(missing.clone()),
        Module::new("engine_jobs", engine_jobs::CLAIMS).needs(missing.clone()),
        Module::new("engine_refusals", engine_refusals::CLAIMS).needs(missing.clone()),
        Module::new("engine_refused", engine_refused::CLAIMS).needs(missing.clone()),
        Module::new("engine_workers", engine_workers::CLAIMS).needs(missing.clone()),
        Module::new("engine_writers", engine_writers::CLAIMS).needs(missing.clone()),
        Module::new("explicit", explicit::CLAIMS).needs(missing.clone()),
        Module::new("insert", insert::CLAIMS).needs(missing.clone()),
        Module::new("inventory", inventory::CLAIMS).needs(missing.clone()),
        Module::new("key_use", key_use::CLAIMS).needs(missing.clone()),
        Module::new("keyrings", keyrings::CLAIMS).needs(missing.clone()),
        Module::new("load", load::CLAIMS).needs(missing.clone()),
        Module::new("log", log::CLAIMS).needs(missing.clone().or_else(log::missing)),
        Module::new("profile", profile::CLAIMS).needs(missing.clone()),
        Module::new("redaction", redaction::CLAIMS).needs(missing.clone()),
        Module::new("refusals", refusals::CLAIMS).needs(missing.clone()),
        Module::new("rename", rename::CLAIMS).needs(missing.clone()),
        Module::new("server", server::CLAIMS).needs(missing.clone()),
        Module::new("row", row::CLAIMS).needs(missing.clone()),
        Module::new("row_paths", row_paths::CLAIMS).needs(missing.clone()),
        Module::new("scopes", scopes::CLAIMS).needs(missing.clone()),
        Module::new("shredding", shredding::CLAIMS).needs(missing.clone()),
        Module::new("data_key_refusals", data_key_refusals::CLAIMS).needs(missing.clone()),
        Module::new("shapes", shapes::CLAIMS).needs(missing.clone()),
        Module::new("tampering", tampering::CLAIMS).needs(missing.clone()),
        Module::new("transactions", transactions::CLAIMS).needs(missing.clone()),
        Module::new("two_backends", two_backends::CLAIMS).needs(missing.clone()),
        Module::new("index_fill", index_fill::CLAIMS).needs(missing.clone()),
        Module::new("index_lookup", index_lookup::CLAIMS).needs(missing.clone()),
        Module::new("unique", unique::CLAIMS).needs(missing.clone()),
        Module::new("length", length::CLAIMS).needs(missing.clone()),
        Module::new("search", search::CLAIMS).needs(missing.clone()),
        Module::new("types", types::CLAIMS).needs(missing.clone()),
    ]);
    // Alone, and last: they swap the keyring of the process, and a limit of the server.
    let alone = harness::run([
        Module::new("rotation", rotation::CLAIMS).needs(missing.clone()),
        Module::new("rotation_of_scopes", rotation_of_scopes::CLAIMS).needs(missing.clone()),
        Module::new("engine_mysql", engine_mysql::CLAIMS).needs(missing),
    ]);
    database::drop_kept();
    harness::both(result, alone)
}
