//! A keyring is read strictly, and says what is wrong with it without quoting it.

#![allow(clippy::unwrap_used, clippy::panic)]

use encfield_core::{Context, ErrorKind, Key, KeyState, Keyring};

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

/// Two keys that are public: the first two of the format's vectors.
const KEYS: [(&str, &str); 2] = [
    (
        "0a2fac17b4803429",
        "8c0786468c9c8c768337cb250029f920062e23e469cfefe78910becd87fb1912",
    ),
    (
        "a7c292966cd43a6c",
        "2024c7d953991be3b5fe28ece2973d85a08dd7b5a3ca66516f8fd0bbc279ed6b",
    ),
];

fn line(id: &str, state: &str, key: &str) -> String {
    format!(r#"{{"id":"{id}","state":"{state}","key":"{key}"}}"#)
}

fn document(encryption: &[String]) -> String {
    format!(
        r#"{{"encfield_keyring":1,"encryption":[{}]}}"#,
        encryption.join(",")
    )
}

/// What the error says; it never says a part of a key.
fn refusal(json: &str) -> String {
    let error = Keyring::from_json(json).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyringInvalid, "{json}");
    let text = format!("{error} {error:?}");
    for (_, key) in KEYS {
        assert!(!text.contains(&key[..12]), "a key in: {text}");
    }
    text
}

#[test]
fn a_generated_keyring_survives_its_json() {
    let keyring = Keyring::generate();
    let sealed = keyring.seal(&PLACE, b"+91 98765 43210").unwrap();
    let json = keyring.to_json().unwrap();
    let again = Keyring::from_json(&json).unwrap();
    assert_eq!(&**again.open(&PLACE, &sealed).unwrap(), b"+91 98765 43210");
    assert_eq!(*again.to_json().unwrap(), *json);
    assert_eq!(keyring.primary_id().unwrap(), again.primary_id().unwrap());
}

#[test]
fn older_keys_open_and_the_primary_seals() {
    let (old, new) = (Key::generate().unwrap(), Key::generate().unwrap());
    let sealed = Keyring::new(old.clone()).seal(&PLACE, b"x").unwrap();
    for state in [KeyState::Active, KeyState::Retired] {
        let keyring = Keyring::new(new.clone())
            .with_key(old.clone(), state)
            .unwrap();
        assert_eq!(&**keyring.open(&PLACE, &sealed).unwrap(), b"x");
        assert_eq!(
            keyring.seal(&PLACE, b"x").unwrap()[2..10],
            new.id().to_bytes()
        );
    }
}

#[test]
fn a_new_primary_makes_the_old_one_active() {
    let old = Keyring::generate();
    let sealed = old.seal(&PLACE, b"x").unwrap();
    let key = Key::generate().unwrap();
    let new = old.with_primary(key.clone()).unwrap();
    let states: Vec<_> = new.encryption_keys().collect();
    let old_id = old.primary_id().unwrap();
    assert_eq!(
        states,
        [(key.id(), KeyState::Primary), (old_id, KeyState::Active)]
    );
    assert_eq!(&**new.open(&PLACE, &sealed).unwrap(), b"x");
    assert_eq!(new.seal(&PLACE, b"x").unwrap()[2..10], key.id().to_bytes());
    let index = |keyring: &Keyring| {
        let json = keyring.to_json().unwrap();
        json[json.find("\"index\"").unwrap()..].to_owned()
    };
    assert_eq!(index(&new), index(&old));

    // A key that is there is promoted, unless somebody stole it.
    let third = Key::generate().unwrap();
    let waiting = new.with_key(third.clone(), KeyState::Active).unwrap();
    let promoted = waiting.with_primary(third.clone()).unwrap();
    assert_eq!(promoted.primary_id().unwrap(), third.id());
    assert_eq!(promoted.encryption_keys().count(), 3);
    let stolen = new.with_key(third.clone(), KeyState::Compromised).unwrap();
    assert_eq!(
        stolen.with_primary(third).unwrap_err().kind(),
        ErrorKind::KeyringInvalid
    );
}

