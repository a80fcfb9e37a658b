//! The explicit style: `Encrypted<T>` and `Sealed<T>` with Diesel's own derives.

use diesel::prelude::*;
use encfield::sql_types::Ciphertext;
use encfield::{Encrypted, ErrorKind, Sealed};

use crate::database::fresh;
use crate::schema::{accounts, profiles};

#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Debug, PartialEq, Clone)]
#[diesel(table_name = profiles)]
#[diesel(check_for_backend(crate::backend::Backend))]
struct Profile {
    id: i32,
    user_id: i32,
    country: Option<String>,
    phone_number: Option<Encrypted<String>>,
    passport_number: Encrypted<Option<String>>,
}

#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = profiles)]
#[diesel(check_for_backend(crate::backend::Backend))]
struct LazyProfile {
    #[diesel(column_name = passport_number)]
    passport: Option<Sealed<String>>,
}

#[derive(AsChangeset)]
#[diesel(table_name = profiles)]
struct Correction {
    phone_number: Option<Encrypted<Option<String>>>,
    passport_number: Option<Encrypted<String>>,
}

fn encrypted(text: &str) -> Encrypted<String> {
    Encrypted::new(text.to_owned())
}

fn profile(id: i32) -> Profile {
    Profile {
        id,
        user_id: id * 10,
        country: Some("IN".into()),
        phone_number: Some(encrypted("+91 98765 43210")),
        passport_number: Encrypted::new(Some("K1234567".into())),
    }
}

fn a_stored_struct_comes_back_by_value_by_reference_and_in_a_batch() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(&profile(2))
        .execute(conn)
        .unwrap();
    let batch = vec![profile(3), profile(4)];
    diesel::insert_into(profiles::table)
        .values(&batch)
        .execute(conn)
        .unwrap();
    diesel::insert_into(profiles::table)
        .values(vec![profile(5)])
        .execute(conn)
        .unwrap();

    let found = profiles::table
        .select(Profile::as_select())
        .order(profiles::id)
        .load(conn);
    assert_eq!(found.unwrap(), (1..=5).map(profile).collect::<Vec<_>>());
}

fn tuples_store_and_load() {
    let conn = &mut fresh();
    let iban = encrypted("DE02120300000000202051");
    diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(&iban),
            accounts::note.eq(encrypted("")),
        ))
        .execute(conn)
        .unwrap();
    let (loaded, note) = accounts::table
        .select((accounts::iban, accounts::note))
        .first::<(Encrypted<String>, Encrypted<String>)>(conn)
        .unwrap();
    assert_eq!(loaded, iban);
    assert_eq!(note.expose(), "");
}

fn none_is_null_and_an_empty_string_is_not() {
    let conn = &mut fresh();
    let empty = Profile {
        phone_number: Some(encrypted("")),
        passport_number: Encrypted::new(None),
        ..profile(1)
    };
    diesel::insert_into(profiles::table)
        .values(&empty)
        .execute(conn)
        .unwrap();
    let nulls: (bool, bool) = profiles::table
        .select((
            profiles::phone_number.is_null(),
            profiles::passport_number.is_null(),
        ))
        .first(conn)
        .unwrap();
    assert_eq!(nulls, (false, true));
    assert_eq!(
        profiles::table
            .select(Profile::as_select())
            .first(conn)
            .unwrap(),
        empty
    );
}

fn a_changeset_leaves_sets_and_clears() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    diesel::update(profiles::table.find(1))
        .set(Correction {
            phone_number: Some(Encrypted::new(None)),
            passport_number: Some(encrypted("Z7654321")),
        })
        .execute(conn)
        .unwrap();
    let changed = profiles::table
        .select(Profile::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(changed.phone_number, None);
    assert_eq!(
        changed.passport_number.expose().as_deref(),
        Some("Z7654321")
    );

    diesel::update(&changed)
        .set(&Correction {
            phone_number: Some(Encrypted::new(Some("+49 30 901820".into()))),
            passport_number: None,
        })
        .execute(conn)
        .unwrap();
    let changed = profiles::table
        .select(Profile::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(changed.phone_number, Some(encrypted("+49 30 901820")));
    assert_eq!(
        changed.passport_number.expose().as_deref(),
        Some("Z7654321")
    );
}

fn save_changes_stores_and_loads() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let changed = Profile {
        country: Some("IT".into()),
        passport_number: Encrypted::new(Some("YA1234567".into())),
        ..profile(1)
    };
    let saved: Profile = changed.save_changes(conn).unwrap();
    assert_eq!(saved, changed);
}

fn joins_aliases_and_raw_sql_know_the_column() {
    #[derive(QueryableByName)]
    #[diesel(table_name = profiles)]
    struct Named {
        passport_number: Option<Encrypted<String>>,
        #[diesel(sql_type = diesel::sql_types::Nullable<Ciphertext<profiles::phone_number>>)]
        phone: Option<Encrypted<String>>,
    }

    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(7))
        .execute(conn)
        .unwrap();
    diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(encrypted("DE02")),
            accounts::note.eq(encrypted("first")),
        ))
        .execute(conn)
        .unwrap();
    let (profile_found, iban) = accounts::table
        .inner_join(profiles::table)
        .select((Profile::as_select(), accounts::iban))
        .first::<(Profile, Encrypted<String>)>(conn)
        .unwrap();
    assert_eq!((profile_found, iban), (profile(7), encrypted("DE02")));

    let (left, right) = diesel::alias!(profiles as left, profiles as right);
    let pair = left
        .inner_join(right.on(left.field(profiles::id).eq(right.field(profiles::id))))
        .select((
            left.field(profiles::phone_number),
            right.field(profiles::passport_number),
        ))
        .first::<(Option<Encrypted<String>>, Option<Encrypted<String>>)>(conn)
        .unwrap();
    assert_eq!(
        pair,
        (
            Some(encrypted("+91 98765 43210")),
            Some(encrypted("K1234567"))
        )
    );

    let named: Named =
        diesel::sql_query("SELECT passport_number, phone_number AS phone FROM profiles")
            .get_result(conn)
            .unwrap();
    assert_eq!(named.passport_number, Some(encrypted("K1234567")));
    assert_eq!(named.phone, Some(encrypted("+91 98765 43210")));
}

fn a_sealed_value_opens_on_demand() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let lazy = profiles::table
        .select(LazyProfile::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(
        format!("{lazy:?}"),
        "LazyProfile { passport: Some(********) }"
    );
    let sealed = lazy.passport.unwrap();
    assert_eq!(sealed.as_bytes().len(), 50 + "K1234567".len());
    assert_eq!(sealed.open().unwrap(), encrypted("K1234567"));

    // The lazy form finds out late what is wrong with a value.
    diesel::sql_query("UPDATE profiles SET passport_number = phone_number")
        .execute(conn)
        .unwrap();
    let lazy = profiles::table
        .select(LazyProfile::as_select())
        .first(conn)
        .unwrap();
    let error = lazy.passport.unwrap().open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAuthentic);
    assert_eq!(
        (error.table(), error.column()),
        (Some("profiles"), Some("passport_number"))
    );
}

crate::harness::claims![
    a_stored_struct_comes_back_by_value_by_reference_and_in_a_batch,
    tuples_store_and_load,
    none_is_null_and_an_empty_string_is_not,
    a_changeset_leaves_sets_and_clears,
    save_changes_stores_and_loads,
    joins_aliases_and_raw_sql_know_the_column,
    a_sealed_value_opens_on_demand,
];
