//! The transparent style: `#[encfield::model]` over each of Diesel's derives and shapes.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::sql_types::Ciphertext;
use encfield::{Codec, Encrypted, FormerName, Renamed};

use crate::backend::{Conn, quoted};
use crate::database::fresh;
use crate::schema::{accounts, profiles};

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Debug, PartialEq, Clone)]
#[diesel(table_name = profiles)]
struct Profile {
    id: i32,
    user_id: i32,
    country: Option<String>,
    #[sensitive]
    phone_number: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Associations, Insertable, PartialEq)]
#[diesel(table_name = accounts)]
#[diesel(belongs_to(Profile))]
struct Account {
    id: i32,
    profile_id: i32,
    #[sensitive]
    iban: String,
    #[sensitive]
    note: u32,
}

fn profile(id: i32) -> Profile {
    Profile {
        id,
        user_id: id * 10,
        country: Some("IN".into()),
        phone_number: Some(format!("+9198765432{id:02}")),
        passport_number: Some(format!("K12345{id:02}")),
    }
}

fn account(id: i32, profile_id: i32) -> Account {
    Account {
        id,
        profile_id,
        iban: format!("DE{id:020}"),
        note: 7,
    }
}

fn stored(conn: &mut Conn) -> Vec<Profile> {
    profiles::table
        .order(profiles::id)
        .select(Profile::as_select())
        .load(conn)
        .unwrap()
}

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

fn joins_associations_and_left_joins_work() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(vec![profile(1), profile(2)])
        .execute(conn)
        .unwrap();
    diesel::insert_into(accounts::table)
        .values(&vec![account(1, 1), account(2, 1)])
        .execute(conn)
        .unwrap();

    let joined: Vec<(Profile, Account)> = profiles::table
        .inner_join(accounts::table)
        .select((Profile::as_select(), Account::as_select()))
        .order(accounts::id)
        .load(conn)
        .unwrap();
    assert!(joined == [(profile(1), account(1, 1)), (profile(1), account(2, 1))]);

    let owners = stored(conn);
    let belonging = Account::belonging_to(&owners)
        .select(Account::as_select())
        .load(conn)
        .unwrap();
    let grouped = belonging.grouped_by(&owners);
    assert_eq!(grouped.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0]);

    let left: Vec<(i32, Option<Account>)> = profiles::table
        .left_join(accounts::table)
        .select((profiles::id, Option::<Account>::as_select()))
        .order((profiles::id, accounts::id))
        .load(conn)
        .unwrap();
    assert!(
        left == [
            (1, Some(account(1, 1))),
            (1, Some(account(2, 1))),
            (2, None)
        ]
    );
}

fn aliases_and_boxed_queries_load_models() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(vec![profile(1), profile(2)])
        .execute(conn)
        .unwrap();
    let other = diesel::alias!(profiles as other);
    let pairs: Vec<(Profile, (Option<Encrypted<String>>,))> = profiles::table
        .inner_join(other.on(other.field(profiles::id).ne(profiles::id)))
        .select((
            Profile::as_select(),
            (other.field(profiles::passport_number),),
        ))
        .order(profiles::id)
        .load(conn)
        .unwrap();
    assert_eq!(pairs[0].0, profile(1));
    assert_eq!(pairs[0].1.0.as_ref().unwrap().expose(), "K1234502");

    let mut boxed = profiles::table.select(Profile::as_select()).into_boxed();
    boxed = boxed.filter(profiles::phone_number.is_not_null());
    boxed = boxed.filter(profiles::user_id.eq(20));
    assert_eq!(boxed.load(conn).unwrap(), [profile(2)]);
    // A whole row in the order of the table's columns.
    assert_eq!(
        profiles::table.find(2).first::<Profile>(conn).unwrap(),
        profile(2)
    );
}

