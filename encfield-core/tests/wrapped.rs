//! A keyring under a key-encryption key opens with that key alone.

#![allow(clippy::unwrap_used, missing_docs)]

use encfield_core::{
    Context, Error, ErrorKind, Key, KeyEncryption, Keyring, KeyringFile, LocalKey,
};
use zeroize::Zeroizing;

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

fn local() -> LocalKey {
    LocalKey::new(Key::generate().unwrap())
}

fn kind<T>(result: Result<T, Error>) -> ErrorKind {
    result.err().unwrap().kind()
}

#[test]
fn a_wrapped_keyring_opens_with_its_own_key_alone() {
    let (keyring, wrapping) = (Keyring::generate(), local());
    let sealed = keyring.seal(&PLACE, b"x").unwrap();
    let text = keyring.to_wrapped_json(&wrapping).unwrap();
    let again = Keyring::from_wrapped_json(&text, &wrapping).unwrap();
    assert_eq!(&**again.open(&PLACE, &sealed).unwrap(), b"x");
    let clear = keyring.to_json().unwrap();
    let key = clear.split("\"key\": \"").nth(1).unwrap();
    assert!(!text.contains(&key[..64]), "a key in the clear");
    assert_eq!(
        kind(Keyring::from_wrapped_json(&text, &local())),
        ErrorKind::NotUnwrapped
    );
    // Read as one in the clear, it says what it is.
    let error = Keyring::from_json(&text).unwrap_err();
    assert!(error.to_string().contains("it is wrapped"), "{error}");
}

#[test]
fn a_wrapped_keyring_that_was_changed_or_cut_is_refused() {
    let (keyring, wrapping) = (Keyring::generate(), local());
    let text = keyring.to_wrapped_json(&wrapping).unwrap();
    for length in (0..text.len()).step_by(7) {
        let error = Keyring::from_wrapped_json(&text[..length], &wrapping).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyringInvalid, "{length}");
    }
    let at = text.rfind('"').unwrap() - 1;
    let digit = if &text[at..=at] == "0" { "1" } else { "0" };
    let changed = format!("{}{digit}{}", &text[..at], &text[at + 1..]);
    assert_eq!(
        kind(Keyring::from_wrapped_json(&changed, &wrapping)),
        ErrorKind::NotUnwrapped
    );
    let other = text.replacen("\"local\"", "\"passphrase\"", 1);
    let error = Keyring::from_wrapped_json(&other, &wrapping).unwrap_err();
    assert!(error.to_string().contains("`passphrase`"), "{error}");
    let version = text.replacen(": 1", ": 2", 1);
    assert_eq!(
        kind(Keyring::from_wrapped_json(&version, &wrapping)),
        ErrorKind::KeyringInvalid
    );
}

#[test]
fn a_file_can_hold_it_and_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let wrapping = local();
    let file = KeyringFile::at(folder.path().join("keyring.json"));
    let file = file.wrapped_by(&wrapping);
    file.make(&Keyring::generate()).unwrap();
    let changed = file
        .change(|keyring| keyring.with_primary(Key::generate()?))
        .unwrap();
    assert_eq!(
        file.read().unwrap().primary_id().unwrap(),
        changed.primary_id().unwrap()
    );
    let other = local();
    assert_eq!(
        kind(file.wrapped_by(&other).read()),
        ErrorKind::NotUnwrapped
    );
}

/// A service of one's own: here a list of names that stands for what is elsewhere.
#[derive(Debug)]
struct Unreachable;

impl KeyEncryption for Unreachable {
    fn name(&self) -> String {
        "kms:alias/app".to_owned()
    }

    fn wrap(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(self.refused("the service does not answer"))
    }

    fn unwrap(&self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        Err(self.refused("the service does not answer"))
    }
}

#[test]
fn a_service_that_does_not_answer_is_named() {
    let error = Keyring::generate()
        .to_wrapped_json(&Unreachable)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("kms:alias/app: the service does not answer"),
        "{error}"
    );
}

#[cfg(feature = "argon2")]
mod passphrase {
    use encfield_core::Passphrase;

    use super::*;

    fn cheap(text: &str) -> Passphrase {
        Passphrase::new(text).with_cost(64, 1)
    }

    #[test]
    fn a_passphrase_unwraps_what_it_wrapped_whatever_the_cost_is_now() {
        let keyring = Keyring::generate();
        let text = keyring.to_wrapped_json(&cheap("correct horse")).unwrap();
        for now in [cheap("correct horse"), Passphrase::new("correct horse")] {
            let again = Keyring::from_wrapped_json(&text, &now).unwrap();
            assert_eq!(again.primary_id().unwrap(), keyring.primary_id().unwrap());
        }
        let wrong = Keyring::from_wrapped_json(&text, &cheap("incorrect horse"));
        assert_eq!(kind(wrong), ErrorKind::NotUnwrapped);
        assert_ne!(
            text,
            keyring.to_wrapped_json(&cheap("correct horse")).unwrap()
        );
        assert_eq!(format!("{:?}", cheap("correct horse")), "Passphrase");
    }

    #[test]
    fn a_cost_out_of_all_bounds_is_refused_before_it_is_paid() {
        let wrapped = cheap("x").wrap(b"keys").unwrap();
        for at in [0, 1, 5] {
            let mut odd = wrapped.clone();
            odd[at] = 0xff;
            assert_eq!(kind(cheap("x").unwrap(&odd)), ErrorKind::NotUnwrapped);
        }
        for length in 0..wrapped.len() {
            assert_eq!(
                kind(cheap("x").unwrap(&wrapped[..length])),
                ErrorKind::NotUnwrapped
            );
        }
    }
}
