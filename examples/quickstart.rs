//! The main job in one file: `cargo run --example quickstart [PATH]`.
//!
//! Needs no server, no system library and no environment variable. With `ENCFIELD_KEYRING` or
//! `ENCFIELD_KEYRING_FILE` set it uses that keyring, so that a second run can read the first one's
//! file.

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;
use std::path::PathBuf;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable};
use encfield::Keyring;
use phonenumber::{Mode, PhoneNumber};

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

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = profiles)]
#[expect(dead_code, reason = "most fields are shown by Debug alone")]
struct Profile {
    id: i32,
    user_id: i32,
    country: Option<String>,
    #[sensitive]
    phone_number: Option<PhoneNumber>,
    #[sensitive]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = profiles)]
struct NewProfile<'a> {
    user_id: i32,
    country: &'a str,
    #[sensitive]
    phone_number: Option<PhoneNumber>,
    #[sensitive]
    passport_number: Option<&'a str>,
}

/// The same row as somebody sees it who has the database and no key.
#[derive(QueryableByName)]
struct RawRow {
    #[diesel(sql_type = Nullable<Binary>)]
    phone_number: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    passport_number: Option<Vec<u8>>,
}

const PEOPLE: [(i32, &str, &str, Option<&str>); 6] = [
    (7, "IN", "+91 98765 43210", Some("K1234567")),
    (8, "DE", "+49 30 901820", Some("C01X00T47")),
    (9, "IT", "+39 06 6982", Some("YA1234567")),
    (10, "BR", "+55 11 96123-4567", Some("FZ123456")),
    (11, "JP", "+81 3-3580-3311", None),
    (12, "US", "+1 202-456-1414 ext. 12", Some("963545637")),
];

fn main() -> Result<(), Box<dyn Error>> {
    install_keyring()?;
    let path = match std::env::args_os().nth(1) {
        Some(path) => PathBuf::from(path),
        None => std::env::temp_dir().join(format!("encfield-{}.sqlite", std::process::id())),
    };
    println!("database: {}", path.display());
    let mut conn = SqliteConnection::establish(path.to_str().ok_or("the path is not UTF-8")?)?;
    conn.batch_execute(
        "CREATE TABLE IF NOT EXISTS profiles (
             id INTEGER PRIMARY KEY NOT NULL,
             user_id INTEGER NOT NULL UNIQUE,
             country TEXT,
             phone_number BLOB,
             passport_number BLOB
         );",
    )?;

    for (user_id, country, phone, passport_number) in PEOPLE {
        let phone_number = Some(phonenumber::parse(None, phone)?);
        let person = NewProfile {
            user_id,
            country,
            phone_number,
            passport_number,
        };
        // A second run on the same file stores the same people again.
        diesel::insert_into(profiles::table)
            .values(&person)
            .on_conflict(profiles::user_id)
            .do_update()
            .set(&person)
            .execute(&mut conn)?;
    }
    println!("stored:   {} profiles\n", PEOPLE.len());

    let first = profiles::table.filter(profiles::user_id.eq(PEOPLE[0].0));
    let found = first.select(Profile::as_select()).first(&mut conn)?;
    println!("loaded, with {{:?}}:\n  {found:?}\n");

    println!("the same row, as the database holds it:");
    let raw = raw_row(&mut conn, found.id)?;
    for (column, value) in [
        ("phone_number", &raw.phone_number),
        ("passport_number", &raw.passport_number),
    ] {
        let value = value.as_deref().unwrap_or_default();
        println!("  {column:15} {:3} bytes  {}", value.len(), hex(value));
    }

    // The field is the program's own `PhoneNumber`: reading it is the explicit access.
    let phone = found
        .phone_number
        .ok_or("the first person has a phone number")?;
    println!(
        "\nthe phone number: {}",
        phone.format().mode(Mode::International)
    );

    println!("\nsomeone copies this row's phone number into its passport number:");
    let tampered = conn.transaction(|conn| {
        diesel::sql_query("UPDATE profiles SET passport_number = phone_number WHERE id = ?")
            .bind::<Integer, _>(found.id)
            .execute(conn)?;
        // The error ends the transaction, so the file keeps its values.
        first.select(Profile::as_select()).first(conn)
    });
    match tampered {
        Ok(_) => Err("the copy opened, which must not happen".into()),
        Err(error) => {
            let cause = encfield::Error::cause_of(&error).ok_or("not encfield's refusal")?;
            println!("  refused: {cause}");
            Ok(())
        }
    }
}

/// The application's keyring, or one that nobody keeps.
fn install_keyring() -> Result<(), encfield::Error> {
    let set = |name| std::env::var_os(name).is_some();
    if set("ENCFIELD_KEYRING") || set("ENCFIELD_KEYRING_FILE") {
        println!("keyring:  from the environment");
        Keyring::from_env()?.install()
    } else {
        println!(
            "keyring:  a throw-away one, made for this run (set ENCFIELD_KEYRING to keep one)"
        );
        Keyring::generate().install()
    }
}

fn raw_row(conn: &mut SqliteConnection, id: i32) -> QueryResult<RawRow> {
    diesel::sql_query("SELECT phone_number, passport_number FROM profiles WHERE id = ?")
        .bind::<Integer, _>(id)
        .get_result(conn)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