#[test]
fn a_key_is_found_among_many() {
    let keys: Vec<_> = (0..40).map(|_| Key::generate().unwrap()).collect();
    let keyring = keys[1..]
        .iter()
        .fold(Keyring::new(keys[0].clone()), |keyring, key| {
            keyring.with_key(key.clone(), KeyState::Active).unwrap()
        });
    let keyring = Keyring::from_json(&keyring.to_json().unwrap()).unwrap();
    assert_eq!(keyring.encryption_keys().count(), 40);
    assert_eq!(keyring.primary_id().unwrap(), keys[0].id());
    for key in keys {
        let sealed = Keyring::new(key).seal(&PLACE, b"x").unwrap();
        assert_eq!(&**keyring.open(&PLACE, &sealed).unwrap(), b"x");
    }
}

#[test]
fn a_compromised_key_opens_nothing() {
    let (stolen, new) = (Key::generate().unwrap(), Key::generate().unwrap());
    let forged = Keyring::new(stolen.clone())
        .seal(&PLACE, b"forged")
        .unwrap();
    let keyring = Keyring::new(new)
        .with_key(stolen.clone(), KeyState::Compromised)
        .unwrap();
    let error = keyring.open(&PLACE, &forged).unwrap_err();
    assert_eq!(
        (error.kind(), error.key_id()),
        (ErrorKind::CompromisedKey, Some(stolen.id()))
    );
}

#[test]
fn a_key_that_is_missing_is_named() {
    let key = Key::generate().unwrap();
    let sealed = Keyring::new(key.clone()).seal(&PLACE, b"x").unwrap();
    let error = Keyring::generate().open(&PLACE, &sealed).unwrap_err();
    assert_eq!(
        (error.kind(), error.key_id()),
        (ErrorKind::UnknownKey, Some(key.id()))
    );
    assert_eq!(
        error.to_string(),
        format!(
            "encfield: profiles.phone_number: the key is not in the keyring (key {}); add it as an \
             `active` key, or restore the keyring that held it",
            key.id()
        )
    );
}

