//! A table and a column that were renamed.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, FormerName, Renamed};

use crate::backend::quoted;
use crate::database::fresh;
use crate::model::profile;
use crate::schema::profiles;

/// The table's `passport_number`, under its new name in Rust, and `phone_number` under both.
mod renamed {
    #[derive(Debug)]
    pub struct Passport;

    impl super::FormerName for Passport {
        const TABLE: &'static str = "profiles";
        const COLUMN: &'static str = "passport_number";
    }

    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;
        use super::{super::Renamed, Passport};

        #[sql_name = "people"]
        persons (id) {
            id -> Integer,
            user_id -> Integer,
            #[sql_name = "travel document"]
            document -> Nullable<Ciphertext<Renamed<document, Passport>>>,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;

        #[sql_name = "people"]
        forgetful (id) {
            id -> Integer,
            user_id -> Integer,
            #[sql_name = "travel document"]
            document -> Nullable<Ciphertext<document>>,
        }
    }
}

fn a_renamed_table_and_column_keep_their_former_context() {
    use renamed::{forgetful, persons};

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, PartialEq)]
    #[diesel(table_name = persons)]
    struct Person {
        id: i32,
        user_id: i32,
        #[sensitive]
        document: Option<String>,
    }

    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    conn.batch_execute(&format!(
        "ALTER TABLE profiles RENAME TO people;
         ALTER TABLE people RENAME COLUMN passport_number TO {};",
        quoted("travel document"),
    ))
    .unwrap();
    // Without a word about it, the rename would lock the values out.
    forgetful::table
        .select(forgetful::document)
        .first::<Option<Encrypted<String>>>(conn)
        .unwrap_err();

    let new = Person {
        id: 2,
        user_id: 20,
        document: Some("K1234502".into()),
    };
    diesel::insert_into(persons::table)
        .values(&new)
        .execute(conn)
        .unwrap();
    let found = persons::table
        .order(persons::id)
        .select(Person::as_select())
        .load(conn)
        .unwrap();
    assert!(
        found
            == [
                Person {
                    id: 1,
                    user_id: 10,
                    document: Some("K1234501".into())
                },
                new
            ]
    );
}

crate::harness::claims![a_renamed_table_and_column_keep_their_former_context,];
