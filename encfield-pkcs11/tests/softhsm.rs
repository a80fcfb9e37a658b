//! A keyring under a key in SoftHSM2, a token in software from Debian's packages.
//!
//! Without `softhsm2-util` every test is listed as ignored.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use encfield_core::{Context, Error, ErrorKind, KeyEncryption, Keyring};
use encfield_pkcs11::Token;
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

const PIN: &str = "1234";

/// Holds a PIN, for a child that has no other claim than that it is wrong.
const WRONG_PIN: &str = "ENCFIELD_TEST_WRONG_PIN";

fn library() -> Option<PathBuf> {
    let folders = [
        "/usr/lib/softhsm",
        "/usr/lib/x86_64-linux-gnu/softhsm",
        "/usr/local/lib/softhsm",
    ];
    let mut paths = folders
        .iter()
        .map(|folder| Path::new(folder).join("libsofthsm2.so"));
    paths.find(|path| path.exists())
}

fn token(label: &str, pin: &str, key: &str) -> Token {
    Token::new(library().unwrap(), label, pin, key)
}

fn reason<T>(result: Result<T, Error>) -> String {
    reason_of(ErrorKind::NotUnwrapped, result)
}

/// Of what was to be wrapped, or of a key that was to be made.
fn reason_of_not_wrapped<T>(result: Result<T, Error>) -> String {
    reason_of(ErrorKind::NotWrapped, result)
}

fn reason_of<T>(kind: ErrorKind, result: Result<T, Error>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), kind);
    error.to_string()
}

fn a_keyring_is_wrapped_by_a_key_in_the_token() {
    let wrapping = token("encfield", PIN, "one");
    wrapping.generate_key().unwrap();
    let (keyring, place) = (Keyring::generate(), Context::new("t", "c"));
    let sealed = keyring.seal(&place, b"x").unwrap();
    let text = keyring.to_wrapped_json(&wrapping).unwrap();
    assert!(text.contains("pkcs11:token=encfield;object=one"), "{text}");
    let again = Keyring::from_wrapped_json(&text, &wrapping).unwrap();
    assert_eq!(&**again.open(&place, &sealed).unwrap(), b"x");
    assert_ne!(text, keyring.to_wrapped_json(&wrapping).unwrap());
}

/// A session of the token's user, past this crate: what somebody with the PIN can do.
fn session_of_the_user() -> Session {
    let pkcs11 = Pkcs11::new(library().unwrap()).unwrap();
    // The crate may have started the library already.
    let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = pkcs11.get_slots_with_token().unwrap();
    let ours = |slot: &Slot| pkcs11.get_token_info(*slot).unwrap().label() == "encfield";
    let session = pkcs11.open_rw_session(slots.into_iter().find(ours).unwrap());
    let session = session.unwrap();
    match session.login(UserType::User, Some(&AuthPin::new(PIN.to_owned().into()))) {
        Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => session,
        Err(error) => panic!("{error}"),
    }
}

/// The bytes of a key, where the token gives them.
fn bytes_of(session: &Session, key: ObjectHandle) -> Option<Vec<u8>> {
    let attributes = session.get_attributes(key, &[AttributeType::Value]);
    attributes
        .ok()?
        .into_iter()
        .find_map(|attribute| match attribute {
            Attribute::Value(bytes) => Some(bytes),
            _ => None,
        })
}

fn a_key_cannot_be_read_out_of_the_token() {
    token("encfield", PIN, "kept").generate_key().unwrap();
    let session = session_of_the_user();
    let kept = Attribute::Label(b"kept".to_vec());
    let found = session.find_objects(&[kept]).unwrap();
    let [key] = *found.as_slice() else {
        panic!("one key");
    };
    // A key that may leave the token, to see that it would be seen.
    let open = |label: &str, more: &[Attribute]| {
        let mut template = vec![
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::ValueLen(32.into()),
        ];
        template.extend_from_slice(more);
        session
            .generate_key(&Mechanism::AesKeyGen, &template)
            .unwrap()
    };
    let other = open("open", &[]);
    assert_eq!(bytes_of(&session, other).unwrap().len(), 32);
    assert_eq!(bytes_of(&session, key), None);

    // Wrapped by a key of one's own, and unwrapped outside.
    let taker = open("taker", &[Attribute::Wrap(true)]);
    assert!(
        session
            .wrap_key(&Mechanism::AesKeyWrap, taker, other)
            .is_ok()
    );
    assert!(
        session
            .wrap_key(&Mechanism::AesKeyWrap, taker, key)
            .is_err()
    );

    // Made less strict, in place or as a copy.
    for lax in [Attribute::Sensitive(false), Attribute::Extractable(true)] {
        let _ = session.update_attributes(key, std::slice::from_ref(&lax));
        assert_eq!(bytes_of(&session, key), None, "{lax:?}");
        if let Ok(copy) = session.copy_object(key, &[lax.clone(), Attribute::Token(false)]) {
            assert_eq!(bytes_of(&session, copy), None, "a copy: {lax:?}");
        }
    }
    let strict = [
        AttributeType::Sensitive,
        AttributeType::AlwaysSensitive,
        AttributeType::Extractable,
        AttributeType::NeverExtractable,
    ];
    assert_eq!(
        session.get_attributes(key, &strict).unwrap(),
        [
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
        ]
    );
}

