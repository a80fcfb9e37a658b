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

fn lt() {
    let _ = table.filter(passport_number.lt(secret()));
}

fn le() {
    let _ = table.filter(passport_number.le(secret()));
}

fn ge() {
    let _ = table.filter(passport_number.ge(secret()));
}

fn is_not_distinct_from() {
    let _ = table.filter(passport_number.is_not_distinct_from(secret()));
}

fn ne_all() {
    let _ = table.filter(passport_number.ne_all([secret()]));
}

fn max() {
    let _ = table.select(diesel::dsl::max(passport_number));
}

fn between() {
    let _ = table.filter(passport_number.between(secret(), secret()));
}

fn like() {
    let _ = table.filter(passport_number.like("K%"));
}

fn main() {}
