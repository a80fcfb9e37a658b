//! What is refused of data keys, their table and their scopes.

use std::convert::Infallible;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use encfield::{DataKeyTable, DataKeys, Error, ErrorKind, Key, Keyring, Role};

use crate::backend::{Conn, sql};
use crate::scopes::{
    NewTenant, Row, Tenant, afresh, create, data_keys, insert, kind_of, note, notes, put_back,
    rows, stored, stored_of, tenant, tenants,
};

fn a_row_of_the_table_that_was_changed_or_swapped_is_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(3, 2)])
    });
    let conn = &mut database.open();
    let whole = rows(conn);
    let wrapped = |row: &Row| row.wrapped_key.clone().unwrap();
    let refused = |changed: &Row| {
        let conn = &mut database.open();
        put_back(conn, changed);
        afresh(&keyring, &database, |conn| {
            assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::DataKeyInvalid);
            let new = diesel::insert_into(notes::table)
                .values(note(9, 1))
                .execute(conn);
            assert_eq!(kind_of(new), ErrorKind::DataKeyInvalid);
            assert!(stored_of(conn, 2).is_ok());
        });
        put_back(conn, &whole[0]);
    };
    let with = |wrapped_key| Row {
        wrapped_key: Some(wrapped_key),
        ..whole[0].clone()
    };
    refused(&with(wrapped(&whole[1])));
    refused(&with(b"plaintext".to_vec()));
    refused(&with(wrapped(&whole[0])[..60].to_vec()));
    for position in [0, 1, 20, 40, 81] {
        let mut bytes = wrapped(&whole[0]);
        bytes[position] ^= 1;
        refused(&with(bytes));
    }
    afresh(&keyring, &database, |conn| assert!(stored(conn).is_ok()));
    // Two rows that changed their scopes: neither tenant gets the other's key.
    for (id, scope) in [(0, "x"), (1, "tenant_id=1"), (0, "tenant_id=2")] {
        let row: &Row = &whole[id];
        diesel::sql_query(sql(
            "UPDATE encfield_data_keys SET scope = ? WHERE key_id = ?",
        ))
        .bind::<Text, _>(scope)
        .bind::<Text, _>(&row.key_id)
        .execute(conn)
        .unwrap();
    }
    afresh(&keyring, &database, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::DataKeyInvalid);
        let new = diesel::insert_into(notes::table)
            .values(note(9, 2))
            .execute(conn);
        assert_eq!(kind_of(new), ErrorKind::DataKeyInvalid);
    });
}

fn a_scope_that_is_missing_is_refused_and_nothing_is_written() {
    let (database, keyring) = (create(), Keyring::generate());
    let long = "x".repeat(300);
    let new = |parent, motto| NewTenant {
        id: 1,
        parent,
        name: "one",
        motto,
    };
    afresh(&keyring, &database, |conn| {
        let mut insert = |new: &NewTenant<'_>| {
            diesel::insert_into(tenants::table)
                .values(new)
                .execute(conn)
        };
        assert_eq!(
            kind_of(insert(&new(None, Some("x")))),
            ErrorKind::ScopeInvalid
        );
        assert_eq!(
            kind_of(insert(&new(Some(""), Some("x")))),
            ErrorKind::ScopeInvalid
        );
        assert_eq!(
            kind_of(insert(&new(Some(&long), Some("x")))),
            ErrorKind::ScopeInvalid
        );
        // NULL is sealed in no scope.
        assert_eq!(insert(&new(None, None)), Ok(1));
        let all: Vec<Tenant<'_>> = tenants::table
            .select(Tenant::as_select())
            .load(conn)
            .unwrap();
        assert_eq!((all.len(), all[0].motto.as_deref()), (1, None));
    });
}

