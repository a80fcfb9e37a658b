//! Changing rows by models: what `None` means, and `save_changes`.

use diesel::prelude::*;

use crate::database::fresh;
use crate::model::{Profile, profile, stored};
use crate::schema::profiles;

fn a_changeset_leaves_none_alone_and_writes_some() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let change = Profile {
        phone_number: None,
        passport_number: Some("Z".into()),
        ..profile(1)
    };
    diesel::update(profiles::table.find(1))
        .set(&change)
        .execute(conn)
        .unwrap();
    let expected = Profile {
        passport_number: Some("Z".into()),
        ..profile(1)
    };
    assert_eq!(stored(conn), [expected]);
    diesel::update(&profile(1))
        .set(profile(1))
        .execute(conn)
        .unwrap();
    assert_eq!(stored(conn), [profile(1)]);
}

fn a_changeset_with_treat_none_as_null_clears() {
    #[encfield::model]
    #[derive(AsChangeset)]
    #[diesel(table_name = profiles, treat_none_as_null = true)]
    struct Whole {
        #[sensitive]
        phone_number: Option<String>,
        #[sensitive]
        #[diesel(treat_none_as_null = false)]
        passport_number: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let clear = Whole {
        phone_number: None,
        passport_number: None,
    };
    diesel::update(profiles::table)
        .set(&clear)
        .execute(conn)
        .unwrap();
    assert_eq!(
        stored(conn),
        [Profile {
            phone_number: None,
            ..profile(1)
        }]
    );
    let set = Whole {
        phone_number: Some("1".into()),
        passport_number: Some("2".into()),
    };
    diesel::update(profiles::table)
        .set(set)
        .execute(conn)
        .unwrap();
    let expected = Profile {
        phone_number: Some("1".into()),
        passport_number: Some("2".into()),
        ..profile(1)
    };
    assert_eq!(stored(conn), [expected]);
}

fn a_changeset_of_option_of_option_has_three_states() {
    #[encfield::model]
    #[derive(AsChangeset, Default)]
    #[diesel(table_name = profiles)]
    struct Partial {
        country: Option<Option<String>>,
        #[sensitive]
        passport_number: Option<Option<String>>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let mut expected = profile(1);
    for (change, passport_number) in [
        (None, expected.passport_number.clone()),
        (Some(Some("Z".to_owned())), Some("Z".to_owned())),
        (Some(None), None),
    ] {
        let change = Partial {
            country: Some(None),
            passport_number: change,
        };
        diesel::update(profiles::table.find(1))
            .set(&change)
            .execute(conn)
            .unwrap();
        expected = Profile {
            country: None,
            passport_number,
            ..expected
        };
        assert_eq!(stored(conn), [expected.clone()]);
    }
}

fn save_changes_stores_and_loads() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let changed = Profile {
        phone_number: Some("1".into()),
        ..profile(1)
    };
    let saved: Profile = changed.save_changes(conn).unwrap();
    assert_eq!(saved, changed);
}

crate::harness::claims![
    a_changeset_leaves_none_alone_and_writes_some,
    a_changeset_with_treat_none_as_null_clears,
    a_changeset_of_option_of_option_has_three_states,
    save_changes_stores_and_loads,
];
