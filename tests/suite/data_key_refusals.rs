//! What is refused of data keys, their table and their scopes.

use std::convert::Infallible;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use encfield::{DataKeyTable, DataKeys, ErrorKind, Keyring};

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
    what_was_prepared_needs_no_connection_of_its_own,
];
