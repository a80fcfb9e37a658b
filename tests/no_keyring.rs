//! Without an installed keyring nothing is stored and nothing is read.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, Error, ErrorKind, Keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    profiles (id) {
        id -> Integer,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[test]
fn no_keyring_is_an_error_and_no_row() {
    let conn = &mut SqliteConnection::establish(":memory:").unwrap();
    conn.batch_execute("CREATE TABLE profiles (id INTEGER PRIMARY KEY, passport_number BLOB)")
        .unwrap();
    let store = |conn: &mut SqliteConnection| {
        diesel::insert_into(profiles::table)
            .values(profiles::passport_number.eq(Encrypted::new("K1234567".to_owned())))
            .execute(conn)
    };
    let load = |conn: &mut SqliteConnection| {
        profiles::table
            .select(profiles::passport_number)
            .first::<Encrypted<String>>(conn)
    };

    let error = store(conn).unwrap_err();
    let error = Error::cause_of(&error).unwrap();
    assert_eq!(error.kind(), ErrorKind::NoKeyring);
    assert_eq!(
        error.to_string(),
        "encfield: profiles.passport_number: no keyring is installed; call \
         `Keyring::from_env()?.install()?` once at start-up"
    );
    assert_eq!(profiles::table.count().get_result::<i64>(conn).unwrap(), 0);

    // An override is enough, and ends with its scope.
    Keyring::generate().override_within(|| {
        store(conn).unwrap();
        assert_eq!(load(conn).unwrap().expose(), "K1234567");
    });
    let error = load(conn).unwrap_err();
    assert_eq!(
        Error::cause_of(&error).unwrap().kind(),
        ErrorKind::NoKeyring
    );
}

#[test]
fn an_override_ends_with_its_scope_even_when_that_panics() {
    let (outer, inner) = (Keyring::generate(), Keyring::generate());
    let key_of_a_bind = || {
        let bind = diesel::dsl::insert_into(profiles::table)
            .values(profiles::passport_number.eq(Encrypted::new(1_u8)));
        let conn = &mut SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE profiles (id INTEGER PRIMARY KEY, passport_number BLOB)")
            .unwrap();
        bind.execute(conn).ok()?;
        let bytes: Vec<u8> = profiles::table
            .select(diesel::dsl::sql::<diesel::sql_types::Binary>(
                "passport_number",
            ))
            .first(conn)
            .unwrap();
        Some(bytes[2..10].to_vec())
    };
    let id = |keyring: &Keyring| Some(keyring.primary_id().unwrap().to_bytes().to_vec());
    assert_eq!(key_of_a_bind(), None);
    outer.override_within(|| {
        assert_eq!(key_of_a_bind(), id(&outer));
        inner.override_within(|| assert_eq!(key_of_a_bind(), id(&inner)));
        let caught =
            std::panic::catch_unwind(|| inner.override_within(|| panic!("inside the scope")));
        assert!(caught.is_err());
        assert_eq!(key_of_a_bind(), id(&outer));
    });
    assert_eq!(key_of_a_bind(), None);
}
