use diesel::prelude::*;
use encfield::Encrypted;
use profiles::{passport_number, phone_number, table};

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

fn eq() {
    let _ = table.filter(passport_number.eq(secret()));
}

fn ne() {
    let _ = table.filter(passport_number.ne(secret()));
}

fn eq_any() {
    let _ = table.filter(passport_number.eq_any([secret()]));
}

fn eq_of_a_nullable_column() {
    let _ = table.filter(phone_number.eq(secret()));
}

fn or_filter() {
    let _ = table.or_filter(passport_number.eq(secret()));
}

fn a_boxed_filter() {
    let _ = table.into_boxed::<diesel::sqlite::Sqlite>().filter(passport_number.eq(secret()));
}

fn delete() {
    let _ = diesel::delete(table.filter(passport_number.eq(secret())));
}

fn main() {}
