//! The example schema: a person's profile, and what hangs on it.

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        user_id -> Integer,
        country -> Nullable<Text>,
        phone_number -> Nullable<Ciphertext<phone_number>>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    accounts (id) {
        id -> Integer,
        profile_id -> Integer,
        iban -> Ciphertext<iban>,
        note -> Ciphertext<note>,
    }
}

diesel::joinable!(accounts -> profiles (profile_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, profiles);
