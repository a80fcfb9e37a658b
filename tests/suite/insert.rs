//! Inserting models: by value, by reference, in batches and in tuples.

use diesel::prelude::*;
use encfield::Encrypted;

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::schema::profiles;

fn inserts_by_value_by_reference_and_in_batches() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(&profile(2))
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(vec![profile(3), profile(4)])
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(&vec![profile(5), profile(6)])
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(vec![&profile(7), &profile(8)])
        .execute(conn)
        .unwrap();
    profile(9)
        .insert_into(profiles::table)
        .execute(conn)
        .unwrap();
    assert_eq!(stored(conn), (1..=9).map(profile).collect::<Vec<_>>());
}

fn an_insert_can_be_joined_with_other_values_in_a_tuple() {
    #[encfield::model]
    #[derive(Insertable)]
    #[diesel(table_name = profiles)]
    struct Passport<'a> {
        #[sensitive]
        passport_number: Option<&'a str>,
    }
    let conn = &mut fresh();
    let passport = Passport {
        passport_number: Some("K1234501"),
    };
    diesel::insert_into(profiles::table)
        .values((
            profiles::user_id.eq(10),
            &passport,
            profiles::phone_number.eq(Encrypted::new("+919876543201".to_owned())),
        ))
        .execute(conn)
        .unwrap();
    assert_eq!(
        stored(conn),
        [Profile {
            country: None,
            ..profile(1)
        }]
    );
}

fn none_is_null_in_an_insert_or_the_columns_default() {
    #[encfield::model]
    #[derive(Insertable)]
    #[diesel(table_name = profiles)]
    #[diesel(treat_none_as_default_value = false)]
    struct Explicit {
        user_id: i32,
        #[sensitive]
        phone_number: Option<String>,
        #[sensitive]
        #[diesel(treat_none_as_default_value = true)]
        passport_number: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(&vec![
            Explicit {
                user_id: 1,
                phone_number: None,
                passport_number: None,
            },
            Explicit {
                user_id: 2,
                phone_number: Some("".into()),
                passport_number: None,
            },
        ])
        .execute(conn)
        .unwrap();
    let nulls: Vec<(bool, bool)> = profiles::table
        .order(profiles::user_id)
        .select((
            profiles::phone_number.is_null(),
            profiles::passport_number.is_null(),
        ))
        .load(conn)
        .unwrap();
    assert_eq!(nulls, [(true, true), (false, true)]);
    assert_eq!(stored(conn)[1].phone_number.as_deref(), Some(""));
}

crate::harness::claims![
    inserts_by_value_by_reference_and_in_batches,
    an_insert_can_be_joined_with_other_values_in_a_tuple,
    none_is_null_in_an_insert_or_the_columns_default,
];
