//! People who are searched for: a table with an index of each kind, and plain columns beside them.

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use phonenumber::PhoneNumber;

use crate::backend::{Conn, Database, TAG};
use crate::database::{ddl, install_keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Chain, Compound, E164In, LastFour, Nfkc, Truncated, Year};

    people (id) {
        id -> Integer,
        plain_name -> Text,
        plain_phone -> Nullable<Text>,
        plain_passport -> Nullable<Text>,
        plain_year -> Nullable<Integer>,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name, Chain<Nfkc, CaseFolded>>,
        name_bucket -> BlindIndex<name, Truncated<Chain<Nfkc, CaseFolded>, 8>>,
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

    name_prefixes (person_id, token) {
        person_id -> Integer,
        token -> BlindIndex<people::name, Prefixes<Chain<Nfkc, CaseFolded>, 2, 6>>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::BlindIndex;
    use encfield::{CaseFolded, Chain, NGrams, Nfkc};
    use super::people;

    name_runs (person_id, token) {
        person_id -> Integer,
        token -> BlindIndex<people::name, NGrams<Chain<Nfkc, CaseFolded>, 3>>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(people, name_prefixes, name_runs);

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Clone, PartialEq)]
#[diesel(table_name = people)]
pub(crate) struct Person {
    pub(crate) id: i32,
    pub(crate) plain_name: String,
    pub(crate) plain_phone: Option<String>,
    pub(crate) plain_passport: Option<String>,
    pub(crate) plain_year: Option<i32>,
    #[sensitive(index = name_index, index = name_bucket, index = name_year_index)]
    pub(crate) name: String,
    #[sensitive(index = name_year_index)]
    #[diesel(treat_none_as_null = true)]
    pub(crate) birth_date: Option<NaiveDate>,
    #[sensitive(index = phone_index, index = phone_last_four)]
    pub(crate) phone_number: Option<PhoneNumber>,
    #[sensitive(index = passport_index)]
    pub(crate) passport_number: Option<String>,
}

/// A person without anything but a name and a passport.
pub(crate) fn person(id: i32, name: &str, passport: Option<&str>) -> Person {
    Person {
        id,
        plain_name: name.to_owned(),
        plain_phone: None,
        plain_passport: passport.map(str::to_owned),
        plain_year: None,
        name: name.to_owned(),
        birth_date: None,
        phone_number: None,
        passport_number: passport.map(str::to_owned),
    }
}

/// A new database with the tables.
pub(crate) fn create() -> Database {
    install_keyring();
    let database = Database::create();
    let statements = "CREATE TABLE people (
             id {counter},
             plain_name {text} NOT NULL,
             plain_phone {text},
             plain_passport {text},
             plain_year INTEGER,
             name {bytes} NOT NULL,
             name_index {tag} NOT NULL,
             name_bucket {tag} NOT NULL,
             birth_date {bytes},
             name_year_index {tag},
             phone_number {bytes},
             phone_index {tag},
             phone_last_four {tag},
             passport_number {bytes},
             passport_index {tag}
         );
         CREATE UNIQUE INDEX people_passport ON people (passport_index);
         CREATE INDEX people_name ON people (name_index);
         CREATE INDEX people_bucket ON people (name_bucket);
         CREATE INDEX people_name_year ON people (name_year_index);
         CREATE INDEX people_phone ON people (phone_index);
         CREATE INDEX people_last_four ON people (phone_last_four);
         CREATE TABLE name_prefixes (person_id INTEGER NOT NULL, token {tag} NOT NULL);
         CREATE INDEX prefixes_token ON name_prefixes (token);
         CREATE TABLE name_runs (person_id INTEGER NOT NULL, token {tag} NOT NULL);
         CREATE INDEX runs_token ON name_runs (token);";
    database
        .open()
        .batch_execute(&ddl(&statements.replace("{tag}", TAG)))
        .unwrap();
    database
}

/// Everybody, in the order of their ids.
pub(crate) fn stored(conn: &mut Conn) -> Vec<Person> {
    people::table
        .order(people::id)
        .select(Person::as_select())
        .load(conn)
        .unwrap()
}

/// The ids of the people whom a condition finds.
macro_rules! ids {
    ($conn:expr, $condition:expr) => {
        crate::people::people::table
            .filter($condition)
            .order(crate::people::people::id)
            .select(crate::people::people::id)
            .load::<i32>($conn)
            .unwrap()
    };
}
pub(crate) use ids;
