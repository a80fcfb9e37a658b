//! The main job: a profile goes in plain, lies in the database as ciphertext, and comes out plain.

use diesel::prelude::*;
use phonenumber::PhoneNumber;

use crate::database::{create, holds};
use crate::schema::profiles;

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, PartialEq, Clone)]
#[diesel(table_name = profiles)]
#[diesel(check_for_backend(crate::backend::Backend))]
struct Profile {
    id: i32,
    user_id: i32,
    country: Option<String>,
    #[sensitive]
    phone_number: Option<PhoneNumber>,
    #[sensitive]
    passport_number: Option<String>,
}

const PEOPLE: [(&str, &str, Option<&str>); 6] = [
    ("IN", "+919876543210", Some("K1234567")),
    ("DE", "+4930901820", Some("C01X00T47")),
    ("IT", "+39066982", Some("YA1234567")),
    ("BR", "+5511961234567", Some("")),
    ("JP", "+81335803311", None),
    ("US", "+12024561414 ext. 12", Some("963545637")),
];

fn people() -> Vec<Profile> {
    let profile = |(at, (country, phone, passport)): (usize, &(&str, &str, Option<&str>))| {
        let id = i32::try_from(at).unwrap() + 1;
        Profile {
            id,
            user_id: id * 10,
            country: Some((*country).to_owned()),
            phone_number: Some(phone.parse().unwrap()),
            passport_number: passport.map(str::to_owned),
        }
    };
    PEOPLE.iter().enumerate().map(profile).collect()
}

/// Every spelling of a stored value that a search through the database could find.
fn plaintexts(person: &Profile) -> Vec<Vec<u8>> {
    let phone = person.phone_number.as_ref().unwrap();
    let national = phone.national().value();
    let texts = [
        Some(phone.to_string()),
        Some(national.to_string()),
        person
            .passport_number
            .clone()
            .filter(|passport| !passport.is_empty()),
    ];
    let numbers = [
        national.to_be_bytes()[2..].to_vec(),
        national.to_le_bytes()[..6].to_vec(),
    ];
    // The shortest number's bytes begin with zeros, which any database holds.
    let telling = |bytes: &Vec<u8>| bytes.iter().filter(|byte| **byte != 0).count() >= 4;
    texts
        .into_iter()
        .flatten()
        .map(String::into_bytes)
        .chain(numbers.into_iter().filter(telling))
        .collect()
}

fn the_database_holds_ciphertext_and_a_second_connection_the_plain_values() {
    let database = create();
    let people = people();
    diesel::insert_into(profiles::table)
        .values(&people)
        .execute(&mut database.open())
        .unwrap();

    let bytes = database.bytes();
    let mut searched = 0;
    for plaintext in people.iter().flat_map(plaintexts) {
        assert!(
            !holds(&bytes, &plaintext),
            "{plaintext:?} lies in the database"
        );
        searched += 1;
    }
    assert!(
        searched >= 16,
        "only {searched} plaintexts were searched for"
    );
    // The search would find a value that is there.
    assert!(holds(&bytes, b"passport_number") && holds(&bytes, &[0xFE, 0x01]));

    let found = profiles::table
        .order(profiles::id)
        .select(Profile::as_select());
    let found = found.load(&mut database.open()).unwrap();
    assert!(found == people);
    let extension = found[5]
        .phone_number
        .as_ref()
        .unwrap()
        .extension()
        .map(ToString::to_string);
    assert_eq!(extension.as_deref(), Some("12"));
}

fn the_search_finds_what_lies_there_in_plain() {
    let database = create();
    diesel::sql_query("INSERT INTO profiles (user_id, passport_number) VALUES (1, 'K1234567')")
        .execute(&mut database.open())
        .unwrap();
    assert!(holds(&database.bytes(), b"K1234567"));
}

fn an_update_leaves_no_plaintext_either() {
    let database = create();
    let mut people = people();
    diesel::insert_into(profiles::table)
        .values(&people)
        .execute(&mut database.open())
        .unwrap();
    for person in &mut people {
        person.passport_number = Some(format!("NEW{:08}", person.id));
        diesel::update(&*person)
            .set(&*person)
            .execute(&mut database.open())
            .unwrap();
    }
    let bytes = database.bytes();
    assert!(
        people
            .iter()
            .flat_map(plaintexts)
            .all(|plaintext| !holds(&bytes, &plaintext))
    );
    assert!(!holds(&bytes, b"K1234567"));
}

fn debug_prints_the_mask_whatever_the_value() {
    let mut some = people().swap_remove(0);
    let expected = "Profile { id: 1, user_id: 10, country: Some(\"IN\"), \
                    phone_number: ********, passport_number: ******** }";
    assert_eq!(format!("{some:?}"), expected);
    some.phone_number = None;
    some.passport_number = None;
    assert_eq!(format!("{some:?}"), expected);
    assert_eq!(format!("{some:#?}").matches("********").count(), 2);
}

crate::harness::claims![
    the_database_holds_ciphertext_and_a_second_connection_the_plain_values,
    the_search_finds_what_lies_there_in_plain,
    an_update_leaves_no_plaintext_either,
    debug_prints_the_mask_whatever_the_value,
];
