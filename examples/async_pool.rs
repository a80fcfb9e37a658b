//! Many tasks over one pool of asynchronous connections: `cargo run --example async_pool`.
//!
//! `DATABASE_URL` names a PostgreSQL server. diesel-async speaks to it without a client library.

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;

use diesel::prelude::*;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use encfield::{Key, KeyState, Keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    encfield_example_profiles (id) {
        id -> Integer,
        passport_number -> Ciphertext<passport_number>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = encfield_example_profiles)]
struct Profile {
    id: i32,
    #[sensitive]
    passport_number: String,
}

const TASKS: i32 = 100;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let Ok(url) = std::env::var("DATABASE_URL") else {
        return Err("set DATABASE_URL, for example to postgres://postgres@127.0.0.1/test".into());
    };
    let (old, new) = (Key::generate()?, Key::generate()?);
    Keyring::new(old.clone()).install()?;

    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
    let pool = Pool::builder(manager).max_size(8).build()?;
    pool.get()
        .await?
        .batch_execute(
            "DROP TABLE IF EXISTS encfield_example_profiles;
             CREATE TABLE encfield_example_profiles (id INTEGER PRIMARY KEY, passport_number BYTEA NOT NULL)",
        )
        .await?;

    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=TASKS {
        let pool = pool.clone();
        tasks.spawn(async move {
            let conn = &mut pool.get().await.map_err(|error| error.to_string())?;
            let profile = Profile {
                id,
                passport_number: format!("K{id:07}"),
            };
            diesel::insert_into(encfield_example_profiles::table)
                .values(&profile)
                .execute(conn)
                .await
                .map_err(|error| error.to_string())
        });
        // Half-way the program takes up a new primary key. The old one still opens.
        if id == TASKS / 2 {
            Keyring::new(new.clone())
                .with_key(old.clone(), KeyState::Active)?
                .replace()?;
        }
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }

    let conn = &mut pool.get().await?;
    let found: Vec<Profile> = encfield_example_profiles::table
        .select(Profile::as_select())
        .order(encfield_example_profiles::id)
        .load(conn)
        .await?;
    let right = found
        .iter()
        .filter(|profile| profile.passport_number == format!("K{:07}", profile.id))
        .count();
    println!("{TASKS} tasks stored, {right} passport numbers read back, under two keys");
    for profile in found.iter().take(1) {
        println!("{profile:?}");
    }
    conn.batch_execute("DROP TABLE encfield_example_profiles")
        .await?;
    Ok(())
}
