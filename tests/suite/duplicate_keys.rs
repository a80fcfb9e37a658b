//! `ON DUPLICATE KEY UPDATE`, MySQL's upsert.

use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
use encfield::{Encrypted, IndexExpressionMethods, Keyring};

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::people::people::{passport_index, table};
use crate::people::{self, Person, ids};
use crate::row_paths::{self, Letter, letter, letters};
use crate::schema::profiles;
use crate::scopes;

/// The first person, with another passport.
fn person(passport: &str) -> Profile {
    Profile {
        passport_number: Some(passport.into()),
        ..profile(1)
    }
}

fn a_duplicate_key_updates_by_model_and_by_column() {
    let conn = &mut fresh();
    let upsert = || diesel::insert_into(profiles::table);
    upsert().values(&person("A")).execute(conn).unwrap();

    upsert()
        .values(&person("B"))
        .on_conflict(DuplicatedKeys)
        .do_update()
        .set(&person("B"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("B")]);

    upsert()
        .values(&person("C"))
        .on_conflict(DuplicatedKeys)
        .do_update()
        .set(profiles::passport_number.eq(Encrypted::new("D".to_owned())))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("D")]);

    diesel::insert_or_ignore_into(profiles::table)
        .values(&person("E"))
        .execute(conn)
        .unwrap();
    diesel::replace_into(profiles::table)
        .values(&person("F"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("F")]);
}

fn an_upsert_takes_the_index_along() {
    let database = people::create();
    let conn = &mut database.open();
    let one = |name: &str, passport| people::person(1, name, Some(passport));
    let insert = |one: &Person| diesel::insert_into(table).values(one.clone());
    insert(&one("Meier", "K1")).execute(conn).unwrap();
    let changed = one("Özil", "K2");
    insert(&changed)
        .on_conflict(DuplicatedKeys)
        .do_update()
        .set(&changed)
        .execute(conn)
        .unwrap();
    assert_eq!(ids!(conn, passport_index.matches("K2")), [1]);
    assert_eq!(ids!(conn, passport_index.matches("K1")), [0; 0]);
    diesel::replace_into(table)
        .values(one("Ng", "K3"))
        .execute(conn)
        .unwrap();
    assert_eq!(ids!(conn, passport_index.matches_any(["K2", "K3"])), [1]);
    assert_eq!(ids!(conn, passport_index.matches("K2")), [0; 0]);
}

fn an_upsert_binds_to_the_row_that_is_there() {
    let (database, keyring) = (row_paths::create(), Keyring::generate());
    scopes::afresh(&keyring, &database, |conn| {
        let upsert = || diesel::insert_into(letters::table);
        upsert().values(&letter(3)).execute(conn).unwrap();
        let changed = Letter {
            subject: "new".into(),
            body: Some("new".into()),
            ..letter(3)
        };
        upsert()
            .values(&changed)
            .on_conflict(DuplicatedKeys)
            .do_update()
            .set(&changed)
            .execute(conn)
            .unwrap();
        assert!(row_paths::stored(conn).unwrap() == [changed]);
        diesel::replace_into(letters::table)
            .values(letter(3))
            .execute(conn)
            .unwrap();
        assert!(row_paths::stored(conn).unwrap() == [letter(3)]);
    });
}

crate::harness::claims![
    a_duplicate_key_updates_by_model_and_by_column,
    an_upsert_takes_the_index_along,
    an_upsert_binds_to_the_row_that_is_there,
];
