//! A data key that is destroyed, and what a backup still opens.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use encfield::{
    DataKeyRecord, DataKeyStore, DataKeys, Encrypted, Error, ErrorKind, Key, Keyring, Sealed,
    Tombstones, Wanted,
};

use crate::backend::{Conn, Database, sql};
use crate::database::holds;
use crate::scopes::{
    afresh, create, data_keys, insert, kind_of, note, notes, put_back, rows, stored, stored_of,
    tenant,
};

fn a_shredded_scope_is_lost_and_the_others_are_not() {
    let (database, keyring) = (create(), Keyring::generate());
    let data_keys = data_keys(&database);
    keyring.with_data_keys(&data_keys).override_within(|| {
        let conn = &mut database.open();
        insert(conn, &[note(1, 1), note(2, 1), note(3, 2)]);
        let before = rows(conn);
        assert!(data_keys.shred(conn, &tenant(1)).unwrap());
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        assert!(stored_of(conn, 2).unwrap() == [note(3, 2)]);
        // What was not in the scope is not lost.
        let shared: Vec<Encrypted<String>> = notes::table.select(notes::shared).load(conn).unwrap();
        assert_eq!(shared.len(), 3);
        // The scope takes no new value, and nothing is written.
        let new = diesel::insert_into(notes::table)
            .values(note(9, 1))
            .execute(conn);
        assert_eq!(kind_of(new), ErrorKind::Shredded);
        assert_eq!(notes::table.count().get_result(conn), Ok(3_i64));
        // Once more, and a scope that there never was.
        assert!(!data_keys.shred(conn, &tenant(1)).unwrap());
        assert!(!data_keys.shred(conn, &tenant(99)).unwrap());
        let after = rows(conn);
        assert!(after[0].wrapped_key.is_none() && after[0].shredded_at.is_some());
        assert_eq!(after[1].wrapped_key, before[1].wrapped_key);
    });
    // Another process, with a copy of the keyring.
    let copy = Keyring::from_json(&keyring.to_json().unwrap()).unwrap();
    afresh(&copy, &database, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        assert!(stored_of(conn, 2).unwrap() == [note(3, 2)]);
    });
}

/// Everything that a thief can copy from a database, in another one.
fn copied(from: &Database) -> Database {
    #[derive(QueryableByName)]
    struct Cells {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        id: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        tenant_id: i32,
        #[diesel(sql_type = Binary)]
        title: Vec<u8>,
        #[diesel(sql_type = Binary)]
        title_index: Vec<u8>,
        #[diesel(sql_type = Binary)]
        rating: Vec<u8>,
        #[diesel(sql_type = Binary)]
        shared: Vec<u8>,
    }
    let (to, conn) = (create(), &mut from.open());
    let copy = &mut to.open();
    for row in rows(conn) {
        let query = "INSERT INTO encfield_data_keys (key_id, scope, wrapped_key, created_at, shredded_at) VALUES (?, ?, ?, 0, ?)";
        diesel::sql_query(sql(query))
            .bind::<Text, _>(row.key_id)
            .bind::<Text, _>(row.scope)
            .bind::<diesel::sql_types::Nullable<Binary>, _>(row.wrapped_key)
            .bind::<diesel::sql_types::Nullable<BigInt>, _>(row.shredded_at)
            .execute(copy)
            .unwrap();
    }
    let cells: Vec<Cells> = diesel::sql_query("SELECT * FROM notes").load(conn).unwrap();
    for cells in cells {
        let query = "INSERT INTO notes (id, tenant_id, title, title_index, rating, shared) VALUES (?, ?, ?, ?, ?, ?)";
        diesel::sql_query(sql(query))
            .bind::<diesel::sql_types::Integer, _>(cells.id)
            .bind::<diesel::sql_types::Integer, _>(cells.tenant_id)
            .bind::<Binary, _>(cells.title)
            .bind::<Binary, _>(cells.title_index)
            .bind::<Binary, _>(cells.rating)
            .bind::<Binary, _>(cells.shared)
            .execute(copy)
            .unwrap();
    }
    to
}

fn after_shredding_a_full_copy_and_the_keyring_open_nothing() {
    let (database, keyring) = (create(), Keyring::generate());
    let data_keys = data_keys(&database);
    keyring.with_data_keys(&data_keys).override_within(|| {
        let conn = &mut database.open();
        insert(conn, &[note(1, 1), note(3, 2)]);
        // The copy works: what it is to show is not shown by a copy that opens nothing at all.
        afresh(&keyring, &copied(&database), |copy| {
            assert!(stored(copy).unwrap() == [note(1, 1), note(3, 2)]);
        });
        let wrapped = rows(conn).remove(0).wrapped_key.unwrap();
        assert!(holds(&database.bytes(), &wrapped));
        data_keys.shred(conn, &tenant(1)).unwrap();
        let copy = copied(&database);
        assert!(!holds(&copy.bytes(), &wrapped));
        afresh(&keyring, &copy, |copy| {
            assert_eq!(kind_of(stored_of(copy, 1)), ErrorKind::Shredded);
            assert!(stored_of(copy, 2).unwrap() == [note(3, 2)]);
        });
    });
}

