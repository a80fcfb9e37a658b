//! The server's own view: MySQL's general log and error messages.

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

const LIMIT: &str = "ALTER TABLE profiles MODIFY passport_number VARBINARY(500)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Binary)]
    argument: Vec<u8>,
}

/// What the server lacks to show its log to a client.
pub(crate) fn missing() -> Option<String> {
    let mut conn = create().open();
    let logs = [
        "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL general_log = 'ON'",
    ]
    .iter()
    .all(|set| diesel::sql_query(*set).execute(&mut conn).is_ok());
    (!logs).then(|| "the user may not switch the general log on".to_owned())
}

fn log(conn: &mut Conn) -> Vec<u8> {
    let query = "SELECT CAST(argument AS BINARY) AS argument FROM mysql.general_log";
    let lines: Vec<Line> = diesel::sql_query(query).load(conn).unwrap();
    lines.into_iter().flat_map(|line| line.argument).collect()
}

fn the_servers_log_and_errors_hold_no_value() {
    let database = create();
    let conn = &mut database.open();
    let errors = live(conn);
    assert!(
        errors.contains("Duplicate entry") && errors.contains("too long"),
        "{errors}"
    );
    assert_no_value_in(errors.as_bytes(), "an error");
    assert_no_value_in(&database.bytes(), "a row");

    let log = log(conn);
    assert_no_value_in(&log, "the server's log");
    // The log does hold the parameters of each statement.
    assert!(holds(&log, b"marked-country-IN"));
}

fn the_search_finds_a_value_that_is_bound_in_plain() {
    let conn = &mut create().open();
    diesel::sql_query("SELECT ? AS argument")
        .bind::<diesel::sql_types::Binary, _>(&b"marked-in-plain-1"[..])
        .get_result::<Line>(conn)
        .unwrap();
    assert!(holds(&log(conn), b"marked-in-plain-1"));
}

crate::harness::claims![
    the_servers_log_and_errors_hold_no_value,
    the_search_finds_a_value_that_is_bound_in_plain,
];
