//! A data key for each tenant, and one of them destroyed: `cargo run --example tenants`.
//!
//! Needs no server, no system library and no environment variable.

#![allow(clippy::print_stdout, missing_docs, missing_debug_implementations)]

use std::error::Error;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    DataKeyTable, DataKeys, Error as EncfieldError, Key, Keyring, KeyringFile, Scope, Tombstones,
};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    notes (id) {
        id -> Integer,
        tenant_id -> Integer,
        text -> Ciphertext<text>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
struct Note {
    id: i32,
    tenant_id: i32,
    #[sensitive(scope = tenant_id)]
    text: String,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = tempfile::tempdir()?;
    let url = folder.path().join("notes.sqlite");
    let url = url.to_str().ok_or("not UTF-8")?.to_owned();
    let conn = &mut open(&url)?;
    conn.batch_execute(
        "CREATE TABLE notes (
             id INTEGER PRIMARY KEY NOT NULL,
             tenant_id INTEGER NOT NULL,
             text BLOB NOT NULL
         )",
    )?;
    DataKeys::create_table(conn)?;

    // The data keys have a connection of their own, and are wrapped under a keyring of their own: it
    // can be changed without storing a single note again.
    let wrapping = KeyringFile::create(folder.path().join("wrapping.json"), &Keyring::generate())?;
    let tombstones = Tombstones::create(folder.path().join("tombstones.json"))?;
    let data_keys = DataKeys::new(DataKeyTable::new({
        let url = url.clone();
        move || open(&url)
    }))
    .with_tombstones(tombstones);
    wrapping.read()?.install_for_table(DataKeys::TABLE)?;
    Keyring::generate().with_data_keys(&data_keys).install()?;
    // Columns, keys, data keys and their table: what is not as it should be is said before it is used.
    let report = encfield::check(conn, &encfield::inventory![Note]?).into_result()?;
    println!("{report}");

    for (id, tenant_id) in [(1, 7), (2, 7), (3, 8)] {
        let text = format!("note {id} of tenant {tenant_id}");
        diesel::insert_into(notes::table)
            .values(&Note {
                id,
                tenant_id,
                text,
            })
            .execute(conn)?;
    }
    show(conn, 7)?;
    show(conn, 8)?;

    println!("tenant 7 leaves");
    data_keys.shred(conn, &Scope::new("tenant_id", &7))?;
    show(conn, 7)?;
    show(conn, 8)?;

    // A backup of the database from before has tenant 7's data key, wrapped. Change what wraps the
    // data keys, and the backup opens no more.
    let old = wrapping.read()?.primary_id()?;
    let change = |keyring: &Keyring| keyring.with_primary(Key::generate()?)?.retire(old);
    wrapping
        .change(change)?
        .replace_for_table(DataKeys::TABLE)?;
    let wrapped = data_keys.rewrap(conn)?;
    let left = data_keys.wrapped_under(conn, old)?;
    wrapping
        .change(|keyring| keyring.remove(old, left))?
        .replace_for_table(DataKeys::TABLE)?;
    println!("wrapped {wrapped} data key again, and removed the key before");
    show(conn, 8)?;
    Ok(())
}

fn open(url: &str) -> Result<SqliteConnection, Box<dyn Error + Send + Sync>> {
    let mut conn = SqliteConnection::establish(url)?;
    conn.batch_execute("PRAGMA busy_timeout = 10000")?;
    Ok(conn)
}

fn show(conn: &mut SqliteConnection, tenant_id: i32) -> QueryResult<()> {
    let notes = notes::table
        .filter(notes::tenant_id.eq(tenant_id))
        .select(Note::as_select())
        .load(conn);
    match notes {
        Ok(notes) => {
            for note in notes {
                println!("{}: {}", note.id, note.text);
            }
            Ok(())
        }
        Err(error) => match EncfieldError::cause_of(&error) {
            Some(reason) => {
                println!("{reason}");
                Ok(())
            }
            None => Err(error),
        },
    }
}
