use diesel::prelude::*;
use encfield::{Encrypted, Sealed};

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

// Seven mistakes, seven messages.
#[encfield::model]
#[derive(Queryable, Insertable, Identifiable)]
#[diesel(table_name = profiles)]
struct Profile {
    #[sensitive]
    id: i32,
    #[sensitive]
    passport_number: Encrypted<String>,
    #[sensitive]
    phone_number: Option<Encrypted<String>>,
}

#[encfield::model]
#[derive(Queryable)]
#[diesel(table_name = profiles)]
struct Loaded {
    #[sensitive]
    passport_number: Sealed<String>,
    #[sensitive]
    #[sensitive]
    phone_number: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct Converted {
    #[sensitive]
    #[diesel(serialize_as = String)]
    passport_number: String,
    #[sensitive = "yes"]
    phone_number: Option<String>,
}

#[encfield::model]
#[derive(Queryable)]
#[diesel(table_name = profiles)]
struct Nested {
    #[sensitive]
    #[diesel(embed)]
    country: Option<String>,
    #[sensitive]
    #[diesel(deserialize_as = String)]
    passport_number: String,
}

fn main() {}
