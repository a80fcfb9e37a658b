//! One keyring a process: where it comes from, installed once, swapped while it runs.
//!
//! The environment and the installed keyring are the process's, so each test runs its body in a
//! process of its own.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use encfield_core::{Context, ErrorKind, Key, KeyState, Keyring};

const CHILD: &str = "ENCFIELD_TEST_CHILD";

/// Whether this process is the child that runs the body of a test.
fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs the test again in a child with these variables, and fails where the child fails.
fn run_in_child(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env_remove("ENCFIELD_KEYRING")
        .env_remove("ENCFIELD_KEYRING_FILE")
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("1 passed"), "the child ran no test: {text}");
    print!(
        "{}",
        text.lines()
            .filter(|line| line.contains("swaps"))
            .collect::<String>()
    );
}

fn private_file(folder: &Path, json: &str) -> String {
    let path = folder.join("keyring.json");
    std::fs::write(&path, json).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_second_install_is_refused_and_the_first_stays() {
    if !is_child() {
        return run_in_child("a_second_install_is_refused_and_the_first_stays", &[]);
    }
    assert!(Keyring::installed().is_none());
    assert_eq!(
        Keyring::generate().replace().unwrap_err().kind(),
        ErrorKind::NoKeyring
    );
    let first = Keyring::generate();
    first.clone().install().unwrap();
    let error = Keyring::generate().install().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyringInstalled);
    let installed = Keyring::installed().unwrap();
    assert_eq!(installed.primary_id().unwrap(), first.primary_id().unwrap());
}

#[test]
fn the_environment_gives_the_json_or_names_a_file() {
    if !is_child() {
        let keyring = Keyring::generate();
        let json = keyring.to_json().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = private_file(folder.path(), &json);
        let expected = ("EXPECTED", &*keyring.primary_id().unwrap().to_string());
        for source in [
            ("ENCFIELD_KEYRING", json.as_str()),
            ("ENCFIELD_KEYRING_FILE", &path),
        ] {
            run_in_child(
                "the_environment_gives_the_json_or_names_a_file",
                &[source, expected],
            );
        }
        return;
    }
    let found = Keyring::from_env().unwrap().primary_id().unwrap();
    assert_eq!(found.to_string(), env::var("EXPECTED").unwrap());
}

#[test]
fn an_environment_with_neither_or_both_says_what_to_set() {
    if !is_child() {
        let name = "an_environment_with_neither_or_both_says_what_to_set";
        let json = Keyring::generate().to_json().unwrap();
        run_in_child(name, &[]);
        run_in_child(
            name,
            &[
                ("ENCFIELD_KEYRING", &json),
                ("ENCFIELD_KEYRING_FILE", "/nowhere"),
            ],
        );
        return;
    }
    let error = Keyring::from_env().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyringSource);
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("ENCFIELD_KEYRING ") && text.contains("ENCFIELD_KEYRING_FILE"),
        "{text}"
    );
    if let Ok(json) = env::var("ENCFIELD_KEYRING") {
        let key = &json[json.find("\"key\"").unwrap() + 8..][..12];
        assert!(!text.contains(key));
    }
}

#[test]
fn a_keyring_is_swapped_while_readers_and_writers_run() {
    if !is_child() {
        return run_in_child("a_keyring_is_swapped_while_readers_and_writers_run", &[]);
    }
    let place = Context::new("profiles", "phone_number");
    let keys: Vec<_> = (0..8).map(|_| Key::generate().unwrap()).collect();
    // Each keyring knows every key; they differ in which one is primary.
    let ring = |primary: usize| {
        let others = keys.iter().enumerate().filter(|(at, _)| *at != primary);
        others.fold(Keyring::new(keys[primary].clone()), |ring, (_, key)| {
            ring.with_key(key.clone(), KeyState::Active).unwrap()
        })
    };
    ring(0).install().unwrap();
    let done = AtomicBool::new(false);
    // Each thread opens what it has just sealed, and what it sealed some keyrings ago.
    let work = || {
        let (mut operations, mut older) = (0_u64, std::collections::VecDeque::new());
        while !done.load(Ordering::Relaxed) || operations == 0 {
            let value = operations.to_be_bytes();
            let keyring = Keyring::installed().unwrap();
            older.push_back((value, keyring.seal(&place, &value).unwrap()));
            let oldest = older.len() > 50;
            for (value, sealed) in [older.back(), older.front()].into_iter().flatten() {
                let opened = Keyring::installed().unwrap().open(&place, sealed).unwrap();
                assert_eq!(&**opened, value);
            }
            if oldest {
                older.pop_front();
            }
            operations += 1;
        }
        operations
    };
    // For as long as `scripts/swap-keys` says.
    let seconds = env::var("ENCFIELD_SWAP_SECONDS").map_or(0, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut swaps = 0;
    let operations: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..64).map(|_| scope.spawn(work)).collect();
        while swaps < 100 || Instant::now() < end {
            ring(swaps % keys.len()).replace().unwrap();
            swaps += 1;
        }
        done.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    println!("64 threads: {operations} values sealed and opened over {swaps} swaps, none lost");
}
