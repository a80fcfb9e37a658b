//! Whoever is killed while it writes a keyring file leaves the old one or the new one, whole.
//!
//! The children are this program again, with one test that does what the environment says. Each says a
//! line for every change that is done, so that the parent knows what must not be lost.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use encfield_core::{Error, ErrorKind, Key, KeyId, KeyState, Keyring, KeyringFile, LocalKey};

/// What a child does until it is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    /// Changes the primary key.
    Change,
    /// The same in a wrapped file.
    ChangeWrapped,
    /// Makes the file and takes it away again.
    Create,
    /// The same with a wrapped file.
    CreateWrapped,
    /// Puts the file under another key-encryption key, back and forth.
    Rewrap,
    /// Adds keys.
    Add,
    /// Adds 30 keys, and ends.
    AddSome,
}

const ALL: [Work; 7] = [
    Work::Change,
    Work::ChangeWrapped,
    Work::Create,
    Work::CreateWrapped,
    Work::Rewrap,
    Work::Add,
    Work::AddSome,
];

const WORK: &str = "ENCFIELD_TEST_WORK";
const PATH: &str = "ENCFIELD_TEST_PATH";

/// A key-encryption key that parent and child know.
fn wrapping(number: u8) -> LocalKey {
    LocalKey::new(Key::from_hex(&format!("{number:02x}").repeat(32)).unwrap())
}

fn at(path: &Path, work: Work, wrapping: &'static LocalKey) -> KeyringFile<'static> {
    let file = KeyringFile::at(path);
    match work {
        Work::ChangeWrapped | Work::CreateWrapped | Work::Rewrap => file.wrapped_by(wrapping),
        _ => file,
    }
}

/// A key-encryption key for the rest of the process.
fn lasting(number: u8) -> &'static LocalKey {
    Box::leak(Box::new(wrapping(number)))
}

fn rotated(keyring: &Keyring) -> Result<Keyring, Error> {
    let old = keyring.primary_id()?;
    let keyring = keyring.with_primary(Key::generate()?)?;
    keyring.retire(old)?.remove(old, 0)
}

/// The child. Run as a test of its own it does nothing.
#[test]
fn a_writer_that_is_to_be_killed() {
    let (Ok(work), Some(path)) = (std::env::var(WORK), std::env::var_os(PATH)) else {
        return;
    };
    let path = PathBuf::from(path);
    let work = ALL.into_iter().find(|known| format!("{known:?}") == work);
    let work = work.unwrap();
    let (one, other) = (lasting(1), lasting(2));
    let file = at(&path, work, one);
    println!("\nat work");
    for round in 0.. {
        match work {
            Work::Change | Work::ChangeWrapped => {
                let keyring = file.change(rotated).unwrap();
                println!("done {}", keyring.primary_id().unwrap());
            }
            Work::Create | Work::CreateWrapped => {
                let keyring = Keyring::generate();
                file.make(&keyring).unwrap();
                println!("done {}", keyring.primary_id().unwrap());
                fs::remove_file(&path).unwrap();
            }
            Work::Rewrap => {
                // Whoever was here before left it under the one or the other.
                let plain = KeyringFile::at(&path);
                if plain.wrapped_by(one).rewrap(other).is_err() {
                    plain.wrapped_by(other).rewrap(one).unwrap();
                }
                println!("done");
            }
            Work::Add | Work::AddSome => {
                if work == Work::AddSome && round == 30 {
                    break;
                }
                let key = Key::generate().unwrap();
                let id = key.id();
                file.change(|keyring| keyring.with_key(key, KeyState::Active))
                    .unwrap();
                println!("done {id}");
            }
        }
    }
}

