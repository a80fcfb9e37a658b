//! The server's own view: its log, with every statement in it, and its error messages.

use diesel::prelude::*;
use encfield::Encrypted;

use crate::backend::{
    Conn, EXPECTED_ERRORS, EXPECTED_IN_LOG, limited_column, log_length, log_since,
};
use crate::database::{create, holds};
use crate::schema::profiles;

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = profiles)]
struct Profile {
    user_id: i32,
    country: Option<String>,
    #[sensitive]
    phone_number: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
}

/// Values that nothing else in a log looks like.
const PHONE: &str = "marked-phone-919876543210";
const PASSPORT: &str = "marked-passport-K1234567";

/// Everything that a program does with a profile, errors included. Gives the errors' texts.
fn live(conn: &mut Conn) -> String {
    let profile = || Profile {
        user_id: 7,
        country: Some("marked-country-IN".into()),
        phone_number: Some(PHONE.into()),
        passport_number: Some(PASSPORT.into()),
    };
    diesel::insert_into(profiles::table)
        .values(&profile())
        .execute(conn)
        .unwrap();
    diesel::update(profiles::table)
        .set(&profile())
        .execute(conn)
        .unwrap();
    diesel::update(profiles::table)
        .set(profiles::phone_number.eq(Encrypted::new(PHONE.to_owned())))
        .execute(conn)
        .unwrap();
    assert!(
        profiles::table
            .select(Profile::as_select())
            .first(conn)
            .unwrap()
            == profile()
    );
    let unique = diesel::insert_into(profiles::table)
        .values(&profile())
        .execute(conn)
        .unwrap_err();
    let limit = limited_column("profiles", "passport_number", 500);
    diesel::sql_query(limit).execute(conn).unwrap();
    let long = Profile {
        user_id: 8,
        passport_number: Some(PASSPORT.repeat(40)),
        ..profile()
    };
    let too_long = diesel::insert_into(profiles::table)
        .values(&long)
        .execute(conn)
        .unwrap_err();
    format!("{unique} {unique:?} {too_long} {too_long:?}")
}

/// No value stands in these bytes, as it is or in hexadecimal; what is not sensitive does.
fn assert_no_value_in(bytes: &[u8], what: &str) {
    for value in [PHONE, PASSPORT] {
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        for spelling in [value.to_owned(), hex.clone(), hex.to_uppercase()] {
            assert!(!holds(bytes, spelling.as_bytes()), "{value} lies in {what}");
        }
    }
}

/// What the server lacks to show its log to a client.
pub(crate) fn missing() -> Option<String> {
    let shown = log_length(&mut create().open()).is_some();
    (!shown).then(|| "the server does not log statements, or not for this user to see".to_owned())
}

fn the_servers_log_and_errors_hold_no_value() {
    let database = create();
    let conn = &mut database.open();
    let start = log_length(conn).unwrap();
    let errors = live(conn);
    for expected in EXPECTED_ERRORS {
        assert!(errors.contains(expected), "{errors}");
    }
    assert_no_value_in(errors.as_bytes(), "an error");
    assert_no_value_in(&database.bytes(), "a row");

    let log = log_since(conn, start);
    assert_no_value_in(&log, "the server's log");
    // The log does hold the parameters, and what the server quotes of a row.
    assert!(holds(&log, b"marked-country-IN"));
    for expected in EXPECTED_IN_LOG {
        assert!(
            holds(&log, expected.as_bytes()),
            "{expected} is not in the log"
        );
    }
}

fn the_search_finds_a_value_that_is_stored_in_plain() {
    let database = create();
    let conn = &mut database.open();
    let start = log_length(conn).unwrap();
    diesel::insert_into(profiles::table)
        .values((
            profiles::user_id.eq(1),
            profiles::country.eq("marked-in-plain-1"),
        ))
        .execute(conn)
        .unwrap();
    assert!(holds(&log_since(conn, start), b"marked-in-plain-1"));
}

crate::harness::claims![
    the_servers_log_and_errors_hold_no_value,
    the_search_finds_a_value_that_is_stored_in_plain,
];
