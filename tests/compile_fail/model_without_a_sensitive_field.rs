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
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = profiles)]
struct Profile {
    id: i32,
    country: Option<String>,
}

fn main() {}
