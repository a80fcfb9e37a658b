//! A process that is killed while it shreds leaves a file of tombstones that is whole, and that names
//! what is destroyed before it is destroyed.
//!
//! The child is this program again, with one test that shreds until it is killed.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use encfield::{DataKeyTable, DataKeys, ErrorKind, Key, Keyring, Scope, Tombstones};

const FOLDER: &str = "ENCFIELD_TEST_SHREDS_IN";

/// More than a child shreds before it is killed.
const SCOPES: u32 = 2_000;

fn scope(number: u32) -> Scope {
    Scope::new("tenant", &number)
}

fn open(folder: &Path) -> SqliteConnection {
    use diesel::connection::SimpleConnection;

    let path = folder.join("keys.sqlite");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 10000",
    )
    .unwrap();
    conn
}

fn data_keys(folder: &Path) -> DataKeys {
    let own = folder.to_owned();
    DataKeys::new(DataKeyTable::new(move || {
        Ok::<_, ConnectionError>(open(&own))
    }))
    .with_tombstones(Tombstones::at(folder.join("tombstones.json")))
}

/// The keyring that wraps, the same in each process.
fn keyring() -> Keyring {
    Keyring::new(Key::from_hex(&"5a".repeat(32)).unwrap())
}

/// The child. Run as a test of its own it does nothing.
#[test]
fn a_process_that_shreds_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let conn = &mut open(&folder);
    let data_keys = data_keys(&folder);
    keyring().with_data_keys(&data_keys).override_within(|| {
        println!();
        for number in 0..SCOPES {
            if data_keys.shred(conn, &scope(number)).unwrap() {
                println!("done {number}");
            }
        }
    });
}

#[derive(QueryableByName)]
struct Destroyed {
    #[diesel(sql_type = diesel::sql_types::Text)]
    scope: String,
}

/// The scopes whose data key is destroyed, as the database says.
fn destroyed(conn: &mut SqliteConnection) -> Vec<u32> {
    let rows: Vec<Destroyed> =
        diesel::sql_query("SELECT scope FROM encfield_data_keys WHERE wrapped_key IS NULL")
            .load(conn)
            .unwrap();
    let number = |row: Destroyed| row.scope.strip_prefix("tenant=").unwrap().parse().unwrap();
    rows.into_iter().map(number).collect()
}

#[test]
fn whoever_is_killed_while_it_shreds_leaves_every_tombstone() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let tombstones = Tombstones::create(folder.join("tombstones.json")).unwrap();
    let conn = &mut open(folder);
    DataKeys::create_table(conn).unwrap();
    let all: Vec<_> = (0..SCOPES).map(scope).collect();
    let data_keys = data_keys(folder);
    keyring().with_data_keys(&data_keys).override_within(|| {
        data_keys.prepare(conn, &all).unwrap();
    });

    let (mut half_written, mut ahead, mut said) = (0, 0, Vec::new());
    for round in 0..40_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_process_that_shreds_until_it_is_killed",
                "--nocapture",
            ])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut done = lines.map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("done ")
                .map(|n| n.parse::<u32>().unwrap())
        });
        said.push(done.next().unwrap());
        let start = Instant::now();
        said.push(done.next().unwrap());
        // Each time a little later in the time that one takes here and now.
        spin(start.elapsed() * round / 40);
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(done);
        half_written += u32::from(folder.join("tombstones.json.new").exists());

        // The file is whole, and says all that the database says and that the child said.
        let gone = destroyed(conn);
        for number in said.iter().chain(&gone) {
            assert!(tombstones.name(&scope(*number)).unwrap(), "{number}");
        }
        assert!(said.iter().all(|number| gone.contains(number)));
        // One may be written down and not destroyed yet; it is refused already, and destroyed now.
        keyring().with_data_keys(&data_keys).override_within(|| {
            ahead += data_keys.bury(conn).unwrap();
            let error = data_keys.prepare(conn, &[scope(said[0])]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Shredded);
            data_keys.prepare(conn, &[scope(SCOPES - 1)]).unwrap();
        });
    }
    assert!(half_written > 0, "no child was killed in the midst");
    println!(
        "{} shredded, {half_written} files half written, {ahead} written down alone",
        said.len()
    );
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
