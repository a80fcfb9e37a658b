//! What a copy of a database's files opens, from before and from after a scope was shredded.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    DataKeyTable, DataKeys, Encrypted, Error, ErrorKind, Key, Keyring, KeyringFile, Scope,
    Tombstones,
};
use tempfile::TempDir;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    notes (id) {
        id -> Integer,
        tenant_id -> Integer,
        text -> Ciphertext<text>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
struct Note {
    id: i32,
    tenant_id: i32,
    #[sensitive(scope = tenant_id)]
    text: String,
}

/// So many that the table and its indexes are divided into pages, again and again.
const SCOPES: i32 = 400;

/// The ones that are shredded: they lie all over the table.
const SHREDDED: std::ops::RangeInclusive<i32> = 100..=199;

fn scope(tenant: i32) -> Scope {
    Scope::new("tenant_id", &tenant)
}

/// A folder with a database and a keyring's file, as a machine has it.
struct Machine {
    folder: TempDir,
    journal: &'static str,
}

impl Machine {
    fn new(journal: &'static str) -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
            journal,
        };
        let conn = &mut machine.open();
        conn.batch_execute(
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant_id INTEGER NOT NULL, text BLOB NOT NULL)",
        )
        .unwrap();
        DataKeys::create_table(conn).unwrap();
        KeyringFile::create(machine.path("keyring.json"), &Keyring::generate()).unwrap();
        machine
    }

    /// Every file of it, in another folder.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in self.files() {
            fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
        }
        Self {
            folder,
            journal: self.journal,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }

    fn open(&self) -> SqliteConnection {
        connection(&self.path("notes.sqlite"), self.journal)
    }

    fn data_keys(&self) -> DataKeys {
        let (path, journal) = (self.path("notes.sqlite"), self.journal);
        DataKeys::new(DataKeyTable::new(move || {
            Ok::<_, ConnectionError>(connection(&path, journal))
        }))
    }

    /// Runs as a program that is started here now, with these data keys.
    fn run<R>(&self, data_keys: &DataKeys, run: impl FnOnce(&mut SqliteConnection) -> R) -> R {
        let keyring = KeyringFile::at(self.path("keyring.json")).read().unwrap();
        let conn = &mut self.open();
        keyring
            .with_data_keys(data_keys)
            .override_within(|| run(conn))
    }

    /// How many of these tenants' values open, and how many say that they were shredded.
    fn opened(&self, data_keys: &DataKeys, tenants: impl Iterator<Item = i32>) -> (usize, usize) {
        self.run(data_keys, |conn| {
            let results: Vec<QueryResult<Encrypted<String>>> = tenants
                .map(|tenant| {
                    let of = notes::table.filter(notes::tenant_id.eq(tenant));
                    of.select(notes::text).first(conn)
                })
                .collect();
            let shredded = |result: &&QueryResult<Encrypted<String>>| {
                let error = result.as_ref().err().and_then(Error::cause_of);
                error.is_some_and(|error| error.kind() == ErrorKind::Shredded)
            };
            let opened = results.iter().filter(|result| result.is_ok()).count();
            (opened, results.iter().filter(shredded).count())
        })
    }

    /// How many of these are anywhere in its files.
    fn holds(&self, needles: &[Vec<u8>]) -> usize {
        let bytes: Vec<u8> = self
            .files()
            .iter()
            .flat_map(|file| fs::read(file).unwrap())
            .collect();
        let holds = |needle: &&Vec<u8>| {
            bytes
                .windows(needle.len())
                .any(|at| at == needle.as_slice())
        };
        needles.iter().filter(holds).count()
    }
}

fn connection(path: &Path, journal: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let pragmas = format!(
        "PRAGMA journal_mode = {journal}; PRAGMA busy_timeout = 10000; PRAGMA synchronous = OFF"
    );
    conn.batch_execute(&pragmas).unwrap();
    conn
}

#[derive(QueryableByName)]
struct Wrapped {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    wrapped_key: Vec<u8>,
}

/// The wrapped data keys of the tenants that are shredded.
fn wrapped(conn: &mut SqliteConnection) -> Vec<Vec<u8>> {
    let tenants: Vec<_> = SHREDDED
        .map(|tenant| format!("'tenant_id={tenant}'"))
        .collect();
    let query = format!(
        "SELECT wrapped_key FROM encfield_data_keys WHERE scope IN ({})",
        tenants.join(", ")
    );
    let rows: Vec<Wrapped> = diesel::sql_query(query).load(conn).unwrap();
    rows.into_iter().map(|row| row.wrapped_key).collect()
}

