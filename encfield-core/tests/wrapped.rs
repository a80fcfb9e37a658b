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

/// Whether a key of the keyring stands in a wrapped text: in hexadecimal, or the bytes of that in
/// hexadecimal again, as `wrapped` is written.
fn says_a_key(text: &str, keyring: &Keyring) -> bool {
    let clear = keyring.to_json().unwrap();
    let keys = clear.split("\"key\": \"").skip(1).map(|rest| &rest[..64]);
    let twice = |key: &str| -> String { key.bytes().map(|b| format!("{b:02x}")).collect() };
    let mut keys = keys.map(|key| text.contains(key) || text.contains(&twice(key)));
    keys.any(|says| says)
}

#[test]
fn a_wrapped_keyring_opens_with_its_own_key_alone() {
    let (keyring, wrapping) = (Keyring::generate(), local());
    let sealed = keyring.seal(&PLACE, b"x").unwrap();
    let text = keyring.to_wrapped_json(&wrapping).unwrap();
    let again = Keyring::from_wrapped_json(&text, &wrapping).unwrap();
    assert_eq!(&**again.open(&PLACE, &sealed).unwrap(), b"x");
    assert!(!says_a_key(&text, &keyring), "a key in the clear");
    let bare = OneWay(|wrapped| Some(wrapped.to_vec()));
    let bare = keyring.to_wrapped_json(&bare).unwrap();
    assert!(says_a_key(&bare, &keyring), "the search finds none");
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

#[test]
fn a_key_encryption_key_is_changed_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let (first, second) = (local(), local());
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    let keyring = file.read().unwrap();
    let sealed = keyring.seal(&PLACE, b"x").unwrap();

    // From the clear, and from key to key.
    let under_first = file.rewrap(&first).unwrap();
    let error = file.read().unwrap_err();
    assert!(error.to_string().contains("it is wrapped"), "{error}");
    let under_second = under_first.rewrap(&second).unwrap();
    assert_eq!(kind(under_first.read()), ErrorKind::NotUnwrapped);
    assert_eq!(
        &**under_second.read().unwrap().open(&PLACE, &sealed).unwrap(),
        b"x"
    );
    assert_eq!(
        *under_second.read().unwrap().to_json().unwrap(),
        *keyring.to_json().unwrap()
    );

    // The wrong key changes nothing.
    let before = std::fs::read(&path).unwrap();
    let other = local();
    assert_eq!(kind(under_first.rewrap(&other)), ErrorKind::NotUnwrapped);
    assert_eq!(kind(file.rewrap(&other)), ErrorKind::KeyringInvalid);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let missing = KeyringFile::at(folder.path().join("none"));
    assert_eq!(kind(missing.rewrap(&other)), ErrorKind::KeyringSource);
    assert!(!folder.path().join("none").exists());
}

/// It is not unwrapped and written while somebody else changes it.
#[test]
fn a_change_beside_a_new_key_encryption_key_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let [one, other] = [local(), local()];
    let file = KeyringFile::at(&path);
    file.wrapped_by(&one).make(&Keyring::generate()).unwrap();
    let add = |wrapping: &LocalKey| {
        let file = file.wrapped_by(wrapping);
        file.change(|keyring| keyring.with_key(Key::generate()?, encfield_core::KeyState::Active))
    };
    let added = std::thread::scope(|scope| {
        let writers: Vec<_> = [&one, &other]
            .into_iter()
            .map(|wrapping| {
                scope.spawn(move || {
                    let results = (0..60).map(|_| add(wrapping));
                    results.filter(Result::is_ok).count()
                })
            })
            .collect();
        for _ in 0..8 {
            file.wrapped_by(&one).rewrap(&other).unwrap();
            file.wrapped_by(&other).rewrap(&one).unwrap();
        }
        let counts = writers.into_iter().map(|writer| writer.join().unwrap());
        counts.sum::<usize>()
    });
    let keyring = file.wrapped_by(&one).read().unwrap();
    assert!(added > 0);
    assert_eq!(keyring.encryption_keys().count(), 1 + added);
}

