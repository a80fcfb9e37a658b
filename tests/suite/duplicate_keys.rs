//! `ON DUPLICATE KEY UPDATE`, MySQL's upsert.

use diesel::dsl::DuplicatedKeys;
use diesel::prelude::*;
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

fn a_duplicate_key_updates_by_model_and_by_column() {
    let conn = &mut fresh();
    let upsert = || diesel::insert_into(profiles::table);
    upsert().values(&profile("A")).execute(conn).unwrap();

    upsert()
        .values(&profile("B"))
        .on_conflict(DuplicatedKeys)
        .do_update()
        .set(&profile("B"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("B")]);

    upsert()
        .values(&profile("C"))
        .on_conflict(DuplicatedKeys)
        .do_update()
        .set(profiles::passport_number.eq(Encrypted::new("D".to_owned())))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("D")]);

    diesel::insert_or_ignore_into(profiles::table)
        .values(&profile("E"))
        .execute(conn)
        .unwrap();
    diesel::replace_into(profiles::table)
        .values(&profile("F"))
        .execute(conn)
        .unwrap();
    assert!(stored(conn) == [profile("F")]);
}

crate::harness::claims![a_duplicate_key_updates_by_model_and_by_column];
