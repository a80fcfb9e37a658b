//! A keyring with a role does that and no more.

#![allow(clippy::unwrap_used, missing_docs)]

use encfield_core::{Context, Error, ErrorKind, Key, KeyState, Keyring, Role};

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

fn kind(result: Result<Keyring, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_keyring_with_a_role_does_that_and_no_more() {
    let key = Key::generate().unwrap();
    let active = key.id();
    let all = Keyring::generate().with_key(key, KeyState::Active).unwrap();
    let primary = all.primary_id().unwrap();
    let sealed = all.seal(&PLACE, b"x").unwrap();
    let is_forbidden = |error: Error| assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    for role in [Role::Seal, Role::Open, Role::LookUp] {
        let one = all.only(role).unwrap();
        // What another process reads.
        let json = one.to_json().unwrap();
        let one = Keyring::from_json(&json).unwrap();
        assert_eq!(one.role(), role);
        let ids: Vec<_> = one.encryption_keys().map(|(id, _)| id).collect();
        match role {
            Role::Seal => {
                assert_eq!(ids, [primary]);
                let value = one.seal(&PLACE, b"y").unwrap();
                assert!(all.open(&PLACE, &value).is_ok());
                is_forbidden(one.open(&PLACE, &value).unwrap_err());
            }
            Role::Open => {
                assert_eq!(ids.len(), 2);
                assert!(ids.contains(&active));
                assert!(one.open(&PLACE, &sealed).is_ok());
                assert_eq!(one.index_keys().count(), 0);
                is_forbidden(one.seal(&PLACE, b"y").unwrap_err());
            }
            _ => {
                assert_eq!(ids, []);
                assert_eq!(one.index_keys().count(), 1);
                is_forbidden(one.seal(&PLACE, b"y").unwrap_err());
                is_forbidden(one.open(&PLACE, &sealed).unwrap_err());
                is_forbidden(one.primary_id().unwrap_err());
            }
        }
        is_forbidden(one.only(Role::Open).unwrap_err());
    }
    let bare = Keyring::new(Key::generate().unwrap());
    assert_eq!(kind(bare.only(Role::LookUp)), ErrorKind::NoIndexKey);
}

#[test]
fn a_role_is_read_strictly() {
    let all = Keyring::generate();
    let json = all.only(Role::Open).unwrap().to_json().unwrap();
    for (from, to) in [
        ("\"encfield_keyring\": 2", "\"encfield_keyring\": 1"),
        ("\"open\"", "\"all\""),
        ("\"open\"", "\"Open\""),
        ("\"role\": \"open\",", ""),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(*changed, **json);
        assert_eq!(
            kind(Keyring::from_json(&changed)),
            ErrorKind::KeyringInvalid,
            "{to}"
        );
    }
    // Version 1 has no role.
    let json = all.to_json().unwrap();
    let changed = json.replacen("1,", "1, \"role\": \"open\",", 1);
    assert_eq!(
        kind(Keyring::from_json(&changed)),
        ErrorKind::KeyringInvalid
    );
}
