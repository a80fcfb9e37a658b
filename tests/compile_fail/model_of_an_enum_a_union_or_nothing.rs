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
enum Enum {
    A(#[sensitive] String),
    #[sensitive]
    B,
}

#[encfield::model]
union Union {
    a: u8,
}

#[encfield::model]
#[derive(Queryable)]
struct Unit;

fn main() {}
