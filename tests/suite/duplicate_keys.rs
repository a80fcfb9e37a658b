//! `ON DUPLICATE KEY UPDATE`, MySQL's upsert.

use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
use encfield::Encrypted;

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::schema::profiles;

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

crate::harness::claims![a_duplicate_key_updates_by_model_and_by_column];