/// A machine whose scopes have a value each, made on first use and ahead, and wrapped anew once.
fn with_scopes(journal: &'static str) -> Machine {
    let machine = Machine::new(journal);
    let note = |tenant_id| Note {
        id: tenant_id,
        tenant_id,
        text: format!("note {tenant_id}"),
    };
    let data_keys = machine.data_keys();
    machine.run(&data_keys, |conn| {
        let ahead: Vec<_> = (1..=SCOPES / 2).map(scope).collect();
        data_keys.prepare(conn, &ahead).unwrap();
        for tenant in (1..=SCOPES).rev() {
            let insert = diesel::insert_into(notes::table).values(note(tenant));
            insert.execute(conn).unwrap();
        }
    });
    machine
}

fn after_shredding_a_copy_of_the_files_opens_nothing(journal: &'static str) {
    let machine = with_scopes(journal);
    let keys = wrapped(&mut machine.open());
    let before = machine.copy();
    // What it is to show is not shown by a search that finds nothing at all.
    assert_eq!((keys.len(), before.holds(&keys)), (100, 100));
    assert_eq!(before.opened(&before.data_keys(), 1..=SCOPES), (400, 0));

    let tombstones = tempfile::tempdir().unwrap();
    let tombstones = Tombstones::create(tombstones.path().join("tombstones.json")).unwrap();
    let data_keys = machine.data_keys().with_tombstones(tombstones.clone());
    // Somebody else has the database open, so that SQLite does not clear up by itself at the end.
    let other = &mut machine.open();
    assert_eq!(notes::table.count().get_result(other), Ok(400_i64));
    machine.run(&data_keys, |conn| {
        SHREDDED.for_each(|tenant| assert!(data_keys.shred(conn, &scope(tenant)).unwrap()));
    });

    // From after: neither encfield nor anybody else finds the keys.
    let after = machine.copy();
    assert_eq!(after.holds(&keys), 0);
    assert_eq!(after.opened(&after.data_keys(), SHREDDED), (0, 100));
    assert_eq!(after.opened(&after.data_keys(), 1..=99), (99, 0));
    assert_eq!(notes::table.count().get_result(other), Ok(400_i64));

    // From before: the wrapped keys are in it, and the keyring that wrapped them opens them. Only
    // tombstones keep encfield from it, and only until they are buried is there anything to find.
    assert_eq!(before.opened(&before.data_keys(), SHREDDED), (100, 0));
    let with_tombstones = || before.data_keys().with_tombstones(tombstones.clone());
    assert_eq!(before.opened(&with_tombstones(), SHREDDED), (0, 100));
    assert_eq!(before.opened(&with_tombstones(), 200..=SCOPES), (201, 0));
    let restored = before.copy();
    let data_keys = restored.data_keys().with_tombstones(tombstones);
    assert_eq!(
        restored.run(&data_keys, |conn| data_keys.bury(conn).unwrap()),
        100
    );
    assert_eq!(restored.holds(&keys), 0);
    assert_eq!(restored.opened(&restored.data_keys(), SHREDDED), (0, 100));
}

#[test]
fn after_shredding_a_copy_of_the_files_and_the_keyring_open_nothing() {
    after_shredding_a_copy_of_the_files_opens_nothing("DELETE");
}

#[test]
fn after_shredding_the_write_ahead_log_opens_nothing_either() {
    after_shredding_a_copy_of_the_files_opens_nothing("WAL");
}

#[test]
fn a_copy_from_before_ends_with_its_wrapping_key() {
    let machine = with_scopes("DELETE");
    let before = machine.copy();
    let keys = wrapped(&mut machine.open());
    let data_keys = machine.data_keys();
    machine.run(&data_keys, |conn| {
        SHREDDED.for_each(|tenant| assert!(data_keys.shred(conn, &scope(tenant)).unwrap()));
    });
    let file = KeyringFile::at(machine.path("keyring.json"));
    let old = file.read().unwrap().primary_id().unwrap();
    file.change(|keyring| keyring.with_primary(Key::generate()?)?.retire(old))
        .unwrap();
    let left = machine.run(&data_keys, |conn| {
        data_keys.rewrap(conn).unwrap();
        data_keys.wrapped_under(conn, old).unwrap()
    });
    file.change(|keyring| keyring.remove(old, left)).unwrap();
    // Nor are the data keys left behind that are still in use, as they were wrapped before.
    assert_eq!(machine.holds(&keys), 0);
    assert_eq!(machine.opened(&machine.data_keys(), 1..=99), (99, 0));
    // The copy has its own keyring's file, of course. With the one of today it opens nothing.
    fs::copy(machine.path("keyring.json"), before.path("keyring.json")).unwrap();
    assert_eq!(before.opened(&before.data_keys(), SHREDDED), (0, 0));
}
