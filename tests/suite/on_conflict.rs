//! `ON CONFLICT`, on the backends that have it.

use diesel::prelude::*;
use diesel::upsert::excluded;
use encfield::Encrypted;

use crate::backend::Conn;
use crate::database::fresh;
use crate::schema::profiles;

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq, Clone)]
#[diesel(table_name = profiles)]
struct Profile {
    user_id: i32,
    #[sensitive]
    phone_number: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
}

fn profile(passport: &str) -> Profile {
    Profile {
        user_id: 10,
        phone_number: Some("+919876543210".into()),
        passport_number: Some(passport.into()),
    }
}

fn stored(conn: &mut Conn) -> Vec<Profile> {
    profiles::table
        .select(Profile::as_select())
        .load(conn)
        .unwrap()
}

fn a_conflict_updates_by_model_by_column_and_by_what_was_excluded() {
    let conn = &mut fresh();
    let upsert = || diesel::insert_into(profiles::table);
    upsert().values(&profile("A")).execute(conn).unwrap();

    upsert()
        .values(&profile("B"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(&profile("B"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("B")]);

    // What was excluded is the ciphertext of the row that did not get in.
    upsert()
        .values(profile("C"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(profiles::passport_number.eq(excluded(profiles::passport_number)))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("C")]);

    upsert()
        .values(&profile("D"))
        .on_conflict(profiles::user_id)
        .do_update()
        .set(profiles::passport_number.eq(Encrypted::new("E".to_owned())))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("E")]);

    upsert()
        .values(&profile("F"))
        .on_conflict_do_nothing()
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("E")]);
}

crate::harness::claims![a_conflict_updates_by_model_by_column_and_by_what_was_excluded];