/// A key-encryption key that can wrap and not unwrap: it lacks a right, or has a fault.
#[derive(Debug)]
struct OneWay(fn(&[u8]) -> Option<Vec<u8>>);

impl KeyEncryption for OneWay {
    fn name(&self) -> String {
        "one way".to_owned()
    }

    fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(plaintext.to_vec())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let unwrapped = (self.0)(wrapped).map(Zeroizing::new);
        unwrapped.ok_or_else(|| self.refused("it may not"))
    }
}

#[test]
fn a_key_that_does_not_unwrap_what_it_wrapped_takes_no_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let wrapping = local();
    let file = KeyringFile::at(&path);
    let [may_not, wrong] = [
        OneWay(|_| None),
        OneWay(|_| Some(Keyring::generate().to_json().unwrap().as_bytes().to_vec())),
    ];
    assert_eq!(
        kind(file.wrapped_by(&may_not).make(&Keyring::generate())),
        ErrorKind::NotUnwrapped
    );
    assert!(!path.exists());
    let file = file.wrapped_by(&wrapping);
    file.make(&Keyring::generate()).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(kind(file.rewrap(&may_not)), ErrorKind::NotUnwrapped);
    assert_eq!(kind(file.rewrap(&wrong)), ErrorKind::NotWrapped);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(
        file.rewrap(&OneWay(|wrapped| Some(wrapped.to_vec())))
            .is_ok()
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

    /// The most memory, 4 GiB, is not paid here; what is past it is refused before it is paid.
    #[test]
    fn what_could_not_be_unwrapped_again_is_not_wrapped() {
        let most = Passphrase::new("x").with_cost(64, 64);
        let wrapped = most.wrap(b"keys").unwrap();
        assert_eq!(&**cheap("x").unwrap(&wrapped).unwrap(), b"keys");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring.json");
        for (cost, says) in [
            ((64, 65), "64 passes"),
            ((64, 0), "64 passes"),
            ((64, u32::MAX), "64 passes"),
            (((1 << 22) + 1, 1), "4194304 KiB"),
            ((31, 1), "32 to"),
            ((0, 1), "32 to"),
        ] {
            let costly = Passphrase::new("x").with_cost(cost.0, cost.1);
            let file = KeyringFile::at(&path);
            let error = file.wrapped_by(&costly).make(&Keyring::generate());
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotWrapped, "{cost:?}");
            assert!(error.to_string().contains(says), "{error}");
            assert!(!path.exists(), "{cost:?}");
        }
    }

    #[test]
    fn an_empty_passphrase_wraps_nothing() {
        let error = cheap("").wrap(b"keys").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotWrapped);
        assert!(error.to_string().contains("it is empty"), "{error}");
        // In the place of the right one it is a wrong one.
        let wrapped = cheap("x").wrap(b"keys").unwrap();
        assert_eq!(kind(cheap("").unwrap(&wrapped)), ErrorKind::NotUnwrapped);
    }

    #[cfg(unix)]
    #[test]
    fn a_passphrase_comes_from_a_file_that_its_owner_alone_can_read() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        let read = |text: &[u8], mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Passphrase::from_file(&path)
        };
        let text = Keyring::generate().to_wrapped_json(&cheap("correct horse"));
        let text = text.unwrap();
        for written in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            let passphrase = read(written.as_bytes(), 0o600).unwrap();
            assert!(Keyring::from_wrapped_json(&text, &passphrase).is_ok());
        }
        for mode in [0o640, 0o604, 0o660] {
            let error = read(b"correct horse", mode).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::KeyringPermissions);
            let said = error.to_string();
            assert!(
                said.contains("chmod 600") && !said.contains("horse"),
                "{said}"
            );
        }
        let long = vec![b'x'; (1 << 20) + 1];
        for bad in [&b""[..], b"\n", b"horse\xff", &long] {
            let error = read(bad, 0o600).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
            let said = error.to_string();
            assert!(
                said.contains("passphrase: ") && !said.contains("horse"),
                "{said}"
            );
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(kind(Passphrase::from_file(&path)), ErrorKind::NotUnwrapped);
    }

    #[cfg(unix)]
    #[test]
    fn a_passphrase_comes_through_a_pipe_as_whole_as_from_a_file() {
        use std::os::unix::fs::PermissionsExt;
        use std::process::Command;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let read = |text: &[u8], mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            std::thread::scope(|scope| {
                // Whoever refuses to read closes it, and the rest of a long text is not written.
                scope.spawn(|| std::fs::write(&path, text));
                Passphrase::from_file(&path)
            })
        };
        let text = Keyring::generate().to_wrapped_json(&cheap("correct horse"));
        let text = text.unwrap();
        for mode in [0o600, 0o660] {
            let passphrase = read(b"correct horse\n", mode).unwrap();
            assert!(Keyring::from_wrapped_json(&text, &passphrase).is_ok());
        }
        let error = read(b"correct horse\n", 0o644).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyringPermissions);
        // A text that is cut off would be another passphrase.
        let longest = "x".repeat(1 << 20);
        let text = Keyring::generate()
            .to_wrapped_json(&cheap(&longest))
            .unwrap();
        let passphrase = read(longest.as_bytes(), 0o600).unwrap();
        assert!(Keyring::from_wrapped_json(&text, &passphrase).is_ok());
        let error = read(format!("{longest}y").as_bytes(), 0o600).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
        assert!(error.to_string().contains("over 1 MiB"), "{error}");
    }

    #[test]
    fn a_passphrase_is_changed_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring.json");
        let (before, after) = (cheap("correct horse"), cheap("battery staple"));
        let file = KeyringFile::at(&path);
        let file = file.wrapped_by(&before);
        let keyring = Keyring::generate();
        file.make(&keyring).unwrap();
        file.rewrap(&after).unwrap();
        assert_eq!(kind(file.read()), ErrorKind::NotUnwrapped);
        let again = KeyringFile::at(&path).wrapped_by(&after).read().unwrap();
        assert_eq!(*again.to_json().unwrap(), *keyring.to_json().unwrap());
        // A cost, or nothing, that would lose it.
        let written = std::fs::read(&path).unwrap();
        let file = KeyringFile::at(&path);
        let file = file.wrapped_by(&after);
        for bad in [cheap(""), cheap("x").with_cost(64, 65)] {
            assert_eq!(kind(file.rewrap(&bad)), ErrorKind::NotWrapped);
        }
        assert_eq!(std::fs::read(&path).unwrap(), written);
    }

    /// Set in the child that has little memory.
    #[cfg(target_os = "linux")]
    const LITTLE_MEMORY: &str = "ENCFIELD_TEST_LITTLE_MEMORY";

    /// The cost is in front of the tag, so whoever can write the file can ask for 4 GiB.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_cost_that_there_is_no_memory_for_is_an_error() {
        use rustix::process::{Resource, Rlimit, setrlimit};

        if std::env::var_os(LITTLE_MEMORY).is_none() {
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args([
                    "--exact",
                    "passphrase::a_cost_that_there_is_no_memory_for_is_an_error",
                ])
                .env(LITTLE_MEMORY, "1")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&child.stdout);
            assert!(
                child.status.success() && said.contains("1 passed"),
                "{said}"
            );
            return;
        }
        let mut wrapped = cheap("x").wrap(b"keys").unwrap();
        wrapped[1..5].copy_from_slice(&(1_u32 << 22).to_be_bytes());
        let limit = Rlimit {
            current: Some(1 << 30),
            maximum: Some(1 << 30),
        };
        setrlimit(Resource::As, limit).unwrap();
        let error = cheap("x").unwrap(&wrapped).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotUnwrapped);
        assert!(error.to_string().contains("memory"), "{error}");
    }
}
