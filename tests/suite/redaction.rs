//! Nothing that prints a query prints a value.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel::debug_query;
use diesel::prelude::*;
use encfield::{DataKeyRecord, Encrypted, Key, Keyring, Scope};

use crate::backend::Backend;
use crate::database::{fresh, holds};
use crate::schema::{accounts, profiles};

const SECRET: &str = "K1234567";

fn secret() -> Encrypted<String> {
    Encrypted::new(SECRET.to_owned())
}

fn debug_query_prints_the_mask_for_a_value_and_for_null() {
    let insert = diesel::insert_into(profiles::table).values((
        profiles::user_id.eq(7),
        profiles::passport_number.eq(secret()),
        profiles::phone_number.eq(Encrypted::new(None::<String>)),
    ));
    crate::database::install_keyring();
    let printed = debug_query::<Backend, _>(&insert).to_string();
    assert!(
        printed.ends_with("-- binds: [7, ********, ********]"),
        "{printed}"
    );

    let update = diesel::update(accounts::table.find(1)).set(accounts::iban.eq(secret()));
    let printed = format!("{:?}", debug_query::<Backend, _>(&update));
    assert!(
        printed.contains("********") && !printed.contains(SECRET),
        "{printed}"
    );
}

fn instrumentation_sees_no_value() {
    let conn = &mut fresh();
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        log.lock().unwrap().push_str(&format!("{event:?}\n"));
    });
    diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(secret()),
            accounts::note.eq(secret()),
        ))
        .execute(conn)
        .unwrap();
    let loaded: Encrypted<String> = accounts::table.select(accounts::iban).first(conn).unwrap();
    assert_eq!(loaded, secret());
    // A statement that fails is reported too.
    diesel::insert_into(profiles::table)
        .values((
            profiles::country.eq("IN"),
            profiles::passport_number.eq(secret()),
        ))
        .execute(conn)
        .unwrap_err();

    let seen = seen.lock().unwrap();
    assert!(
        seen.contains("INSERT INTO") && seen.contains("accounts") && seen.contains("user_id"),
        "{seen}"
    );
    assert!(!holds(seen.as_bytes(), SECRET.as_bytes()), "{seen}");
}

/// A job binds plaintext where it compares it or writes it back.
fn instrumentation_sees_no_value_of_a_job() {
    use crate::engine::{create, plain_rows, run};
    use crate::engine_workers::job;
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 3);
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        log.lock().unwrap().push_str(&format!("{event:?}\n"));
    });
    keyring.override_within(|| {
        for kind in ["encrypt", "clear", "decrypt"] {
            assert_eq!(run(&job(kind, &keyring), conn).unwrap().progress.changed, 3);
        }
    });
    let seen = seen.lock().unwrap();
    assert!(
        seen.contains("UPDATE") && seen.contains("********"),
        "{seen}"
    );
    assert!(!holds(seen.as_bytes(), b"Meier"), "{seen}");
}

fn no_wrapped_data_key_and_no_scope_is_seen() {
    let database = crate::scopes::create();
    let (keyring, data_keys) = (Keyring::generate(), crate::scopes::data_keys(&database));
    let conn = &mut database.open();
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        log.lock().unwrap().push_str(&format!("{event:?}\n"));
    });
    let scope = Scope::new("person", "ann-1234567");
    let wrapped = |conn: &mut crate::backend::Conn| {
        let row = crate::scopes::rows(conn).remove(0);
        format!("{:?}", &row.wrapped_key.unwrap()[34..50])
    };
    keyring
        .override_within(|| data_keys.prepare(conn, std::slice::from_ref(&scope)))
        .unwrap();
    let first = wrapped(&mut database.open());
    let new = keyring.with_primary(Key::generate().unwrap()).unwrap();
    assert_eq!(new.override_within(|| data_keys.rewrap(conn)).unwrap(), 1);
    let second = wrapped(&mut database.open());
    assert!(data_keys.shred(conn, &scope).unwrap());
    let seen = seen.lock().unwrap();
    assert!(
        seen.contains("INSERT INTO") && seen.matches("UPDATE").count() >= 2,
        "{seen}"
    );
    for secret in [first, second, "ann-1234567".to_owned()] {
        let secret = secret.trim_matches(['[', ']']);
        assert!(!seen.contains(secret), "{seen}");
    }
    let record = DataKeyRecord {
        key_id: Key::generate().unwrap().id(),
        scope: "person=ann-1234567".to_owned(),
        wrapped_key: Some(vec![123; 20]),
        created_at: 0,
        shredded_at: None,
    };
    let printed = format!("{record:?} {data_keys:?}");
    assert!(
        !printed.contains("ann") && !printed.contains("123"),
        "{printed}"
    );
}

crate::harness::claims![
    no_wrapped_data_key_and_no_scope_is_seen,
    debug_query_prints_the_mask_for_a_value_and_for_null,
    instrumentation_sees_no_value,
    instrumentation_sees_no_value_of_a_job,
];
