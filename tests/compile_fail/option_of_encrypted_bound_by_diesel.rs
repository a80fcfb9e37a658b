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
fn look_up(conn: &mut SqliteConnection) {
    let secret = Some(Encrypted::new("K1234567".to_owned()));
    let query = profiles::table.filter(profiles::phone_number.eq(secret)).select(profiles::id);
    let _ = query.load::<i32>(conn);
}

fn delete(conn: &mut SqliteConnection) {
    let secret = Some(Encrypted::new("K1234567".to_owned()));
    let query = profiles::table.filter(profiles::phone_number.eq(secret));
    let _ = diesel::delete(query).execute(conn);
}

#[derive(AsChangeset)]
#[diesel(table_name = profiles, treat_none_as_null = true)]
struct Cleared {
    phone_number: Option<Encrypted<String>>,
}

fn clear(conn: &mut SqliteConnection) {
    let _ = diesel::update(profiles::table).set(Cleared { phone_number: None }).execute(conn);
}

fn main() {}
