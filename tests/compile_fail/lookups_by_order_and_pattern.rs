use diesel::prelude::*;
use encfield::Encrypted;
use profiles::{passport_number, table};

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

fn secret() -> Encrypted<String> {
    Encrypted::new("K1234567".to_owned())
}

fn gt() {
    let _ = table.filter(passport_number.gt(secret()));
}

fn between() {
    let _ = table.filter(passport_number.between(secret(), secret()));
}

fn like() {
    let _ = table.filter(passport_number.like("K%"));
}

fn main() {}
