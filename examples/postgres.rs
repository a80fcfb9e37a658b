//! The encrypted profile on PostgreSQL: `cargo run --example postgres --features postgres`.
//!
//! `DATABASE_URL` says where the server is. The example works in a temporary table.

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use encfield::{Encrypted, Keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        country -> Nullable<Text>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = profiles)]
struct Profile {
    id: i32,
    country: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        return Err("set DATABASE_URL, for example to postgres://postgres@127.0.0.1/test".into());
    };
    Keyring::generate().install()?;
    let conn = &mut PgConnection::establish(&url)?;
    conn.batch_execute(
        "CREATE TEMPORARY TABLE profiles (
             id SERIAL PRIMARY KEY,
             country TEXT,
             passport_number BYTEA
         )",
    )?;

    let people = [("IN", "K1234567"), ("DE", "C01X00T47"), ("IT", "YA1234567")];
    let people: Vec<_> = people
        .into_iter()
        .zip(1..)
        .map(|((country, passport), id)| Profile {
            id,
            country: Some(country.into()),
            passport_number: Some(passport.into()),
        })
        .collect();
    diesel::insert_into(profiles::table)
        .values(&people)
        .execute(conn)?;

    let changed: Profile = diesel::update(profiles::table.find(2))
        .set(profiles::passport_number.eq(Encrypted::new("C01X00T48".to_owned())))
        .returning(Profile::as_returning())
        .get_result(conn)?;
    println!("{changed:?}");
    println!(
        "read:   {:?}",
        changed.passport_number.as_deref().unwrap_or_default()
    );

    #[derive(QueryableByName)]
    struct Stored {
        #[diesel(sql_type = Nullable<Text>)]
        hex: Option<String>,
    }
    let query = "SELECT encode(passport_number, 'hex') AS hex FROM profiles WHERE id = 2";
    let stored: Stored = diesel::sql_query(query).get_result(conn)?;
    println!("stored: {}", stored.hex.unwrap_or_default());
    Ok(())
}
