use diesel::prelude::*;

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
#[derive(Queryable)]
#[cfg_attr(all(), derive(serde::Serialize))]
struct Profile {
    #[sensitive]
    passport_number: String,
}

fn main() {}
