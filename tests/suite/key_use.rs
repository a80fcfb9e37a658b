//! A key is removed when nothing needs it, by the columns of an inventory.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{DataKeys, ErrorKind, Key, Keyring, inventory};

use crate::backend::{Conn, sql};
use crate::people::{self, Person, people as table, person};
use crate::scopes::{self, Note, note};

fn insert(conn: &mut Conn, ids: impl IntoIterator<Item = i32>) {
    let rows = ids
        .into_iter()
        .map(|id| person(id, "Meier", Some(&format!("K{id}"))));
    diesel::insert_into(table::table)
        .values(rows.collect::<Vec<_>>())
        .execute(conn)
        .unwrap();
}

fn a_key_is_removed_when_no_column_needs_it() {
    let database = people::create();
    let conn = &mut database.open();
    let inventory = inventory![Person].unwrap();
    let before = Keyring::generate();
    let old = before.primary_id().unwrap();
    let after = before
        .with_primary(Key::generate().unwrap())
        .unwrap()
        .retire(old)
        .unwrap();
    before.override_within(|| insert(conn, 1..=3));
    after.override_within(|| {
        insert(conn, 4..=5);
        assert_eq!(inventory.values_under(conn, old).unwrap(), 6);
        assert_eq!(
            inventory
                .values_under(conn, after.primary_id().unwrap())
                .unwrap(),
            4
        );
        let refused = inventory.remove_key(conn, &after, old).unwrap_err();
        assert_eq!(
            (refused.kind(), refused.key_id()),
            (ErrorKind::KeyInUse, Some(old))
        );
        for row in people::stored(conn) {
            diesel::update(&row).set(&row).execute(conn).unwrap();
        }
        assert_eq!(inventory.values_under(conn, old).unwrap(), 0);
        let removed = inventory.remove_key(conn, &after, old).unwrap();
        assert!(removed.encryption_keys().all(|(id, _)| id != old));
        removed.override_within(|| assert_eq!(people::stored(conn).len(), 5));
    });
    // Nothing is counted of an index key, so that nobody takes 0 for an answer.
    let (index, _) = after.index_keys().next().unwrap();
    let error = inventory.remove_key(conn, &after, index).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyInUse);
    assert!(error.to_string().contains("IndexCensus"), "{error}");
    // A table that is not there is no table without values.
    conn.batch_execute("DROP TABLE people").unwrap();
    let error = inventory.values_under(conn, old).unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Database, Some("people"))
    );
}

fn a_key_that_data_keys_are_wrapped_under_is_needed() {
    let (database, before) = (scopes::create(), Keyring::generate());
    let inventory = inventory![Note].unwrap();
    scopes::afresh(&before, &database, |conn| {
        scopes::insert(conn, &[note(1, 1), note(3, 2), note(5, 2)]);
    });
    let old = before.primary_id().unwrap();
    let after = before
        .with_primary(Key::generate().unwrap())
        .unwrap()
        .retire(old)
        .unwrap();
    let data_keys = scopes::data_keys(&database);
    after.with_data_keys(&data_keys).override_within(|| {
        let conn = &mut database.open();
        // Three values that are shared, and the data keys of two tenants.
        assert_eq!(inventory.values_under(conn, old).unwrap(), 5);
        for row in scopes::stored(conn).unwrap() {
            diesel::update(&row).set(&row).execute(conn).unwrap();
        }
        assert_eq!(inventory.values_under(conn, old).unwrap(), 2);
        let refused = inventory.remove_key(conn, &after, old).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::KeyInUse);
        data_keys.rewrap(conn).unwrap();
        inventory.remove_key(conn, &after, old).unwrap();
        // Where the table is elsewhere, its data keys were not counted.
        let elsewhere = format!("ALTER TABLE {} RENAME TO elsewhere", DataKeys::TABLE);
        conn.batch_execute(&elsewhere).unwrap();
        let error = inventory.remove_key(conn, &after, old).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataKeyStore);
        assert!(error.to_string().contains("wrapped_under"), "{error}");
    });
}

fn a_value_of_a_later_format_may_be_under_any_key() {
    let database = people::create();
    let conn = &mut database.open();
    insert(conn, [1, 2]);
    let later = "UPDATE people SET passport_number = ? WHERE id = 1";
    diesel::sql_query(sql(later))
        .bind::<diesel::sql_types::Binary, _>([0xFE, 2, 7, 7].as_slice())
        .execute(conn)
        .unwrap();
    let key = Key::generate().unwrap().id();
    let error = inventory![Person]
        .unwrap()
        .values_under(conn, key)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
    assert_eq!(error.column(), Some("passport_number"));
}

crate::harness::claims![
    a_key_is_removed_when_no_column_needs_it,
    a_key_that_data_keys_are_wrapped_under_is_needed,
    a_value_of_a_later_format_may_be_under_any_key,
];
