//! Find people by what only ciphertext is stored of: `cargo run --example search`.
//!
//! Needs no server, no system library and no environment variable.

#![allow(clippy::print_stdout, missing_docs, missing_debug_implementations)]

use std::error::Error;

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Binary, Text};
use encfield::{IndexExpressionMethods, Keyring, Plan, Skew, tokens};
use phonenumber::PhoneNumber;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Chain, Compound, E164In, LastFour, Nfkc, Year};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        birth_date -> Nullable<Ciphertext<birth_date>>,
        name_year_index -> Nullable<BlindIndex<
            Compound<(name, birth_date)>,
            (Chain<Nfkc, CaseFolded>, Year),
        >>,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        phone_index -> Nullable<BlindIndex<phone_number, E164In<'I', 'N'>>>,
        phone_last_four -> Nullable<BlindIndex<phone_number, LastFour>>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
        passport_index -> Nullable<BlindIndex<passport_number>>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::BlindIndex;
    use encfield::{CaseFolded, Chain, Nfkc, Prefixes};
    use super::people;

    name_tokens (person_id, token) {
        person_id -> Integer,
        token -> BlindIndex<people::name, Prefixes<Chain<Nfkc, CaseFolded>, 2, 6>>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(people, name_tokens);

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = people)]
struct Person {
    id: i32,
    #[sensitive(index = name_year_index)]
    name: String,
    #[sensitive(index = name_year_index)]
    #[diesel(treat_none_as_null = true)]
    birth_date: Option<NaiveDate>,
    #[sensitive(index = phone_index, index = phone_last_four)]
    phone_number: Option<PhoneNumber>,
    #[sensitive(index = passport_index)]
    passport_number: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    Keyring::generate().install()?;
    let conn = &mut SqliteConnection::establish(":memory:")?;
    conn.batch_execute(
        "CREATE TABLE people (
             id INTEGER PRIMARY KEY NOT NULL,
             name BLOB NOT NULL,
             birth_date BLOB,
             name_year_index BLOB,
             phone_number BLOB,
             phone_index BLOB,
             phone_last_four BLOB,
             passport_number BLOB,
             passport_index BLOB
         );
         CREATE UNIQUE INDEX people_passport ON people (passport_index);
         CREATE INDEX people_phone ON people (phone_index);
         CREATE TABLE name_tokens (person_id INTEGER NOT NULL, token BLOB NOT NULL);
         CREATE INDEX name_tokens_token ON name_tokens (token);",
    )?;
    for person in [
        person(1, "Asha Rao", 1984, "+91 98765 43210", "K1234567")?,
        person(2, "Ashok  MEHTA", 1990, "+91 99887 76655", "K7654321")?,
        person(3, "Ben Ng", 1984, "+91 91234 56789", "Z0000001")?,
    ] {
        store(conn, &person)?;
    }

    // By phone, however it is spelled.
    for spelling in [
        "+91 98765-43210",
        "0091 98765 43210",
        "098765 43210",
        "98765 43210",
    ] {
        let found = people::table.filter(people::phone_index.matches(spelling));
        let found = found.select(Person::as_select()).load(conn)?;
        show(spelling, found, &["Asha Rao"])?;
    }
    let found = people::table.filter(people::phone_last_four.matches("6655"));
    let found = found.select(Person::as_select()).load(conn)?;
    show("..6655", found, &["Ashok  MEHTA"])?;

    // By passport, by several, by name and year together.
    let found = people::table.filter(people::passport_index.matches_any(["K7654321", "Z0000001"]));
    let found = found.order(people::id);
    let found = found.select(Person::as_select()).load(conn)?;
    show("two passports", found, &["Ashok  MEHTA", "Ben Ng"])?;
    let found = people::table.filter(people::name_year_index.matches(("ashok mehta", &1990)));
    let found = found.select(Person::as_select()).load(conn)?;
    show("name and year", found, &["Ashok  MEHTA"])?;

    // By how the name begins.
    let begins = name_tokens::table
        .filter(name_tokens::token.may_start_with("ash"))
        .select(name_tokens::person_id);
    let found = people::table.filter(people::id.eq_any(begins));
    let found = found.order(people::id);
    let found = found.select(Person::as_select()).load(conn)?;
    let found = name_tokens::token.keep_holding(found, "ash", |person| Some(person.name.as_str()));
    show("ash..", found, &["Asha Rao", "Ashok  MEHTA"])?;

    // A second person with the same passport is refused, as in a plain column.
    let double = person(4, "Someone Else", 1970, "+91 90000 00000", "K1234567")?;
    match diesel::insert_into(people::table)
        .values(&double)
        .execute(conn)
    {
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            println!("the same passport again: refused");
        }
        other => return Err(format!("a duplicate was stored: {other:?}").into()),
    }

    // What somebody sees who has the database and no key.
    let raw: Raw = diesel::sql_query(
        "SELECT hex(passport_number) AS value, passport_index AS tag FROM people WHERE id = 1",
    )
    .get_result(conn)?;
    println!("\npassport_number  {:.60}..", raw.value);
    println!("passport_index   {} bytes of tag", raw.tag.len());
    if raw.value.contains("K1234567") || raw.tag.windows(8).any(|bytes| bytes == b"K1234567") {
        return Err("plaintext in the database".into());
    }

    println!("\nWould an index of surnames alone be safe, truncated or not?\n");
    println!("{}", Plan::new(100_000, 2_000, Skew::Natural));
    Ok(())
}

fn person(
    id: i32,
    name: &str,
    year: i32,
    phone: &str,
    passport: &str,
) -> Result<Person, Box<dyn Error>> {
    Ok(Person {
        id,
        name: name.to_owned(),
        birth_date: NaiveDate::from_ymd_opt(year, 3, 9),
        phone_number: Some(phone.parse()?),
        passport_number: Some(passport.to_owned()),
    })
}

/// Stores a person and the tokens of the name, or neither.
fn store(conn: &mut SqliteConnection, person: &Person) -> Result<(), Box<dyn Error>> {
    let tokens = tokens(name_tokens::token, person.name.as_str())?;
    let row = |token| {
        (
            name_tokens::person_id.eq(person.id),
            name_tokens::token.eq(token),
        )
    };
    let rows: Vec<_> = tokens.into_iter().map(row).collect();
    conn.transaction(|conn| {
        diesel::insert_into(people::table)
            .values(person)
            .execute(conn)?;
        diesel::insert_into(name_tokens::table)
            .values(rows)
            .execute(conn)?;
        Ok(())
    })
}

/// Prints who was found, and fails unless it is who was to be found.
fn show(by: &str, found: Vec<Person>, expected: &[&str]) -> Result<(), Box<dyn Error>> {
    let names: Vec<_> = found.into_iter().map(|person| person.name).collect();
    let (names, expected) = (names.join(", "), expected.join(", "));
    println!("{by:<20}  {names}");
    if names != expected {
        return Err(format!("searched by {by}, expected {expected}, found {names}").into());
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Raw {
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Binary)]
    tag: Vec<u8>,
}
