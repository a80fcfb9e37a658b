//! What is wrong with a value is found, told and not guessed around.

use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::Binary;
use encfield::{Context, Encrypted, Error, ErrorKind, Json, Key, Keyring, Sealed};

use crate::backend::{Conn, sql};
use crate::database::fresh;
use crate::schema::{accounts, profiles};

const IBAN: Context<'static> = Context::new("accounts", "iban");

/// A database with one account, whose `iban` and `note` hold these bytes.
fn with_cells(iban: &[u8], note: &[u8]) -> Conn {
    let mut conn = fresh();
    plant(&mut conn, iban, note);
    conn
}

/// Writes bytes into the one account by plain SQL, as somebody with access to the database can.
fn plant(conn: &mut Conn, iban: &[u8], note: &[u8]) {
    diesel::delete(accounts::table).execute(conn).unwrap();
    diesel::sql_query(sql("INSERT INTO accounts VALUES (1, 7, ?, ?)"))
        .bind::<Binary, _>(iban)
        .bind::<Binary, _>(note)
        .execute(conn)
        .unwrap();
}

fn load(conn: &mut Conn) -> Result<Encrypted<String>, Error> {
    let loaded = accounts::table
        .select(accounts::iban)
        .first::<Encrypted<String>>(conn);
    loaded.map_err(|error| Error::cause_of(&error).unwrap().clone())
}

fn sealed(text: &str) -> Vec<u8> {
    crate::database::install_keyring();
    Keyring::installed().unwrap().encrypt(&IBAN, text).unwrap()
}

/// The error's texts name the place, and hold nothing of the value's bytes.
fn assert_telling(error: &Error, bytes: &[u8]) {
    let text = format!("{error} {error:?}");
    assert!(text.contains("accounts.iban"), "{text}");
    assert_eq!(
        (error.table(), error.column()),
        (Some("accounts"), Some("iban"))
    );
    // Long enough not to be a part of a key id by chance.
    for part in bytes.windows(bytes.len().min(10)) {
        if let Ok(part) = std::str::from_utf8(part) {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
}

fn every_flipped_bit_is_refused() {
    let value = sealed("DE02120300000000202051");
    let conn = &mut with_cells(&value, b"");
    let mut kinds = [0; 4];
    for bit in 0..value.len() * 8 {
        let mut changed = value.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        plant(conn, &changed, b"");
        let error = load(conn).unwrap_err();
        let kind = match bit / 8 {
            0 => (0, ErrorKind::NotCiphertext),
            1 => (1, ErrorKind::UnsupportedFormat),
            2..10 => (2, ErrorKind::UnknownKey),
            _ => (3, ErrorKind::NotAuthentic),
        };
        assert_eq!(error.kind(), kind.1, "bit {bit}");
        assert_telling(&error, b"DE02120300000000202051");
        kinds[kind.0] += 1;
    }
    assert_eq!(kinds, [8, 8, 64, (value.len() - 10) * 8]);
    plant(conn, &value, b"");
    load(conn).unwrap();
}

fn every_truncation_and_extension_is_refused() {
    let value = sealed("DE02120300000000202051");
    let conn = &mut with_cells(&value, b"");
    for length in 0..value.len() {
        plant(conn, &value[..length], b"");
        let expected = if length < 50 {
            ErrorKind::Truncated
        } else {
            ErrorKind::NotAuthentic
        };
        assert_eq!(load(conn).unwrap_err().kind(), expected, "{length} bytes");
    }
    for extra in 1..20 {
        let longer = [&value[..], &vec![0; extra]].concat();
        plant(conn, &longer, b"");
        assert_eq!(load(conn).unwrap_err().kind(), ErrorKind::NotAuthentic);
    }
}

fn a_value_moved_to_another_column_does_not_open() {
    let conn = &mut fresh();
    diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(Encrypted::new("DE02".to_owned())),
            accounts::note.eq(Encrypted::new("DE99".to_owned())),
        ))
        .execute(conn)
        .unwrap();
    diesel::sql_query("UPDATE accounts SET iban = note")
        .execute(conn)
        .unwrap();
    let error = load(conn).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAuthentic);
    assert_telling(&error, b"DE99");
    assert!(error.key_id().is_some());
}

fn a_value_moved_to_another_table_does_not_open() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values((
            profiles::user_id.eq(7),
            profiles::passport_number.eq(Encrypted::new("K1234567".to_owned())),
        ))
        .execute(conn)
        .unwrap();
    plant(conn, &sealed("DE02"), b"");
    assert_eq!(load(conn).unwrap().expose(), "DE02");
    diesel::sql_query("UPDATE accounts SET iban = (SELECT passport_number FROM profiles)")
        .execute(conn)
        .unwrap();
    let error = load(conn).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAuthentic);
    assert_telling(&error, b"K1234567");

    // The table alone makes the difference, too.
    let elsewhere = Context::new("profiles", "iban");
    let value = Keyring::installed()
        .unwrap()
        .encrypt(&elsewhere, "DE02")
        .unwrap();
    plant(conn, &value, b"");
    assert_eq!(load(conn).unwrap_err().kind(), ErrorKind::NotAuthentic);
}