fn a_new_wrapping_key_ends_the_backups_from_before() {
    let (database, keyring) = (create(), Keyring::generate());
    let data_keys = data_keys(&database);
    let conn = &mut database.open();
    let old = keyring.primary_id().unwrap();
    keyring
        .with_data_keys(&data_keys)
        .override_within(|| insert(conn, &[note(1, 1), note(3, 2)]));
    let backup = copied(&database);
    let both = keyring.with_primary(Key::generate().unwrap()).unwrap();
    both.with_data_keys(&data_keys).override_within(|| {
        data_keys.shred(conn, &tenant(1)).unwrap();
        assert_eq!(data_keys.wrapped_under(conn, old).unwrap(), 1);
        assert_eq!(data_keys.rewrap(conn).unwrap(), 1);
        assert_eq!(data_keys.rewrap(conn).unwrap(), 0);
        assert_eq!(data_keys.wrapped_under(conn, old).unwrap(), 0);
    });
    // The values that are in no scope still need the old key; see to them, too.
    let after = both.retire(old).unwrap().remove(old, 0).unwrap();
    afresh(&after, &database, |conn| {
        let titles: Vec<Encrypted<String>> = notes::table
            .filter(notes::tenant_id.eq(2))
            .select(notes::title)
            .load(conn)
            .unwrap();
        assert_eq!(titles[0].expose(), "title 3");
    });
    afresh(&after, &backup, |conn| {
        let opened = notes::table
            .find(1)
            .select(notes::title)
            .first::<Encrypted<String>>(conn);
        assert_eq!(kind_of(opened), ErrorKind::UnknownKey);
    });
    // Why the old key must go: with it the backup opens.
    afresh(&keyring, &backup, |conn| assert!(stored(conn).is_ok()));
}

fn a_restored_backup_does_not_bring_a_data_key_back() {
    let (database, keyring) = (create(), Keyring::generate());
    let folder = tempfile::tempdir().unwrap();
    let tombstones = Tombstones::create(folder.path().join("tombstones.json")).unwrap();
    let with_tombstones = || data_keys(&database).with_tombstones(tombstones.clone());
    let data_keys = with_tombstones();
    let conn = &mut database.open();
    let before = keyring.with_data_keys(&data_keys).override_within(|| {
        insert(conn, &[note(1, 1), note(3, 2)]);
        let before = rows(conn);
        data_keys.shred(conn, &tenant(1)).unwrap();
        before
    });
    assert!(tombstones.name(&tenant(1)).unwrap() && !tombstones.name(&tenant(2)).unwrap());
    put_back(conn, &before[0]);
    // A process that does not know the tombstones opens it: they are what keeps it shut.
    afresh(&keyring, &database, |conn| {
        assert!(stored_of(conn, 1).is_ok())
    });
    let data_keys = with_tombstones();
    keyring.with_data_keys(&data_keys).override_within(|| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        let new = diesel::insert_into(notes::table)
            .values(note(9, 1))
            .execute(conn);
        assert_eq!(kind_of(new), ErrorKind::Shredded);
        assert!(stored_of(conn, 2).is_ok());
        assert_eq!(data_keys.bury(conn).unwrap(), 1);
        assert_eq!(data_keys.bury(conn).unwrap(), 0);
    });
    afresh(&keyring, &database, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
    });
    // A backup from before the scope had a data key at all.
    conn.batch_execute("DELETE FROM encfield_data_keys")
        .unwrap();
    keyring
        .with_data_keys(&with_tombstones())
        .override_within(|| {
            let new = diesel::insert_into(notes::table)
                .values(note(9, 1))
                .execute(conn);
            assert_eq!(kind_of(new), ErrorKind::Shredded);
            // Nor is a data key made that is then not used.
            assert_eq!(rows(conn).len(), 0);
        });
    // Without the file nothing is taken for granted.
    std::fs::remove_file(folder.path().join("tombstones.json")).unwrap();
    keyring
        .with_data_keys(&with_tombstones())
        .override_within(|| {
            assert_eq!(kind_of(stored_of(conn, 2)), ErrorKind::Tombstones);
        });
}

fn another_process_lets_go_of_a_shredded_key_after_its_lifetime() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let (holding, asking) = (
        data_keys(&database),
        data_keys(&database).with_lifetime(Duration::ZERO),
    );
    let other = data_keys(&database);
    keyring
        .with_data_keys(&other)
        .override_within(|| insert(conn, &[note(1, 1)]));
    let mut read = |keys: &DataKeys| {
        keyring
            .with_data_keys(keys)
            .override_within(|| stored(conn))
    };
    assert!(read(&holding).is_ok() && read(&asking).is_ok());
    other.shred(&mut database.open(), &tenant(1)).unwrap();
    assert!(read(&holding).is_ok());
    assert_eq!(kind_of(read(&asking)), ErrorKind::Shredded);
}

fn titles(conn: &mut Conn) -> QueryResult<Vec<Encrypted<String>>> {
    notes::table.select(notes::title).load(conn)
}