fn another_key_and_another_token_unwrap_nothing() {
    let (one, other) = (
        token("encfield", PIN, "first"),
        token("encfield", PIN, "second"),
    );
    one.generate_key().unwrap();
    other.generate_key().unwrap();
    let wrapped = one.wrap(b"keys").unwrap();
    assert_eq!(&**one.unwrap(&wrapped).unwrap(), b"keys");
    assert!(reason(other.unwrap(&wrapped)).contains("another key wrapped it"));
    let elsewhere = token("elsewhere", PIN, "first");
    assert!(reason(elsewhere.unwrap(&wrapped)).contains("no token of this label"));
    assert!(reason(token("encfield", PIN, "none").unwrap(&wrapped)).contains("no AES key"));
    assert!(reason_of_not_wrapped(one.generate_key()).contains("already"));
    let none = token("encfield", PIN, "none");
    assert!(reason_of_not_wrapped(none.wrap(b"keys")).contains("no AES key"));
}

fn what_was_changed_or_cut_is_refused() {
    let wrapping = token("encfield", PIN, "changed");
    wrapping.generate_key().unwrap();
    let wrapped = wrapping.wrap(b"keys").unwrap();
    for at in [0, 1, 13, wrapped.len() - 1] {
        let mut changed = wrapped.clone();
        changed[at] ^= 1;
        reason(wrapping.unwrap(&changed));
    }
    for length in 0..wrapped.len() {
        reason(wrapping.unwrap(&wrapped[..length]));
    }
}

fn a_library_that_is_not_there_is_an_error() {
    let nowhere = Token::new("/nowhere/library.so", "encfield", PIN, "one");
    assert!(reason_of_not_wrapped(nowhere.wrap(b"x")).contains("could not be loaded"));
    assert_eq!(
        format!("{nowhere:?}"),
        "Token(pkcs11:token=encfield;object=one)"
    );
}

fn many_threads_use_one_token_at_once() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..20 {
                    let one = token("encfield", PIN, &format!("thread {thread} {round}"));
                    one.generate_key().unwrap();
                    let wrapped = one.wrap(b"keys").unwrap();
                    assert_eq!(&**one.unwrap(&wrapped).unwrap(), b"keys");
                }
            });
        }
    });
}

/// In a process and with a token of its own: in this one somebody is let in already.
fn a_wrong_pin_is_an_error() {
    let folder = TempDir::new().unwrap();
    let done = Command::new(std::env::current_exe().unwrap())
        .env(WRONG_PIN, "9999")
        .env("SOFTHSM2_CONF", new_token(folder.path()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(text.contains("1 passed"), "{text}");
}

/// The child of the claim above.
fn the_pin_of_the_environment_is_wrong() {
    let pin = std::env::var(WRONG_PIN).unwrap();
    let said = reason_of_not_wrapped(token("encfield", &pin, "one").wrap(b"x"));
    assert!(said.contains("the PIN is wrong"), "{said}");
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = library().is_none()
        || Command::new("softhsm2-util")
            .arg("--version")
            .output()
            .is_err();
    let claims: &[(&'static str, fn())] = &[
        (
            "a_keyring_is_wrapped_by_a_key_in_the_token",
            a_keyring_is_wrapped_by_a_key_in_the_token,
        ),
        (
            "a_key_cannot_be_read_out_of_the_token",
            a_key_cannot_be_read_out_of_the_token,
        ),
        (
            "another_key_and_another_token_unwrap_nothing",
            another_key_and_another_token_unwrap_nothing,
        ),
        (
            "what_was_changed_or_cut_is_refused",
            what_was_changed_or_cut_is_refused,
        ),
        (
            "many_threads_use_one_token_at_once",
            many_threads_use_one_token_at_once,
        ),
        (
            "a_library_that_is_not_there_is_an_error",
            a_library_that_is_not_there_is_an_error,
        ),
        ("a_wrong_pin_is_an_error", a_wrong_pin_is_an_error),
    ];
    let in_a_child: &[(&'static str, fn())] = &[(
        "the_pin_of_the_environment_is_wrong",
        the_pin_of_the_environment_is_wrong,
    )];
    let claims = match std::env::var_os(WRONG_PIN) {
        Some(_) => in_a_child,
        None => claims,
    };
    let trials = claims.iter().map(|&(name, claim)| {
        let run = move || {
            claim();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(missing)
    });
    if missing {
        println!("ignored, because SoftHSM2 is not installed");
    }
    // The folder of the tokens is named by the environment, so the tests run in a child that has it.
    if missing || std::env::var_os("SOFTHSM2_CONF").is_some() {
        return libtest_mimic::run(&arguments, trials.collect()).exit_code();
    }
    in_a_folder_of_its_own()
}

/// Runs the tests again, with a new token in a new folder.
fn in_a_folder_of_its_own() -> ExitCode {
    let folder = TempDir::new().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env("SOFTHSM2_CONF", new_token(folder.path()))
        .status()
        .unwrap();
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Makes a token in `folder`, and says where its configuration is.
fn new_token(folder: &Path) -> PathBuf {
    let (tokens, configuration) = (folder.join("tokens"), folder.join("softhsm2.conf"));
    std::fs::create_dir(&tokens).unwrap();
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\n",
        tokens.display()
    );
    std::fs::write(&configuration, text).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "encfield"])
        .args(["--pin", PIN, "--so-pin", "5678"])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    configuration
}