fn without_data_keys_or_their_table_nothing_is_written() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let mut insert = || {
        diesel::insert_into(notes::table)
            .values(note(1, 1))
            .execute(conn)
    };
    keyring.override_within(|| assert_eq!(kind_of(insert()), ErrorKind::NoDataKeys));
    let broken = || Err::<Conn, _>("the address and the password");
    let broken = DataKeys::new(DataKeyTable::new(broken));
    let broken = keyring.with_data_keys(&broken);
    broken.override_within(|| assert_eq!(kind_of(insert()), ErrorKind::DataKeyStore));
    let panicking = DataKeys::new(DataKeyTable::new(|| -> Result<Conn, Infallible> {
        panic!("a source that panics, as it should here")
    }));
    let panicking = keyring.with_data_keys(&panicking);
    panicking.override_within(|| assert_eq!(kind_of(insert()), ErrorKind::DataKeyStore));
    database
        .open()
        .batch_execute("DROP TABLE encfield_data_keys")
        .unwrap();
    afresh(&keyring, &database, |_| {
        assert_eq!(kind_of(insert()), ErrorKind::DataKeyStore)
    });
    assert_eq!(notes::table.count().get_result(conn), Ok(0_i64));
}

fn nothing_is_done_to_data_keys_within_a_transaction() {
    let (database, keyring) = (create(), Keyring::generate());
    let data_keys = data_keys(&database);
    keyring.with_data_keys(&data_keys).override_within(|| {
        let conn = &mut database.open();
        conn.test_transaction(|conn| {
            let refused = [
                data_keys.prepare(conn, &[tenant(1)]).unwrap_err(),
                data_keys.shred(conn, &tenant(1)).unwrap_err(),
                data_keys.bury(conn).unwrap_err(),
                data_keys.rewrap(conn).unwrap_err(),
            ];
            assert!(
                refused
                    .iter()
                    .all(|error| error.kind() == ErrorKind::DataKeyStore)
            );
            QueryResult::Ok(())
        });
        // A value is rolled back, its data key is not.
        data_keys.prepare(conn, &[tenant(1)]).unwrap();
        conn.test_transaction(|conn| {
            insert(conn, &[note(1, 1)]);
            assert!(stored(conn).unwrap() == [note(1, 1)]);
            QueryResult::Ok(())
        });
        insert(conn, &[note(1, 1)]);
        assert_eq!(rows(conn).len(), 1);
    });
    afresh(&keyring, &database, |conn| {
        assert!(stored(conn).unwrap() == [note(1, 1)])
    });
}

fn a_row_that_is_refused_does_not_keep_the_others_from_being_wrapped_anew() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(3, 2), note(5, 3)]);
    });
    let (conn, data_keys) = (&mut database.open(), data_keys(&database));
    let whole = rows(conn);
    let old = keyring.primary_id().unwrap();
    let new = keyring.with_primary(Key::generate().unwrap()).unwrap();
    // The first one, the last one, and one that does not begin as a wrapped key does.
    for (position, at) in [(0, 60), (2, 60), (0, 0)] {
        for row in &whole {
            put_back(conn, row);
        }
        let mut changed = whole[position].clone();
        changed.wrapped_key.as_mut().unwrap()[at] ^= 1;
        put_back(conn, &changed);
        new.with_data_keys(&data_keys).override_within(|| {
            let error = data_keys.rewrap(conn).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DataKeyInvalid);
            assert_eq!(error.key_id().unwrap().to_string(), changed.key_id);
            let said = "1 data keys stay as they were, 2 are wrapped anew";
            assert!(error.to_string().contains(said), "{error}");
            let left = data_keys.wrapped_under(conn, old).unwrap();
            assert_eq!(left, u64::from(at != 0));
            // Mended, it goes on.
            put_back(conn, &whole[position]);
            assert_eq!(data_keys.rewrap(conn).unwrap(), 1);
            assert_eq!(data_keys.wrapped_under(conn, old).unwrap(), 0);
        });
    }
    afresh(&new, &database, |conn| assert!(stored(conn).is_ok()));
}

