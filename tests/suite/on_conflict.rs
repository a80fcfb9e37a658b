//! `ON CONFLICT`, on the backends that have it.

use diesel::prelude::*;
use diesel::upsert::excluded;
use encfield::{Encrypted, IndexExpressionMethods};

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::people::people::{id, name_index, passport_index, passport_number, plain_year, table};
use crate::people::{self, Person, ids};
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

fn an_upsert_takes_the_index_along() {
    let database = people::create();
    let conn = &mut database.open();
    let one = |name: &str, passport| people::person(1, name, Some(passport));
    let insert = |one: &Person| diesel::insert_into(table).values(one.clone());
    insert(&one("Meier", "K1")).execute(conn).unwrap();

    let changed = one("Özil", "K2");
    insert(&changed)
        .on_conflict(id)
        .do_update()
        .set(&changed)
        .execute(conn)
        .unwrap();
    assert_eq!(ids!(conn, passport_index.matches("K2")), [1]);
    assert_eq!(ids!(conn, passport_index.matches("K1")), [0; 0]);
    assert_eq!(ids!(conn, name_index.matches("özil")), [1]);

    // By hand both are set.
    insert(&one("Ng", "K3"))
        .on_conflict(id)
        .do_update()
        .set((
            passport_number.eq(excluded(passport_number)),
            passport_index.eq(excluded(passport_index)),
        ))
        .execute(conn)
        .unwrap();
    assert_eq!(ids!(conn, passport_index.matches("K3")), [1]);

    // The index is what an encrypted column is in conflict by.
    let same = Person {
        id: 7,
        ..one("Ek", "K3")
    };
    let set = plain_year.eq(1984);
    insert(&same)
        .on_conflict(passport_index)
        .do_update()
        .set(set)
        .execute(conn)
        .unwrap();
    assert_eq!(people::stored(conn)[0].plain_year, Some(1984));
    assert_eq!(people::stored(conn).len(), 1);
}

crate::harness::claims![
    a_conflict_updates_by_model_by_column_and_by_what_was_excluded,
    an_upsert_takes_the_index_along,
];
