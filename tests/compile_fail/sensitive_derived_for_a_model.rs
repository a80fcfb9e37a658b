//! A model hides its values without it, and lets its fields be moved out.

use diesel::prelude::*;
use encfield::Sensitive;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        country -> Nullable<Text>,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[encfield::model]
#[derive(Queryable, Sensitive)]
struct Profile {
    #[sensitive]
    passport_number: String,
}

fn main() {}