/// A child at work.
struct Writer {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Writer {
    fn start(path: &Path, work: Work) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_writer_that_is_to_be_killed", "--nocapture"])
            .env(WORK, format!("{work:?}"))
            .env(PATH, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next changes that are done, or fewer where the child ended.
    fn next(&mut self, count: usize) -> Vec<String> {
        let lines = self.lines.by_ref().map_while(Result::ok);
        let done =
            lines.filter_map(|line| line.strip_prefix("done").map(|id| id.trim().to_owned()));
        done.take(count).collect()
    }

    /// Kills it, and says what it had done since the parent looked last.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.next(usize::MAX)
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Starts a writer 60 times and kills it at another step each time. `check` gets what was done.
fn kill_over_and_over(path: &Path, work: Work, mut check: impl FnMut(&[String])) {
    let mut half_written = 0;
    for round in 0..60_u32 {
        let mut writer = Writer::start(path, work);
        let mut done = writer.next(1);
        let start = Instant::now();
        let some = 1 + usize::try_from(round % 2).unwrap();
        done.extend(writer.next(some));
        assert_eq!(done.len(), 1 + some, "the writer ended by itself");
        // Each time a little later in the time that one change takes here and now.
        spin(start.elapsed() / u32::try_from(some).unwrap() * round / 60);
        done.extend(writer.kill());
        half_written += u32::from(path.with_file_name("keyring.json.new").exists());
        check(&done);
    }
    // Some died with a new file begun: this is about nothing else.
    assert!(half_written > 0, "no writer was killed in the midst");
}

fn primary(file: &KeyringFile<'_>) -> String {
    let keyring = file.read().unwrap();
    assert_eq!(keyring.keys().count(), 2);
    keyring.primary_id().unwrap().to_string()
}

fn a_change_leaves_a_whole_file(work: Work) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = at(&path, work, lasting(1));
    file.make(&Keyring::generate()).unwrap();
    let mut seen = BTreeSet::new();
    kill_over_and_over(&path, work, |done| {
        let now = primary(&file);
        let (last, before) = done.split_last().unwrap();
        // The last that was done, or the next, which was done and not said.
        assert!(!before.contains(&now), "a change was lost");
        assert!(*last == now || seen.insert(now), "an old keyring came back");
        seen.extend(done.iter().cloned());
    });
    // The lock went with the last of them.
    file.change(rotated).unwrap();
}

#[test]
fn a_change_that_is_killed_leaves_a_whole_file() {
    a_change_leaves_a_whole_file(Work::Change);
}

#[test]
fn a_wrapped_change_that_is_killed_leaves_a_whole_file() {
    a_change_leaves_a_whole_file(Work::ChangeWrapped);
}

fn a_new_file_is_there_whole_or_not_at_all(work: Work) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = at(&path, work, lasting(1));
    let (mut there, mut not_there) = (0, 0);
    kill_over_and_over(&path, work, |_| {
        if path.exists() {
            there += 1;
            primary(&file);
            fs::remove_file(&path).unwrap();
        } else {
            not_there += 1;
            // Nothing that was left stands in the way.
            file.make(&Keyring::generate()).unwrap();
            primary(&file);
            fs::remove_file(&path).unwrap();
        }
    });
    assert!(
        there + not_there == 60 && not_there > 0,
        "{there} {not_there}"
    );
}

#[test]
fn a_new_file_whose_writer_is_killed_is_there_whole_or_not_at_all() {
    a_new_file_is_there_whole_or_not_at_all(Work::Create);
}

#[test]
fn a_new_wrapped_file_whose_writer_is_killed_is_there_whole_or_not_at_all() {
    a_new_file_is_there_whole_or_not_at_all(Work::CreateWrapped);
}

#[test]
fn a_new_key_encryption_key_that_is_killed_leaves_a_file_for_one_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let (one, other) = (wrapping(1), wrapping(2));
    let keyring = Keyring::generate();
    let file = KeyringFile::at(&path);
    file.wrapped_by(&one).make(&keyring).unwrap();
    let mut of_one = 0;
    kill_over_and_over(&path, Work::Rewrap, |_| {
        let [one, other] = [&one, &other].map(|key| file.wrapped_by(key).read());
        of_one += u32::from(one.is_ok());
        let (opened, refused) = match (one, other) {
            (Ok(opened), Err(refused)) | (Err(refused), Ok(opened)) => (opened, refused),
            (one, other) => panic!("{one:?} {other:?}"),
        };
        assert_eq!(refused.kind(), ErrorKind::NotUnwrapped);
        assert_eq!(*opened.to_json().unwrap(), *keyring.to_json().unwrap());
    });
    assert!((1..60).contains(&of_one), "{of_one} of 60 under the first");
}

fn encryption_ids(file: &KeyringFile<'_>) -> BTreeSet<String> {
    let keyring = file.read().unwrap();
    let ids = keyring
        .encryption_keys()
        .map(|(id, _): (KeyId, _)| id.to_string());
    ids.collect()
}

#[test]
fn processes_that_write_at_once_lose_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    let mut writers = [(); 3].map(|()| Writer::start(&path, Work::AddSome));
    let done: Vec<_> = writers
        .iter_mut()
        .flat_map(|writer| writer.next(30))
        .collect();
    for mut writer in writers {
        assert!(writer.child.wait().unwrap().success());
    }
    let there = encryption_ids(&file);
    assert_eq!((done.len(), there.len()), (90, 91));
    assert!(done.iter().all(|id| there.contains(id)));
}

/// The lock of one that dies does not keep the others out, and what it had done stays.
#[test]
fn a_process_that_is_killed_beside_another_costs_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate()).unwrap();
    for round in 0..5 {
        let mut lives = Writer::start(&path, Work::AddSome);
        let mut dies = Writer::start(&path, Work::Add);
        let mut done = dies.next(3 + round);
        done.extend(dies.kill());
        let of_the_other = lives.next(30);
        assert_eq!(of_the_other.len(), 30);
        assert!(lives.child.wait().unwrap().success());
        let there = encryption_ids(&file);
        for id in done.iter().chain(&of_the_other) {
            assert!(there.contains(id), "a change was lost");
        }
    }
}
