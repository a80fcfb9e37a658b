//! A key goes through its states in order, and a keyring with a role does no more than that.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, SystemTime};

use encfield_core::{Context, Error, ErrorKind, Key, KeyId, KeyState, Keyring, Purpose, Role};

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

fn kind(result: Result<Keyring, Error>) -> ErrorKind {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("; "), "nothing to do next: {text}");
    error.kind()
}

fn state(keyring: &Keyring, id: KeyId) -> KeyState {
    keyring.keys().find(|key| key.id() == id).unwrap().state()
}

/// A keyring with two encryption keys and two index keys, the first of each the primary.
fn two_of_each() -> (Keyring, [KeyId; 2], [KeyId; 2]) {
    let [first, second, index, other] = [(); 4].map(|()| Key::generate().unwrap());
    let ids = ([first.id(), second.id()], [index.id(), other.id()]);
    let keyring = Keyring::new(first)
        .with_key(second, KeyState::Active)
        .and_then(|keyring| keyring.with_primary_index_key(index))
        .and_then(|keyring| keyring.with_index_key(other, KeyState::Active));
    (keyring.unwrap(), ids.0, ids.1)
}

#[test]
fn a_key_is_promoted_retired_and_removed() {
    let (keyring, encryption, index) = two_of_each();
    let sealed = keyring.seal(&PLACE, b"x").unwrap();
    for [first, second] in [encryption, index] {
        let promoted = keyring.promote(second).unwrap();
        assert_eq!(state(&promoted, first), KeyState::Active);
        assert_eq!(state(&promoted, second), KeyState::Primary);
        let retired = promoted.retire(first).unwrap();
        assert_eq!(state(&retired, first), KeyState::Retired);
        // Back again, where it turns out to be needed.
        assert_eq!(
            state(&retired.promote(first).unwrap(), second),
            KeyState::Active
        );
        assert!(retired.open(&PLACE, &sealed).is_ok());

        assert_eq!(kind(retired.remove(first, 3)), ErrorKind::KeyInUse);
        let removed = retired.remove(first, 0).unwrap();
        assert_eq!(removed.keys().count(), 3);
        assert_eq!(kind(removed.promote(first)), ErrorKind::UnknownKey);
        if first == encryption[0] {
            let error = removed.open(&PLACE, &sealed).unwrap_err();
            assert_eq!(
                (error.kind(), error.key_id()),
                (ErrorKind::UnknownKey, Some(first))
            );
        }
        assert_eq!(retired.remove_forced(first).unwrap().keys().count(), 3);
    }
}

#[test]
fn what_would_leave_a_keyring_without_its_primary_is_refused() {
    let (keyring, [primary, active], [index, other]) = two_of_each();
    for id in [primary, index] {
        for refused in [
            keyring.retire(id),
            keyring.mark_compromised(id),
            keyring.remove(id, 0),
            keyring.remove_forced(id),
        ] {
            assert_eq!(kind(refused), ErrorKind::KeyState);
        }
    }
    for id in [active, other] {
        assert_eq!(kind(keyring.remove(id, 0)), ErrorKind::KeyState);
    }
}

#[test]
fn a_compromised_key_stays_so() {
    let (keyring, [first, second], _) = two_of_each();
    let sealed = keyring.seal(&PLACE, b"x").unwrap();
    let rotated = keyring.promote(second).unwrap();
    let stolen = rotated.mark_compromised(first).unwrap();
    let error = stolen.open(&PLACE, &sealed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CompromisedKey);
    for refused in [
        stolen.promote(first),
        stolen.retire(first),
        stolen.mark_compromised(first),
    ] {
        assert_eq!(kind(refused), ErrorKind::KeyState);
    }
    assert!(stolen.remove(first, 0).is_ok());
}

#[test]
fn each_key_says_what_it_is_for_and_when_it_came() {
    let before = SystemTime::now() - Duration::from_secs(2);
    let keyring = Keyring::generate();
    let purposes: Vec<_> = keyring.keys().map(|key| key.purpose()).collect();
    assert_eq!(purposes, [Purpose::Encryption, Purpose::Index]);
    let again = Keyring::from_json(&keyring.to_json().unwrap()).unwrap();
    for key in again.keys() {
        assert!(key.created().unwrap() >= before);
    }
}

/// Nothing is decided by a date.
#[test]
fn a_clock_that_goes_backwards_changes_nothing() {
    let (keyring, [first, second], _) = two_of_each();
    let json = keyring.to_json().unwrap();
    let year = humantime_year(&json);
    let odd = json.replacen(&format!("\"{year}-"), "\"2099-", 1);
    let keyring = Keyring::from_json(&odd).unwrap();
    let rotated = keyring.promote(second).unwrap().retire(first).unwrap();
    assert_eq!(rotated.primary_id().unwrap(), second);
    let rotated = Keyring::from_json(&rotated.to_json().unwrap()).unwrap();
    assert!(rotated.remove(first, 0).is_ok());
}

fn humantime_year(json: &str) -> &str {
    let (_, rest) = json.split_once("\"created\": \"").unwrap();
    &rest[..4]
}

#[test]
fn a_keyring_with_a_role_does_that_and_no_more() {
    let (all, [primary, active], _) = two_of_each();
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
                assert_eq!(one.index_keys().count(), 2);
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
