//! Change keys while a program reads and writes: `cargo run --example rotate`.
//!
//! Needs no server, no system library and no environment variable.

#![allow(clippy::print_stdout, missing_docs, missing_debug_implementations)]

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    CiphertextExpressionMethods, IndexExpressionMethods, Key, KeyState, Keyring, KeyringFile,
    inventory,
};

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
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
struct Profile {
    id: i32,
    #[sensitive(index = passport_index)]
    passport_number: String,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let file = KeyringFile::create(folder.path().join("keyring.json"), &Keyring::generate())?;
    file.read()?.install()?;
    let database = folder.path().join("profiles.sqlite");
    let conn = &mut open(&database)?;
    conn.batch_execute(
        "CREATE TABLE profiles (
             id INTEGER PRIMARY KEY NOT NULL,
             passport_number BLOB NOT NULL,
             passport_index BLOB NOT NULL UNIQUE
         )",
    )?;
    let (done, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| -> Outcome<()> {
        let worker = scope.spawn(|| work(&database, &done, &stop));
        let rotated = rotate(&file, conn, &done, &stop);
        stop.store(true, Ordering::Relaxed);
        worker.join().map_err(|_| "the worker panicked")??;
        rotated
    })?;
    println!(
        "{} reads and writes meanwhile, none failed",
        done.load(Ordering::Relaxed)
    );
    println!("{:?}", file.read()?);
    Ok(())
}

fn open(database: &Path) -> Outcome<SqliteConnection> {
    let mut conn = SqliteConnection::establish(database.to_str().ok_or("not UTF-8")?)?;
    conn.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 10000",
    )?;
    Ok(conn)
}

/// Stores profiles and finds them again.
fn work(database: &Path, done: &AtomicU32, stop: &AtomicBool) -> Outcome<()> {
    let result = (|| {
        let conn = &mut open(database)?;
        for id in 1.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let profile = Profile {
                id,
                passport_number: format!("K{id:07}"),
            };
            diesel::insert_into(profiles::table)
                .values(&profile)
                .execute(conn)?;
            let wanted = format!("K{:07}", 1 + id / 2);
            let found: Profile = profiles::table
                .filter(profiles::passport_index.matches(&wanted))
                .select(Profile::as_select())
                .first(conn)?;
            assert_eq!(found.passport_number, wanted);
            done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    })();
    stop.store(true, Ordering::Relaxed);
    result
}

fn rotate(
    file: &KeyringFile<'_>,
    conn: &mut SqliteConnection,
    done: &AtomicU32,
    stop: &AtomicBool,
) -> Outcome<()> {
    let old = file.read()?.primary_id()?;
    let key = Key::generate()?;
    let new = key.id();

    // Every process takes up the new key before one of them seals under it. Here there is one.
    file.change(|keyring| keyring.with_key(key, KeyState::Active))?
        .replace()?;
    println!("added     {new}");
    file.change(|keyring| keyring.promote(new)?.retire(old))?
        .replace()?;
    println!("promoted  {new}, retired {old}");

    // What was sealed before is on its way until the statements end that were begun before.
    begun_statements_end(done, stop);
    let models = inventory![Profile]?;
    let left = models.values_under(conn, old)?;
    println!("{left} values to store again");
    loop {
        // In one transaction, so that no change of somebody else's is lost in between.
        let stored = conn.immediate_transaction(|conn| {
            let rows: Vec<Profile> = profiles::table
                .filter(profiles::passport_number.sealed_under(old))
                .limit(100)
                .select(Profile::as_select())
                .load(conn)?;
            for row in &rows {
                diesel::update(row).set(row).execute(conn)?;
            }
            QueryResult::Ok(rows.len())
        })?;
        if stored == 0 {
            break;
        }
    }
    // And a load that began before its row was stored again has a value of the old key in hand.
    begun_statements_end(done, stop);
    // It counts once more: in every column of the models, and refused while one value needs the key.
    file.change(|keyring| models.remove_key(conn, keyring, old))?
        .replace()?;
    println!("removed   {old}");
    Ok(())
}

/// Waits for what the worker has begun. A program would do this step later, or in its next deployment.
fn begun_statements_end(done: &AtomicU32, stop: &AtomicBool) {
    let begun = done.load(Ordering::Relaxed);
    while done.load(Ordering::Relaxed) < begun + 2 && !stop.load(Ordering::Relaxed) {
        thread::yield_now();
    }
}