fn a_compromised_wrapping_key_locks_the_values_until_the_data_keys_are_wrapped_anew() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(3, 2)]);
    });
    let stolen = keyring.primary_id().unwrap();
    let new = keyring.with_primary(Key::generate().unwrap()).unwrap();
    let new = new.mark_compromised(stolen).unwrap();
    afresh(&new, &database, |conn| {
        assert_eq!(kind_of(titles(conn)), ErrorKind::CompromisedKey);
    });
    let data_keys = data_keys(&database);
    new.with_data_keys(&data_keys).override_within(|| {
        let conn = &mut database.open();
        assert_eq!(data_keys.wrapped_under(conn, stolen).unwrap(), 2);
        assert_eq!(data_keys.rewrap(conn).unwrap(), 2);
        assert_eq!(data_keys.wrapped_under(conn, stolen).unwrap(), 0);
    });
    let after = new.remove(stolen, 0).unwrap();
    afresh(&after, &database, |conn| {
        assert_eq!(titles(conn).unwrap().len(), 2);
    });
}

/// A table in which the scope is shredded between the answer to a question and its use.
struct ShreddedMeanwhile {
    database: String,
    data_keys: Arc<OnceLock<DataKeys>>,
}

impl DataKeyStore for ShreddedMeanwhile {
    fn find(&self, table: &str, wanted: Wanted<'_>) -> Result<Option<DataKeyRecord>, Error> {
        let name = self.database.clone();
        let connect = move || Ok::<_, std::convert::Infallible>(Database::open_named(&name));
        let found = encfield::DataKeyTable::new(connect).find(table, wanted);
        let conn = &mut Database::open_named(&self.database);
        self.data_keys.get().unwrap().shred(conn, &tenant(1))?;
        found
    }

    fn insert(&self, _: &str, _: &DataKeyRecord) -> Result<(), Error> {
        unreachable!("the scope has a data key")
    }
}

fn a_data_key_that_is_destroyed_while_it_is_looked_for_is_not_used() {
    for by_id in [true, false] {
        let (database, keyring) = (create(), Keyring::generate());
        afresh(&keyring, &database, |conn| insert(conn, &[note(1, 1)]));
        let itself = Arc::new(OnceLock::new());
        let data_keys = DataKeys::new(ShreddedMeanwhile {
            database: database.name(),
            data_keys: Arc::clone(&itself),
        });
        itself.set(data_keys.clone()).unwrap();
        let sealed = notes::table.select(notes::title);
        let sealed: Sealed<String> = sealed.first(&mut database.open()).unwrap();
        keyring.with_data_keys(&data_keys).override_within(|| {
            let conn = &mut database.open();
            let mut new = || {
                let insert = diesel::insert_into(notes::table).values(note(9, 1));
                kind_of(insert.execute(conn))
            };
            // Not while it is loaded: on SQLite nobody writes while a row is read.
            let open = || sealed.open().err().unwrap().kind();
            if by_id {
                assert_eq!((open(), new()), (ErrorKind::Shredded, ErrorKind::Shredded));
            } else {
                assert_eq!((new(), open()), (ErrorKind::Shredded, ErrorKind::Shredded));
            }
        });
    }
}

fn a_scope_with_a_tombstone_has_no_other_data_key() {
    let (database, keyring) = (create(), Keyring::generate());
    let folder = tempfile::tempdir().unwrap();
    let tombstones = Tombstones::create(folder.path().join("tombstones.json")).unwrap();
    let with_tombstones = || data_keys(&database).with_tombstones(tombstones.clone());
    let conn = &mut database.open();
    let data_keys = with_tombstones();
    keyring.with_data_keys(&data_keys).override_within(|| {
        insert(conn, &[note(1, 1)]);
        data_keys.shred(conn, &tenant(1)).unwrap();
    });
    // A restored backup from before the scope, and a process that does not know the tombstones.
    conn.batch_execute("DELETE FROM encfield_data_keys")
        .unwrap();
    conn.batch_execute("DELETE FROM notes").unwrap();
    afresh(&keyring, &database, |conn| insert(conn, &[note(9, 1)]));
    keyring
        .with_data_keys(&with_tombstones())
        .override_within(|| {
            assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::Shredded);
        });
    keyring
        .with_data_keys(&with_tombstones())
        .override_within(|| {
            let new = diesel::insert_into(notes::table).values(note(10, 1));
            assert_eq!(kind_of(new.execute(conn)), ErrorKind::Shredded);
        });
}

crate::harness::claims![
    a_compromised_wrapping_key_locks_the_values_until_the_data_keys_are_wrapped_anew,
    a_data_key_that_is_destroyed_while_it_is_looked_for_is_not_used,
    a_scope_with_a_tombstone_has_no_other_data_key,
    a_shredded_scope_is_lost_and_the_others_are_not,
    after_shredding_a_full_copy_and_the_keyring_open_nothing,
    a_new_wrapping_key_ends_the_backups_from_before,
    a_restored_backup_does_not_bring_a_data_key_back,
    another_process_lets_go_of_a_shredded_key_after_its_lifetime,
];
