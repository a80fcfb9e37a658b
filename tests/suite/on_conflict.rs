//! `ON CONFLICT`, on the backends that have it.

use diesel::prelude::*;
use diesel::upsert::excluded;
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

fn a_conflict_updates_by_model_by_column_and_by_what_was_excluded() {
    let conn = &mut fresh();
    let upsert = || diesel::insert_into(profiles::table);
    upsert().values(&person("A")).execute(conn).unwrap();

    upsert()
        .values(&person("B"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(&person("B"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("B")]);

    // What was excluded is the ciphertext of the row that did not get in.
    upsert()
        .values(person("C"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(profiles::passport_number.eq(excluded(profiles::passport_number)))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("C")]);

    upsert()
        .values(&person("D"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(profiles::passport_number.eq(Encrypted::new("E".to_owned())))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("E")]);

    upsert()
        .values(&person("F"))
        .on_conflict_do_nothing()
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [person("E")]);
}

crate::harness::claims![a_conflict_updates_by_model_by_column_and_by_what_was_excluded];
