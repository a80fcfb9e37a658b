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

fn store() {
    use profiles::{country, passport_number, phone_number, table};

    let _ = diesel::insert_into(table).values(passport_number.eq("K1234567".to_owned()));
    let _ = diesel::update(table).set(passport_number.eq(b"K1234567".to_vec()));
    let _ = diesel::update(table).set(phone_number.eq(country));
    let _ = diesel::update(table).set(phone_number.eq(passport_number.nullable()));
}

fn main() {}
