//! Models of every shape: generic, tuple, embedded, borrowed.

use diesel::prelude::*;
use encfield::Codec;

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::schema::{accounts, profiles};

fn generic_structs_tuple_structs_and_embedded_ones_work() {
    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = accounts)]
    struct Generic<T: Codec, N>
    where
        N: Codec,
    {
        profile_id: i32,
        #[sensitive]
        iban: T,
        #[sensitive]
        note: N,
    }

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, AsChangeset)]
    #[diesel(table_name = accounts)]
    struct Tuple(
        #[diesel(column_name = profile_id)] i32,
        #[sensitive]
        #[diesel(column_name = iban)]
        String,
        #[sensitive]
        #[diesel(column_name = note)]
        Vec<u8>,
    );

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, AsChangeset)]
    #[diesel(table_name = accounts)]
    struct Secrets {
        #[sensitive]
        #[diesel(column_name = iban)]
        number: String,
        #[sensitive]
        note: [u8; 4],
    }

    #[derive(Queryable, Selectable, Insertable, AsChangeset)]
    #[diesel(table_name = accounts)]
    struct Outer {
        profile_id: i32,
        #[diesel(embed)]
        secrets: Secrets,
    }

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, AsChangeset, Clone)]
    #[diesel(table_name = accounts)]
    struct Owner {
        #[diesel(embed)]
        of: OwnerId,
        #[sensitive]
        iban: String,
        #[sensitive]
        note: [u8; 4],
    }

    #[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone, PartialEq)]
    #[diesel(table_name = accounts)]
    struct OwnerId {
        profile_id: i32,
    }

    let conn = &mut fresh();
    let generic = Generic {
        profile_id: 1,
        iban: "A".to_owned(),
        note: 7_u32,
    };
    diesel::insert_into(accounts::table)
        .values(&generic)
        .execute(conn)
        .unwrap();
    let loaded: Generic<String, u32> = accounts::table
        .select(Generic::as_select())
        .first(conn)
        .unwrap();
    assert_eq!((loaded.profile_id, &*loaded.iban, loaded.note), (1, "A", 7));
    assert_eq!(
        format!("{loaded:?}"),
        "Generic { profile_id: 1, iban: ********, note: ******** }"
    );

    diesel::update(accounts::table)
        .set(&Tuple(2, "B".into(), vec![1, 2, 3, 4]))
        .execute(conn)
        .unwrap();
    let loaded = accounts::table
        .select(Tuple::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(
        (loaded.0, &*loaded.1, &*loaded.2),
        (2, "B", &[1, 2, 3, 4][..])
    );
    assert_eq!(format!("{loaded:?}"), "Tuple(2, ********, ********)");

    let outer: Outer = accounts::table
        .select(Outer::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(
        (outer.profile_id, &*outer.secrets.number, outer.secrets.note),
        (2, "B", [1, 2, 3, 4])
    );
    diesel::insert_into(accounts::table)
        .values(&outer)
        .execute(conn)
        .unwrap();
    diesel::insert_into(accounts::table)
        .values(outer)
        .execute(conn)
        .unwrap();

    let owner: Owner = accounts::table
        .select(Owner::as_select())
        .first(conn)
        .unwrap();
    assert_eq!((owner.of.profile_id, &*owner.iban), (2, "B"));
    diesel::insert_into(accounts::table)
        .values(&owner)
        .execute(conn)
        .unwrap();
    diesel::update(accounts::table)
        .set(&owner)
        .execute(conn)
        .unwrap();
    diesel::insert_into(accounts::table)
        .values(owner)
        .execute(conn)
        .unwrap();
    assert_eq!(accounts::table.count().get_result::<i64>(conn).unwrap(), 5);
}

fn an_option_under_another_name_and_borrowed_fields_work() {
    type Maybe<T> = Option<T>;

    #[encfield::model]
    #[derive(Queryable, Selectable, AsChangeset)]
    #[diesel(table_name = profiles)]
    struct Renamed {
        #[sensitive]
        passport_number: Maybe<String>,
    }

    #[encfield::model]
    #[derive(Insertable, AsChangeset)]
    #[diesel(table_name = profiles)]
    struct Borrowed<'a> {
        user_id: i32,
        country: Option<&'a str>,
        #[sensitive]
        phone_number: &'a str,
        #[sensitive]
        passport_number: Option<Option<&'a str>>,
    }

    let conn = &mut fresh();
    let borrowed = Borrowed {
        user_id: 10,
        country: Some("IN"),
        phone_number: "+919876543201",
        passport_number: Some(Some("K1234501")),
    };
    diesel::insert_into(profiles::table)
        .values(&borrowed)
        .execute(conn)
        .unwrap();
    diesel::update(profiles::table)
        .set(&borrowed)
        .execute(conn)
        .unwrap();
    assert_eq!(
        stored(conn),
        [Profile {
            country: Some("IN".into()),
            ..profile(1)
        }]
    );
    diesel::update(profiles::table)
        .set(Borrowed {
            passport_number: Some(None),
            ..borrowed
        })
        .execute(conn)
        .unwrap();
    let loaded = profiles::table
        .select(Renamed::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(loaded.passport_number, None);
    // Diesel does not see an `Option` here, so `None` is not left out: it is NULL.
    let set = Renamed {
        passport_number: Some("K1234501".into()),
    };
    diesel::update(profiles::table)
        .set(&set)
        .execute(conn)
        .unwrap();
    diesel::update(profiles::table)
        .set(&loaded)
        .execute(conn)
        .unwrap();
    assert_eq!(
        stored(conn),
        [Profile {
            passport_number: None,
            ..profile(1)
        }]
    );
}

crate::harness::claims![
    generic_structs_tuple_structs_and_embedded_ones_work,
    an_option_under_another_name_and_borrowed_fields_work,
];
