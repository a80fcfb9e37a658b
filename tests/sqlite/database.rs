//! A SQLite database for one test, and the keyring that all tests of this process share.

use std::path::PathBuf;
use std::sync::Once;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::Keyring;
use tempfile::TempDir;

const TABLES: &str = "
    CREATE TABLE profiles (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        user_id INTEGER NOT NULL UNIQUE,
        country TEXT,
        phone_number BLOB,
        passport_number BLOB
    );
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        profile_id INTEGER NOT NULL,
        iban BLOB NOT NULL,
        note BLOB NOT NULL
    );
";

/// Installs a keyring, once for the process.
pub(crate) fn install_keyring() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| Keyring::generate().install().unwrap());
}

/// A connection to a new database in memory, with the tables of the schema.
pub(crate) fn in_memory() -> SqliteConnection {
    install_keyring();
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.batch_execute(TABLES).unwrap();
    conn
}

/// A database in a file, which can be opened again and read as bytes.
pub(crate) struct DatabaseFile {
    folder: TempDir,
}

impl DatabaseFile {
    /// A new database with the tables of the schema.
    pub(crate) fn create() -> Self {
        install_keyring();
        let file = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        file.open().batch_execute(TABLES).unwrap();
        file
    }

    /// A new connection to it.
    pub(crate) fn open(&self) -> SqliteConnection {
        SqliteConnection::establish(self.path().to_str().unwrap()).unwrap()
    }

    /// Every byte of the database, its journals included.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("profiles.sqlite")
    }
}

/// Whether the bytes hold the needle.
pub(crate) fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
