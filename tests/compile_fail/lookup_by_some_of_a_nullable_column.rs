use diesel::prelude::*;
use encfield::Encrypted;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        phone_number -> Nullable<Ciphertext<phone_number>>,
    }
}

// Diesel wraps any `Option` in a bind of its own, so the expression can be written; the query that
// holds it cannot be run.
fn main() {
    let conn = &mut SqliteConnection::establish(":memory:").unwrap();
    let secret = Some(Encrypted::new("K1234567".to_owned()));
    let query = profiles::table.filter(profiles::phone_number.eq(secret)).select(profiles::id);
    let _: QueryResult<i32> = query.first(conn);
}
