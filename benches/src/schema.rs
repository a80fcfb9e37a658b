//! One table for each way to store three fields.

/// A table with an id and three columns of one SQL type.
macro_rules! three_columns {
    ($($table:ident: $($sql_type:ident)::+;)*) => {$(
        diesel::table! {
            $table (id) {
                id -> Integer,
                a -> $($sql_type)::+,
                b -> $($sql_type)::+,
                c -> $($sql_type)::+,
            }
        }
    )*};
}

three_columns! {
    plain: diesel::sql_types::Text;
    by_hand: diesel::sql_types::Binary;
    message: diesel::sql_types::Text;
    fernet: diesel::sql_types::Text;
}

/// The same of encfield's own type, which names each column.
macro_rules! three_ciphertexts {
    ($($table:ident),*) => {$(
        diesel::table! {
            use diesel::sql_types::*;
            use encfield::sql_types::Ciphertext;

            $table (id) {
                id -> Integer,
                a -> Ciphertext<a>,
                b -> Ciphertext<b>,
                c -> Ciphertext<c>,
            }
        }
    )*};
}

// Each style has its own, so that what one leaves behind on a server does not slow the other down.
three_ciphertexts!(sealed, explicit);

// What `sealed` holds, as bytes that Diesel knows nothing of.
diesel::table! {
    #[sql_name = "sealed"]
    bytes (id) {
        id -> Integer,
        a -> Binary,
        b -> Binary,
        c -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name>,
    }
}

/// Every table that is filled, and whether its columns hold bytes.
pub const TABLES: [(&str, bool); 6] = [
    ("plain", false),
    ("sealed", true),
    ("explicit", true),
    ("by_hand", true),
    ("message", false),
    ("fernet", false),
];
