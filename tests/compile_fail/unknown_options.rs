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

#[encfield::model(crat = encfield)]
#[derive(Queryable)]
struct Model {
    #[sensitive]
    passport_number: String,
}

#[encfield::model]
#[derive(Queryable)]
struct Field {
    #[sensitive(idex = passport_index)]
    passport_number: String,
}

#[encfield::model]
#[derive(Queryable)]
struct Shown {
    #[sensitive(show = last5)]
    phone_number: Option<String>,
    #[sensitive(show_with, show = last4)]
    passport_number: String,
}

fn main() {}