fn a_row_whose_id_or_time_was_changed_or_that_is_gone_is_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(3, 2)]);
    });
    // The table itself takes no row that is half destroyed.
    for half in ["shredded_at = 7", "wrapped_key = NULL"] {
        let change = format!("UPDATE encfield_data_keys SET {half}");
        assert!(conn.batch_execute(&change).is_err());
    }
    let id = Key::generate().unwrap().id();
    let mine = "scope = 'tenant_id=1'";
    let set_id = format!("UPDATE encfield_data_keys SET key_id = '{id}' WHERE {mine}");
    conn.batch_execute(&set_id).unwrap();
    afresh(&keyring, &database, |conn| {
        assert_eq!(kind_of(stored_of(conn, 1)), ErrorKind::UnknownKey);
        let new = diesel::insert_into(notes::table).values(note(9, 1));
        assert_eq!(kind_of(new.execute(conn)), ErrorKind::DataKeyInvalid);
        assert!(stored_of(conn, 2).is_ok());
    });
    // A row that is gone: the message names its table, as nobody would look for it in the keyring.
    conn.batch_execute("DELETE FROM encfield_data_keys WHERE scope = 'tenant_id=1'")
        .unwrap();
    afresh(&keyring, &database, |conn| {
        let error = stored_of(conn, 1).err().unwrap();
        let error = Error::cause_of(&error).unwrap();
        assert_eq!(error.kind(), ErrorKind::UnknownKey);
        assert!(error.to_string().contains("encfield_data_keys"), "{error}");
        assert!(stored_of(conn, 2).is_ok());
    });
}

/// One test, as the keyring of a table is for the whole process.
fn a_keyring_that_only_seals_makes_no_data_key_but_beside_one_of_their_own() {
    let (database, wrapping) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let sealing = Keyring::generate().only(Role::Seal).unwrap();
    let new = || NewTenant {
        id: 1,
        parent: None,
        name: "one",
        motto: None,
    };
    afresh(&sealing, &database, |conn| {
        let refused = diesel::insert_into(tenants::table)
            .values(&new())
            .execute(conn);
        let error = refused.unwrap_err();
        let error = Error::cause_of(&error).unwrap();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        assert!(error.to_string().contains("install_for_table"), "{error}");
        // Before the data key is stored, which nobody has used.
        assert_eq!(rows(conn).len(), 0);
        assert_eq!(tenants::table.count().get_result(conn), Ok(0_i64));
    });
    // There already, it is refused as well.
    afresh(&wrapping, &database, |conn| insert(conn, &[note(1, 1)]));
    afresh(&sealing, &database, |conn| {
        let refused = diesel::insert_into(tenants::table)
            .values(&new())
            .execute(conn);
        assert_eq!(kind_of(refused), ErrorKind::Forbidden);
    });
    // A wrapped key is bound to the name of its table.
    conn.batch_execute("DELETE FROM encfield_data_keys")
        .unwrap();
    let table = format!("keys_beside_{}", std::process::id());
    conn.batch_execute(&format!("ALTER TABLE encfield_data_keys RENAME TO {table}"))
        .unwrap();
    wrapping.install_for_table(&table).unwrap();
    let data_keys = data_keys(&database).in_table(&table);
    let sealing = sealing.with_data_keys(&data_keys);
    sealing.install_for_table("tenants").unwrap();
    let new = new();
    let insert = diesel::insert_into(tenants::table).values(&new);
    assert_eq!(insert.execute(conn), Ok(1));
    let name = tenants::table.select(tenants::name);
    let name = name.first::<encfield::Encrypted<String>>(conn);
    assert_eq!(kind_of(name), ErrorKind::Forbidden);
}

fn what_was_prepared_needs_no_connection_of_its_own() {
    let (database, keyring) = (create(), Keyring::generate());
    let prepared = DataKeys::prepared_only();
    keyring.with_data_keys(&prepared).override_within(|| {
        let conn = &mut database.open();
        let new = diesel::insert_into(notes::table)
            .values(note(1, 1))
            .execute(conn);
        assert_eq!(kind_of(new), ErrorKind::DataKeyStore);
        prepared.prepare(conn, &[tenant(1), tenant(2)]).unwrap();
        insert(conn, &[note(1, 1), note(3, 2)]);
        assert_eq!(stored(conn).unwrap().len(), 2);
    });
}

crate::harness::claims![
    a_row_of_the_table_that_was_changed_or_swapped_is_refused,
    a_scope_that_is_missing_is_refused_and_nothing_is_written,
    without_data_keys_or_their_table_nothing_is_written,
    nothing_is_done_to_data_keys_within_a_transaction,
    a_row_that_is_refused_does_not_keep_the_others_from_being_wrapped_anew,
    a_row_whose_id_or_time_was_changed_or_that_is_gone_is_refused,
    a_keyring_that_only_seals_makes_no_data_key_but_beside_one_of_their_own,
    what_was_prepared_needs_no_connection_of_its_own,
];
