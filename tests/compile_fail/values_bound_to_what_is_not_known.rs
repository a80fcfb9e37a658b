use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        user_id -> Nullable<Integer>,
        owner -> Text,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct WithoutTheField {
    owner: String,
    #[sensitive(bind = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct AssignedByTheDatabase {
    id: Option<i32>,
    #[sensitive(bind = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct SkippedWhenInserted {
    #[diesel(skip_insertion)]
    id: i32,
    #[sensitive(bind = id)]
    passport_number: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = profiles)]
struct ToASensitiveField {
    #[sensitive]
    passport_number: String,
    #[sensitive(bind = passport_number, bind = passport_number, bind)]
    phone_number: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = profiles)]
struct LeftBehind {
    owner: String,
    #[sensitive(bind = owner)]
    phone_number: Option<String>,
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    readings (id) {
        id -> Integer,
        taken_at -> Timestamp,
        weight -> Double,
        note -> Ciphertext<note>,
    }
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = readings)]
struct RoundedByTheDatabase {
    id: i32,
    taken_at: std::time::SystemTime,
    weight: f64,
    #[sensitive(bind = id, bind = taken_at, bind = weight)]
    note: String,
}

fn main() {}
