//! A process takes up a new keyring on a real signal, and keeps the old one where the new one fails.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Error, ErrorKind, Key, KeyId, KeyState, Keyring, KeyringFile};
use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    profiles (id) {
        id -> Integer,
        passport_number -> Ciphertext<passport_number>,
        passport_index -> BlindIndex<passport_number>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
struct Profile {
    id: i32,
    #[sensitive(index = passport_index)]
    passport_number: String,
}

/// What each signal led to.
type Reloads = Receiver<Result<(), Error>>;

fn primary() -> KeyId {
    Keyring::installed().unwrap().primary_id().unwrap()
}

/// Signals this process, and says what came of it.
fn reload(reloads: &Reloads) -> Result<(), Error> {
    let sent = Command::new("kill")
        .args(["-HUP", &std::process::id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    reloads.recv_timeout(Duration::from_secs(30)).unwrap()
}

/// Stores and reads until it is told to stop.
fn work(stop: &AtomicBool, done: &AtomicU32) {
    use encfield::IndexExpressionMethods;

    let conn = &mut SqliteConnection::establish(":memory:").unwrap();
    conn.batch_execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, passport_number BLOB NOT NULL, \
         passport_index BLOB NOT NULL)",
    )
    .unwrap();
    for id in 1.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let passport_number = format!("K{id:07}");
        let profile = Profile {
            id,
            passport_number,
        };
        diesel::insert_into(profiles::table)
            .values(&profile)
            .execute(conn)
            .unwrap();
        // One that was stored some keyrings ago.
        let old: Profile = profiles::table
            .find(1 + id / 2)
            .select(Profile::as_select())
            .first(conn)
            .unwrap();
        let wanted = format!("K{:07}", 1 + id / 2);
        assert_eq!(old.passport_number, wanted);
        let found: Vec<i32> = profiles::table
            .filter(profiles::passport_index.matches(&wanted))
            .select(profiles::id)
            .load(conn)
            .unwrap();
        assert_eq!(found, [1 + id / 2]);
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tells the workers to stop, also when a claim fails.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A keyring file that is wrong in each way, and what a reload says of it.
fn spoil(path: &Path, way: usize) -> ErrorKind {
    use std::os::unix::fs::PermissionsExt;

    let whole = fs::read_to_string(path).unwrap();
    match way {
        0 => {
            fs::write(path, &whole[..whole.len() / 2]).unwrap();
            ErrorKind::KeyringInvalid
        }
        1 => {
            fs::write(path, "").unwrap();
            ErrorKind::KeyringInvalid
        }
        2 => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
            ErrorKind::KeyringPermissions
        }
        _ => {
            fs::remove_file(path).unwrap();
            ErrorKind::KeyringSource
        }
    }
}

#[test]
fn a_signal_takes_up_a_new_keyring_and_a_reload_that_fails_keeps_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    file.read().unwrap().install().unwrap();

    let (answer, reloads) = channel();
    let mut signals = Signals::new([SIGHUP]).unwrap();
    let handle = signals.handle();
    let at = path.clone();
    let listener = thread::spawn(move || {
        for _ in &mut signals {
            let reloaded = KeyringFile::at(&at).read().and_then(Keyring::replace);
            answer.send(reloaded).unwrap();
        }
    });

    let (stop, done) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        let workers = [(); 2].map(|()| scope.spawn(|| work(&stop, &done)));
        for _ in 0..10 {
            // Given to every process as active, and made the primary.
            let key = Key::generate().unwrap();
            let (new, old) = (key.id(), primary());
            file.change(|keyring| keyring.with_key(key, KeyState::Active))
                .unwrap();
            assert!(reload(&reloads).is_ok());
            assert_eq!(primary(), old);
            file.change(|keyring| keyring.promote(new)?.retire(old))
                .unwrap();
            // A file that nobody was told of changes nothing.
            assert_eq!(primary(), old);
            assert!(reload(&reloads).is_ok());
            assert_eq!(primary(), new);
        }
        let (before, whole) = (primary(), fs::read(&path).unwrap());
        for way in 0..4 {
            let kind = spoil(&path, way);
            let worked = done.load(Ordering::Relaxed);
            assert_eq!(reload(&reloads).unwrap_err().kind(), kind);
            assert_eq!(primary(), before);
            // The program goes on under the keyring that it had.
            while done.load(Ordering::Relaxed) < worked + 5 {
                assert!(workers.iter().all(|worker| !worker.is_finished()));
                thread::yield_now();
            }
            let _ = fs::remove_file(&path);
            KeyringFile::create(&path, &Keyring::generate()).unwrap();
            fs::write(&path, &whole).unwrap();
        }
        assert!(reload(&reloads).is_ok());
    });
    handle.close();
    listener.join().unwrap();
    assert!(done.load(Ordering::Relaxed) > 20);
}
