//! The server's own view: PostgreSQL's log and error messages, with every statement logged.

use diesel::prelude::*;
use encfield::Encrypted;

use crate::backend::Conn;
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
    let constraint = LIMIT;
    diesel::sql_query(constraint).execute(conn).unwrap();
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

const LIMIT: &str = "ALTER TABLE profiles ADD CHECK (octet_length(passport_number) <= 500)";

#[derive(QueryableByName)]
struct Log {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Binary>)]
    content: Option<Vec<u8>>,
}

/// What the server lacks to show its log to a client.
pub(crate) fn missing() -> Option<String> {
    let mut conn = create().open();
    let set = diesel::sql_query("SET log_statement = 'all'").execute(&mut conn);
    let logs = set.is_ok() && log(&mut conn).is_some();
    (!logs).then(|| "the server has no logging_collector, or the user is no superuser".to_owned())
}

fn log(conn: &mut Conn) -> Option<Vec<u8>> {
    let query = "SELECT pg_read_binary_file(pg_current_logfile()) AS content";
    diesel::sql_query(query)
        .get_result::<Log>(conn)
        .ok()?
        .content
}

fn the_servers_log_and_errors_hold_no_value() {
    let database = create();
    let conn = &mut database.open();
    diesel::sql_query("SET log_statement = 'all'")
        .execute(conn)
        .unwrap();
    let errors = live(conn);
    assert!(
        errors.contains("violates unique") && errors.contains("violates check"),
        "{errors}"
    );
    assert_no_value_in(errors.as_bytes(), "an error");
    assert_no_value_in(&database.bytes(), "a row");

    let log = log(conn).unwrap();
    assert_no_value_in(&log, "the server's log");
    // The log does hold the parameters, and the failing row that the server quotes.
    assert!(holds(&log, b"marked-country-IN") && holds(&log, b"Failing row contains"));
    assert!(holds(&log, b"\\\\xfe01"));
}

fn the_search_finds_a_value_that_is_bound_in_plain() {
    let conn = &mut create().open();
    let query = "SELECT $1::bytea AS content";
    let value = b"marked-in-plain-1";
    diesel::sql_query(query)
        .bind::<diesel::sql_types::Binary, _>(&value[..])
        .get_result::<Log>(conn)
        .unwrap();
    let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(holds(&log(conn).unwrap(), hex.as_bytes()));
}

crate::harness::claims![
    the_servers_log_and_errors_hold_no_value,
    the_search_finds_a_value_that_is_bound_in_plain,
];
