//! The explicit style: `Encrypted<T>` is the field's own type, and `Sealed<T>` opens on demand.
//!
//! `cargo run --example explicit`

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, Keyring, Sealed};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        country -> Nullable<Text>,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
    }
}

// Diesel's own derives, and no macro of encfield's.
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Debug)]
#[diesel(table_name = profiles)]
struct Profile {
    id: i32,
    country: Option<String>,
    /// Diesel's rules for `Option`: `None` is not inserted and not updated.
    phone_number: Option<Encrypted<String>>,
    /// `None` is always written, as NULL.
    passport_number: Encrypted<Option<String>>,
}

/// A row of a list that shows the passport number of one profile in a hundred.
#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = profiles)]
struct ListedProfile {
    id: i32,
    passport_number: Option<Sealed<String>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    Keyring::generate().install()?;
    let mut conn = SqliteConnection::establish(":memory:")?;
    conn.batch_execute(
        "CREATE TABLE profiles (
             id INTEGER PRIMARY KEY NOT NULL,
             country TEXT,
             phone_number BLOB,
             passport_number BLOB
         );",
    )?;

    let profile = Profile {
        id: 1,
        country: Some("IN".into()),
        phone_number: Some(Encrypted::new("+919876543210".into())),
        passport_number: Encrypted::new(Some("K1234567".into())),
    };
    diesel::insert_into(profiles::table)
        .values(&profile)
        .execute(&mut conn)?;

    let mut found = profiles::table
        .select(Profile::as_select())
        .find(1)
        .first(&mut conn)?;
    println!("{found:?}");
    println!("exposed: {:?}", found.passport_number.expose());

    found.passport_number = Encrypted::new(None);
    found.save_changes::<Profile>(&mut conn)?;

    // A single column, and a plain SET.
    diesel::update(profiles::table.find(1))
        .set(profiles::passport_number.eq(Encrypted::new("Z7654321".to_owned())))
        .execute(&mut conn)?;

    // The lazy form: one row in a hundred is opened.
    for listed in profiles::table
        .select(ListedProfile::as_select())
        .load(&mut conn)?
    {
        println!("{listed:?}");
        if let Some(sealed) = listed.passport_number.filter(|_| listed.id == 1) {
            println!("opened:  {}", sealed.open()?.expose());
        }
    }
    Ok(())
}
