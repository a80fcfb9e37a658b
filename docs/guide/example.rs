// What the guide's examples share; a hidden line in each of them includes it.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, Error, ErrorKind, Keyring, Sealed};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        user_id -> Integer,
        country -> Nullable<Text>,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    accounts (id) {
        id -> Integer,
        profile_id -> Integer,
        iban -> Ciphertext<iban>,
    }
}

diesel::joinable!(accounts -> profiles (profile_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, profiles);

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, PartialEq, Clone)]
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
#[derive(Queryable, Selectable, Identifiable, Insertable, PartialEq, Clone)]
#[diesel(table_name = accounts)]
struct Account {
    id: i32,
    profile_id: i32,
    #[sensitive]
    iban: String,
}

fn profile(id: i32) -> Profile {
    Profile {
        id,
        user_id: id + 6,
        country: Some("IN".into()),
        phone_number: Some("+91 98765 43210".into()),
        passport_number: Some(format!("K123456{id}")),
    }
}

// A database in memory, and a keyring that nobody keeps.
fn empty_database() -> Result<SqliteConnection, Box<dyn std::error::Error>> {
    Keyring::generate().install()?;
    let mut conn = SqliteConnection::establish(":memory:")?;
    conn.batch_execute(
        "CREATE TABLE profiles (
             id INTEGER PRIMARY KEY NOT NULL,
             user_id INTEGER NOT NULL UNIQUE,
             country TEXT,
             phone_number BLOB,
             passport_number BLOB
         );
         CREATE TABLE accounts (
             id INTEGER PRIMARY KEY NOT NULL,
             profile_id INTEGER NOT NULL,
             iban BLOB NOT NULL
         );",
    )?;
    Ok(conn)
}

// The same with three profiles in it, and an account of the first.
fn database() -> Result<SqliteConnection, Box<dyn std::error::Error>> {
    let mut conn = empty_database()?;
    let people: Vec<_> = (1..=3).map(profile).collect();
    diesel::insert_into(profiles::table).values(&people).execute(&mut conn)?;
    let account = Account { id: 1, profile_id: 1, iban: "DE02120300000000202051".into() };
    diesel::insert_into(accounts::table).values(&account).execute(&mut conn)?;
    Ok(conn)
}