#[test]
fn malformed_json_is_refused_with_its_place() {
    assert!(refusal("").contains("it is empty"));
    assert!(refusal(" \n").contains("it is empty"));
    assert!(refusal("{").contains("it ends too early, at line 1 column 1"));
    assert!(refusal("keyring").contains("it is not JSON"));
    assert!(refusal("7").contains("of the wrong type"));
    assert!(refusal(r#"{"encfield_keyring":1}"#).contains("a field is missing"));
    assert!(refusal(r#"{"encfield_keyring":3,"encryption":[]}"#).contains("its version is 3"));
    assert!(refusal(&document(&[])).contains("it has no encryption key"));
    let [(id, key), _] = KEYS;
    let misspelt = line(id, "primary", key).replace("state", "stat");
    assert!(refusal(&document(&[misspelt])).contains("unknown or of the wrong type"));
    // A key where another field belongs is not quoted either.
    refusal(&document(&[line(key, "primary", key)]));
    refusal(&document(&[line(id, key, key)]));
    refusal(&document(&[
        line(id, "primary", key).replace("\"id\":", &format!("\"{key}\":"))
    ]));
    refusal(&format!(
        r#"{{"encfield_keyring":"{key}","encryption":[]}}"#
    ));
    refusal(&format!(r#""{key}""#));
}

#[test]
fn a_bad_key_is_refused_by_its_position() {
    let [(id, key), (other_id, _)] = KEYS;
    for (json, expected) in [
        (line(id, "primary", &key[2..]), "encryption[0]: a key is 64"),
        (
            line(id, "primary", &format!("{key}00")),
            "encryption[0]: a key is 64",
        ),
        (
            line(id, "primary", &key.to_uppercase()),
            "encryption[0]: a key is 64",
        ),
        (line(id, "primary", ""), "encryption[0]: a key is 64"),
        (line(&id[2..], "primary", key), "encryption[0]: an id is 16"),
        (
            line(other_id, "primary", key),
            "the key is not the one that the id names",
        ),
        (line(id, "main", key), "encryption[0]: a state is"),
    ] {
        let text = refusal(&document(&[json]));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_repeated_id_two_primaries_and_none_are_refused() {
    let [(id, key), (other_id, other_key)] = KEYS;
    let twice = document(&[line(id, "primary", key), line(id, "active", key)]);
    assert!(refusal(&twice).contains(&format!("the same key stands in it twice; key {id}")));
    let primaries = document(&[
        line(id, "primary", key),
        line(other_id, "primary", other_key),
    ]);
    assert!(refusal(&primaries).contains("more than one encryption key is `primary`"));
    let none = document(&[
        line(id, "active", key),
        line(other_id, "retired", other_key),
    ]);
    assert!(refusal(&none).contains("no encryption key is `primary`"));
    // An encryption key cannot serve as an index key too.
    let shared = document(&[line(id, "primary", key)]).replace(
        "]}",
        &format!(r#"],"index":[{}]}}"#, line(id, "primary", key)),
    );
    assert!(refusal(&shared).contains("the same key stands in it twice"));
}

#[test]
fn with_key_refuses_what_json_refuses() {
    let key = Key::generate().unwrap();
    let keyring = Keyring::new(key.clone());
    for (key, state) in [
        (key, KeyState::Active),
        (Key::generate().unwrap(), KeyState::Primary),
    ] {
        let error = keyring.with_key(key, state).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyringInvalid);
    }
}

#[test]
fn nothing_prints_a_key() {
    let [(id, hex), _] = KEYS;
    let key = Key::from_hex(hex).unwrap();
    assert_eq!(
        format!("{key:?}"),
        format!("Key {{ id: {id}, secret: ******** }}")
    );
    assert_eq!(
        format!("{:?}", Keyring::new(key)),
        format!("Keyring {{{id}: Primary}}")
    );
    assert!(
        !Key::from_hex("xyzzy")
            .unwrap_err()
            .to_string()
            .contains("xyzzy")
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    fs::write(&path, Keyring::generate().to_json().unwrap().as_bytes()).unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let error = Keyring::from_file(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyringPermissions, "{mode:o}");
        let mend = format!("mode {mode:o}: run `chmod 600 {}`", path.display());
        assert!(error.to_string().contains(&mend), "{error}");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Keyring::from_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_cannot_be_a_keyring_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Keyring::from_file(folder.path().join("none")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::KeyringSource);
    assert!(
        missing.to_string().contains("entity not found"),
        "{missing}"
    );

    let refused = |bytes: &[u8]| {
        let path = folder.path().join("keyring.json");
        std::fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        Keyring::from_file(&path).unwrap_err().kind()
    };
    assert_eq!(refused(b""), ErrorKind::KeyringInvalid);
    assert_eq!(refused(b"\xFF\xFE"), ErrorKind::KeyringSource);
    assert_eq!(
        refused(&vec![b' '; (1 << 20) + 1]),
        ErrorKind::KeyringSource
    );
    let json = Keyring::generate().to_json().unwrap();
    assert_eq!(
        refused(&json.as_bytes()[..json.len() / 2]),
        ErrorKind::KeyringInvalid
    );
}

#[test]
fn an_index_key_is_added_promoted_and_kept_apart() {
    let key = || Key::generate().unwrap();
    let (old, new) = (key(), key());
    let bare = Keyring::new(key());
    assert_eq!(bare.index_keys().count(), 0);
    // An index key that is no primary, where there is none.
    let alone = bare.with_index_key(old.clone(), KeyState::Active);
    assert_eq!(alone.unwrap_err().kind(), ErrorKind::KeyringInvalid);

    let one = bare.with_primary_index_key(old.clone()).unwrap();
    let two = one.with_index_key(new.clone(), KeyState::Active).unwrap();
    let states = |keyring: &Keyring| keyring.index_keys().collect::<Vec<_>>();
    assert_eq!(
        states(&two),
        [(old.id(), KeyState::Primary), (new.id(), KeyState::Active)]
    );
    let promoted = two.with_primary_index_key(new.clone()).unwrap();
    assert_eq!(
        states(&promoted),
        [(new.id(), KeyState::Primary), (old.id(), KeyState::Active)]
    );
    // They survive the JSON, and the encryption keys are as they were.
    let again = Keyring::from_json(&promoted.to_json().unwrap()).unwrap();
    assert_eq!(states(&again), states(&promoted));
    assert_eq!(again.primary_id().unwrap(), bare.primary_id().unwrap());

    // A key is for one purpose.
    for refused in [
        promoted.with_key(old.clone(), KeyState::Active),
        promoted.with_primary(new.clone()),
        promoted.with_index_key(new, KeyState::Active),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::KeyringInvalid);
    }
    let stolen = one.with_index_key(key(), KeyState::Compromised).unwrap();
    let (stolen_id, _) = states(&stolen)[1];
    assert_ne!(stolen_id, old.id());
}
