//! The table, and its rows in the program.

#![allow(missing_docs, unreachable_pub, reason = "what the macros write")]

use diesel::prelude::*;
use phonenumber::PhoneNumber;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Chain, E164, Nfkc};

    profiles (id) {
        id -> Integer,
        name -> Text,
        country -> Text,
        phone_number -> Ciphertext<phone_number>,
        phone_index -> BlindIndex<phone_number, E164>,
        passport_number -> Ciphertext<passport_number>,
        passport_index -> BlindIndex<passport_number, Chain<Nfkc, CaseFolded>>,
    }
}

/// A profile in plain, in the program alone.
#[encfield::model]
#[derive(Queryable, Selectable)]
#[diesel(table_name = profiles)]
pub struct Profile {
    pub id: i32,
    pub name: String,
    pub country: String,
    #[sensitive(index = phone_index)]
    pub phone_number: PhoneNumber,
    #[sensitive(index = passport_index)]
    pub passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
pub struct NewProfile {
    pub name: String,
    pub country: String,
    #[sensitive(index = phone_index)]
    pub phone_number: PhoneNumber,
    #[sensitive(index = passport_index)]
    pub passport_number: String,
}

/// What is to be changed: a `None` stays as it is.
#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = profiles)]
pub struct Change {
    pub name: String,
    pub country: String,
    #[sensitive(index = phone_index)]
    pub phone_number: Option<PhoneNumber>,
    #[sensitive(index = passport_index)]
    pub passport_number: Option<String>,
}

/// A row as the database holds it, for whoever has no key.
#[derive(QueryableByName, Debug)]
pub struct RawRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub country: String,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub phone_number: Vec<u8>,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub phone_index: Vec<u8>,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub passport_number: Vec<u8>,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub passport_index: Vec<u8>,
}
