//! The keyring's file is whole at every moment, and loses no change.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::thread;

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
    assert_eq!(again.kind(), ErrorKind::KeyringNotWritten);
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

#[cfg(unix)]
mod links {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn add(file: &KeyringFile<'_>) {
        file.change(|keyring| keyring.with_key(Key::generate()?, KeyState::Active))
            .unwrap();
    }

    #[test]
    fn a_file_behind_a_link_is_changed_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        let (own, link) = (
            secrets.join("keyring.json"),
            folder.path().join("link.json"),
        );
        KeyringFile::create(&own, &Keyring::generate()).unwrap();
        symlink("secrets/keyring.json", &link).unwrap();
        let through = folder.path().join("folder");
        symlink(&secrets, &through).unwrap();
        for (count, path) in [&own, &link, &through.join("keyring.json")]
            .iter()
            .enumerate()
        {
            add(&KeyringFile::at(path));
            for path in [&own, &link] {
                let keyring = KeyringFile::at(path).read().unwrap();
                assert_eq!(keyring.encryption_keys().count(), count + 2);
            }
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(!folder.path().join("link.json.lock").exists());
    }

    #[test]
    fn writers_by_a_link_and_by_the_file_lose_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let (own, link) = (folder.path().join("a.json"), folder.path().join("b.json"));
        KeyringFile::create(&own, &Keyring::generate()).unwrap();
        symlink(&own, &link).unwrap();
        thread::scope(|scope| {
            for path in [&own, &link, &own, &link] {
                scope.spawn(move || (0..10).for_each(|_| add(&KeyringFile::at(path))));
            }
        });
        let keyring = KeyringFile::at(&own).read().unwrap();
        assert_eq!(keyring.encryption_keys().count(), 41);
    }

    #[test]
    fn a_link_to_nothing_is_no_place_for_a_keyring() {
        let folder = tempfile::tempdir().unwrap();
        let (own, link) = (folder.path().join("a.json"), folder.path().join("b.json"));
        symlink(&own, &link).unwrap();
        let error = KeyringFile::create(&link, &Keyring::generate()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyringNotWritten);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(!own.exists());
    }

    /// Only a superuser can give a file away, so only one can see it.
    #[test]
    fn a_file_that_a_superuser_changes_stays_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring.json");
        KeyringFile::create(&path, &Keyring::generate()).unwrap();
        if fs::metadata(&path).unwrap().uid() != 0 {
            return;
        }
        let lock = folder.path().join("keyring.json.lock");
        fs::remove_file(&lock).unwrap();
        std::os::unix::fs::chown(&path, Some(1234), Some(2345)).unwrap();
        add(&KeyringFile::at(&path));
        for path in [path, lock] {
            let now = fs::metadata(path).unwrap();
            assert_eq!((now.uid(), now.gid()), (1234, 2345));
            assert_eq!(now.permissions().mode() & 0o777, 0o600);
        }
    }

    /// What is given away is what was made, and nothing that a lock's name was linked to.
    #[test]
    fn a_file_that_a_lock_is_a_link_to_keeps_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["keyring.json", "other"].map(|name| folder.path().join(name));
        KeyringFile::create(&path, &Keyring::generate()).unwrap();
        fs::write(&other, "of somebody else").unwrap();
        let before = fs::metadata(&other).unwrap();
        if before.uid() != 0 {
            return;
        }
        let lock = folder.path().join("keyring.json.lock");
        fs::remove_file(&lock).unwrap();
        symlink(&other, &lock).unwrap();
        std::os::unix::fs::chown(&path, Some(1234), Some(2345)).unwrap();
        add(&KeyringFile::at(&path));
        assert_eq!(fs::metadata(&other).unwrap().uid(), 0);
        assert_eq!(fs::read(&other).unwrap(), b"of somebody else");
    }
}

#[test]
fn what_cannot_be_written_says_so_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none").join("keyring.json");
    let error = KeyringFile::create(nowhere, &Keyring::generate()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyringNotWritten);
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    let before = std::fs::read(&path).unwrap();
    // A folder where the new file should be: nobody can write it, a superuser neither.
    std::fs::create_dir(folder.path().join("keyring.json.new")).unwrap();
    let error = file.change(|keyring| keyring.with_primary(Key::generate()?));
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyringNotWritten);
    let text = error.to_string();
    assert!(
        text.contains("keyring.json: ") && text.contains("could not be written"),
        "{text}"
    );
    assert!(!text.contains("ENCFIELD_KEYRING"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
