//! The keyring's file is whole at every moment, and loses no change.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use encfield_core::{ErrorKind, Key, KeyState, Keyring, KeyringFile};

fn ids(keyring: &Keyring) -> BTreeSet<String> {
    keyring.keys().map(|key| key.id().to_string()).collect()
}

#[test]
fn a_file_is_made_read_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let keyring = Keyring::generate();
    let file = KeyringFile::create(&path, &keyring).unwrap();
    assert_eq!(ids(&file.read().unwrap()), ids(&keyring));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let again = KeyringFile::create(&path, &Keyring::generate()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::KeyringSource);
    assert!(again.to_string().contains("it is there already"), "{again}");

    let key = Key::generate().unwrap();
    let changed = file
        .change(|keyring| keyring.with_key(key, KeyState::Active))
        .unwrap();
    assert_eq!(ids(&file.read().unwrap()), ids(&changed));
    // A change that fails leaves the file as it is.
    let primary = changed.primary_id().unwrap();
    let error = file.change(|keyring| keyring.retire(primary)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyState);
    assert_eq!(ids(&file.read().unwrap()), ids(&changed));
    let missing = KeyringFile::at(folder.path().join("none"))
        .read()
        .unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::KeyringSource);
}

#[test]
fn a_half_written_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(11) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(
            file.read().unwrap_err().kind(),
            ErrorKind::KeyringInvalid,
            "{length}"
        );
        // Nothing is put in the place of what might still be mended.
        assert!(file.change(|keyring| Ok(keyring.clone())).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), &whole[..length]);
    }
}

#[test]
fn two_writers_at_once_lose_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let file =
        KeyringFile::create(folder.path().join("keyring.json"), &Keyring::generate()).unwrap();
    let add = |file: &KeyringFile<'_>| {
        let add = |keyring: &Keyring| keyring.with_key(Key::generate()?, KeyState::Active);
        file.change(add).unwrap();
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10).for_each(|_| add(&file)));
        }
    });
    assert_eq!(file.read().unwrap().encryption_keys().count(), 41);
}

/// Set in the child that is killed while it writes.
const CHILD: &str = "ENCFIELD_TEST_WRITES_KEYRING";

/// The child: changes the file until it is killed. A test of its own does nothing.
#[test]
fn a_writer_that_is_to_be_killed() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let file = KeyringFile::at(path);
    loop {
        let _ = file.change(|keyring| {
            let primary = keyring.primary_id()?;
            keyring
                .with_primary(Key::generate()?)?
                .retire(primary)?
                .remove(primary, 0)
        });
    }
}

fn writer(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_writer_that_is_to_be_killed"])
        .env(CHILD, path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_writer_that_is_killed_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    let mut primaries = BTreeSet::new();
    for round in 0..60_u64 {
        let before = file.read().unwrap().primary_id().unwrap();
        let mut child = writer(&path);
        // Until it is at work; then a little longer, so that it dies at another step each time.
        while file.read().unwrap().primary_id().unwrap() == before {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the writer ended by itself"
            );
            thread::yield_now();
        }
        spin(Duration::from_micros(37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let keyring = file.read().unwrap();
        assert_eq!(keyring.keys().count(), 2);
        primaries.insert(keyring.primary_id().unwrap().to_string());
    }
    assert_eq!(primaries.len(), 60, "the writers wrote nothing");
    // The lock went with the last of them.
    file.change(|keyring| keyring.with_primary(Key::generate()?))
        .unwrap();
}

fn spin(time: Duration) {
    let start = std::time::Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
