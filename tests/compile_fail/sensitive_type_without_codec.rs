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

struct Passport;

#[encfield::model]
#[derive(Queryable, Insertable)]
#[diesel(table_name = profiles)]
struct Profile {
    #[sensitive]
    passport_number: Passport,
}

fn main() {}
