//! The tables of the schema in a database of one test, and the keyring that a process shares.

use std::sync::{Mutex, Once};

use diesel::connection::SimpleConnection;
use encfield::Keyring;

use crate::backend::{BYTES, COUNTER, Conn, Database, TEXT};

/// Installs a keyring, once for the process.
pub(crate) fn install_keyring() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| Keyring::generate().install().unwrap());
}

/// A statement with `{bytes}`, `{text}` and `{counter}` in the place of this database's types.
pub(crate) fn ddl(statement: &str) -> String {
    statement
        .replace("{bytes}", BYTES)
        .replace("{text}", TEXT)
        .replace("{counter}", COUNTER)
}

/// A new database with the tables of the schema.
pub(crate) fn create() -> Database {
    install_keyring();
    let database = Database::create();
    database
        .open()
        .batch_execute(&ddl("CREATE TABLE profiles (
                 id {counter},
                 user_id INTEGER NOT NULL UNIQUE,
                 country {text},
                 phone_number {bytes},
                 passport_number {bytes}
             );
             CREATE TABLE accounts (
                 id {counter},
                 profile_id INTEGER NOT NULL,
                 iban {bytes} NOT NULL,
                 note {bytes} NOT NULL
             );"))
        .unwrap();
    database
}

/// The databases that only a connection was asked for, kept until the process ends: a server cannot
/// drop a database that is in use.
static KEPT: Mutex<Vec<Database>> = Mutex::new(Vec::new());

/// A connection to a new database with the tables of the schema.
pub(crate) fn fresh() -> Conn {
    let database = create();
    let conn = database.open();
    KEPT.lock().unwrap().push(database);
    conn
}

/// Drops what was kept. Called when all tests have run.
pub(crate) fn drop_kept() {
    KEPT.lock().unwrap().clear();
}

/// Whether the bytes hold the needle.
pub(crate) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