/// What is not promised, so that nobody takes it for granted: a value is bound to its column, and
/// not to its row or to a point in time.
fn a_value_moved_to_another_row_or_put_back_later_does_open() {
    let conn = &mut fresh();
    let store = |conn: &mut Conn, iban: &str| {
        diesel::insert_into(accounts::table)
            .values((
                accounts::profile_id.eq(7),
                accounts::iban.eq(Encrypted::new(iban.to_owned())),
                accounts::note.eq(Encrypted::new(1_u8)),
            ))
            .execute(conn)
            .unwrap();
    };
    store(conn, "DE01");
    let old: Vec<u8> = accounts::table
        .select(accounts::iban)
        .first::<Sealed<String>>(conn)
        .unwrap()
        .as_bytes()
        .into();
    store(conn, "DE02");
    diesel::sql_query(sql("UPDATE accounts SET iban = ?"))
        .bind::<Binary, _>(&old)
        .execute(conn)
        .unwrap();
    let loaded: Vec<Encrypted<String>> = accounts::table.select(accounts::iban).load(conn).unwrap();
    assert!(loaded.iter().all(|iban| iban.expose() == "DE01") && loaded.len() == 2);
}

fn plaintext_in_the_column_is_never_read_as_a_value() {
    let conn = &mut fresh();
    for planted in ["DE02120300000000202051", "{}", "þ", "\u{0}"] {
        plant(conn, planted.as_bytes(), b"");
        let error = load(conn).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotCiphertext, "{planted}");
        assert_telling(&error, planted.as_bytes());
    }
    diesel::sql_query("UPDATE accounts SET iban = 'DE02120300000000202051'")
        .execute(conn)
        .unwrap();
    assert_eq!(load(conn).unwrap_err().kind(), ErrorKind::NotCiphertext);
}

fn a_format_from_the_future_says_so() {
    let mut value = sealed("x");
    value[1] = 2;
    let error = load(&mut with_cells(&value, b"")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
    assert!(error.to_string().contains("format 2"), "{error}");
    assert!(error.to_string().ends_with("update encfield"), "{error}");
}

fn a_key_that_is_not_in_the_keyring_is_named() {
    let key = Key::generate().unwrap();
    let value = Keyring::new(key.clone()).encrypt(&IBAN, "x").unwrap();
    let error = load(&mut with_cells(&value, b"")).unwrap_err();
    assert_eq!(
        (error.kind(), error.key_id()),
        (ErrorKind::UnknownKey, Some(key.id()))
    );
    assert!(
        error.to_string().contains(&format!("key {}", key.id())),
        "{error}"
    );
}

fn bytes_that_are_not_the_types_encoding_are_refused_without_being_quoted() {
    crate::database::install_keyring();
    let bytes = Keyring::installed()
        .unwrap()
        .encrypt(&IBAN, &b"secret \xFF secret"[..])
        .unwrap();
    let conn = &mut with_cells(&bytes, b"");
    let error = load(conn).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotDecodable);
    assert_telling(&error, b"secret");

    let text = sealed(r#"{"secret": secret"#);
    plant(conn, &text, b"");
    for error in [
        accounts::table
            .select(accounts::iban)
            .first::<Encrypted<i64>>(conn)
            .unwrap_err(),
        accounts::table
            .select(accounts::iban)
            .first::<Encrypted<Json<Vec<u8>>>>(conn)
            .unwrap_err(),
    ] {
        let error = Error::cause_of(&error).unwrap();
        assert_eq!(error.kind(), ErrorKind::NotDecodable);
        assert_telling(error, b"secret");
    }
}

fn a_value_without_an_encoding_is_not_stored() {
    use std::collections::HashMap;

    let conn = &mut fresh();
    // JSON has no object whose keys are arrays.
    let value = Json(HashMap::from([(vec![1], 1)]));
    let error = diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(Encrypted::new(value)),
            accounts::note.eq(Encrypted::new(1_u8)),
        ))
        .execute(conn)
        .unwrap_err();
    let error = Error::cause_of(&error).unwrap();
    assert_eq!(error.kind(), ErrorKind::NotEncodable);
    assert_telling(error, b"[1]");
    assert_eq!(accounts::table.count().get_result::<i64>(conn).unwrap(), 0);
}

fn a_null_in_a_column_that_should_have_none_is_diesels_own_error() {
    let conn = &mut fresh();
    #[derive(QueryableByName)]
    #[diesel(table_name = accounts)]
    struct Iban {
        #[expect(dead_code, reason = "it does not load")]
        iban: Encrypted<String>,
    }
    let error = diesel::sql_query("SELECT NULL AS iban").get_result::<Iban>(conn);
    let Err(QueryError::DeserializationError(error)) = error else {
        panic!("it loaded")
    };
    assert!(error.is::<diesel::result::UnexpectedNullError>(), "{error}");
}

crate::harness::claims![
    every_flipped_bit_is_refused,
    every_truncation_and_extension_is_refused,
    a_value_moved_to_another_column_does_not_open,
    a_value_moved_to_another_table_does_not_open,
    a_value_moved_to_another_row_or_put_back_later_does_open,
    plaintext_in_the_column_is_never_read_as_a_value,
    a_format_from_the_future_says_so,
    a_key_that_is_not_in_the_keyring_is_named,
    bytes_that_are_not_the_types_encoding_are_refused_without_being_quoted,
    a_value_without_an_encoding_is_not_stored,
    a_null_in_a_column_that_should_have_none_is_diesels_own_error,
];