fn raw_sql_loads_by_name() {
    #[encfield::model]
    #[derive(QueryableByName)]
    #[diesel(table_name = profiles)]
    struct Named {
        user_id: i32,
        #[sensitive]
        passport_number: Option<String>,
        #[sensitive]
        #[diesel(sql_type = diesel::sql_types::Nullable<Ciphertext<profiles::phone_number>>)]
        phone: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let query = "SELECT user_id, passport_number, phone_number AS phone FROM profiles";
    let named: Named = diesel::sql_query(query).get_result(conn).unwrap();
    assert_eq!(named.user_id, 10);
    assert_eq!((named.passport_number, named.phone), {
        let Profile {
            passport_number,
            phone_number,
            ..
        } = profile(1);
        (passport_number, phone_number)
    });
}

fn has_query_gives_a_query() {
    #[encfield::model]
    #[derive(HasQuery)]
    #[diesel(table_name = profiles)]
    struct Passport {
        id: i32,
        #[sensitive]
        passport_number: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let passport = Passport::query()
        .filter(profiles::id.eq(1))
        .first(conn)
        .unwrap();
    assert_eq!(
        (passport.id, passport.passport_number.as_deref()),
        (1, Some("K1234501"))
    );
}

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

fn a_view_carries_its_columns_identity() {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;
        use crate::schema::profiles;

        passports (id) {
            id -> Integer,
            number -> Nullable<Ciphertext<profiles::passport_number>>,
        }
    }

    #[encfield::model]
    #[derive(Queryable, Selectable)]
    #[diesel(table_name = passports)]
    struct Passport {
        #[sensitive]
        number: Option<String>,
    }

    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    conn.batch_execute(
        "CREATE VIEW passports AS SELECT id, passport_number AS number FROM profiles",
    )
    .unwrap();
    let passport = passports::table
        .select(Passport::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(passport.number.as_deref(), Some("K1234501"));
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

/// The table's `passport_number`, under its new name in Rust, and `phone_number` under both.
mod renamed {
    #[derive(Debug)]
    pub struct Passport;

    impl super::FormerName for Passport {
        const TABLE: &'static str = "profiles";
        const COLUMN: &'static str = "passport_number";
    }

    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;
        use super::{super::Renamed, Passport};

        #[sql_name = "people"]
        persons (id) {
            id -> Integer,
            user_id -> Integer,
            #[sql_name = "travel document"]
            document -> Nullable<Ciphertext<Renamed<document, Passport>>>,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;

        #[sql_name = "people"]
        forgetful (id) {
            id -> Integer,
            user_id -> Integer,
            #[sql_name = "travel document"]
            document -> Nullable<Ciphertext<document>>,
        }
    }
}

fn a_renamed_table_and_column_keep_their_former_context() {
    use renamed::{forgetful, persons};

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, PartialEq)]
    #[diesel(table_name = persons)]
    struct Person {
        id: i32,
        user_id: i32,
        #[sensitive]
        document: Option<String>,
    }

    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    conn.batch_execute(&format!(
        "ALTER TABLE profiles RENAME TO people;
         ALTER TABLE people RENAME COLUMN passport_number TO {};",
        quoted("travel document"),
    ))
    .unwrap();
    // Without a word about it, the rename would lock the values out.
    forgetful::table
        .select(forgetful::document)
        .first::<Option<Encrypted<String>>>(conn)
        .unwrap_err();

    let new = Person {
        id: 2,
        user_id: 20,
        document: Some("K1234502".into()),
    };
    diesel::insert_into(persons::table)
        .values(&new)
        .execute(conn)
        .unwrap();
    let found = persons::table
        .order(persons::id)
        .select(Person::as_select())
        .load(conn)
        .unwrap();
    assert!(
        found
            == [
                Person {
                    id: 1,
                    user_id: 10,
                    document: Some("K1234501".into())
                },
                new
            ]
    );
}

crate::harness::claims![
    inserts_by_value_by_reference_and_in_batches,
    an_insert_can_be_joined_with_other_values_in_a_tuple,
    none_is_null_in_an_insert_or_the_columns_default,
    a_changeset_leaves_none_alone_and_writes_some,
    a_changeset_with_treat_none_as_null_clears,
    a_changeset_of_option_of_option_has_three_states,
    save_changes_stores_and_loads,
    joins_associations_and_left_joins_work,
    aliases_and_boxed_queries_load_models,
    raw_sql_loads_by_name,
    has_query_gives_a_query,
    generic_structs_tuple_structs_and_embedded_ones_work,
    a_renamed_table_and_column_keep_their_former_context,
    a_view_carries_its_columns_identity,
    an_option_under_another_name_and_borrowed_fields_work,
];
