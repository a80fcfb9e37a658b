//! Diesel's own pool, r2d2, under many threads; and one thread that runs many tasks.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use encfield::Encrypted;

use crate::place::{Place, Sqlite};
use crate::schema::profiles;

fn threads_share_an_r2d2_pool_while_the_keyring_is_swapped() {
    crate::install_keyring();
    let place = Sqlite::create();
    let manager = ConnectionManager::<SqliteConnection>::new(place.url());
    let pool = Pool::builder().max_size(4).build(manager).unwrap();
    pool.get().unwrap().batch_execute(&place.table()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let pool = pool.clone();
            scope.spawn(move || {
                let conn = &mut pool.get().unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA synchronous = OFF")
                    .unwrap();
                for round in 0..20 {
                    let id = thread * 100 + round;
                    let passport = Encrypted::new(format!("K{id:07}"));
                    diesel::insert_into(profiles::table)
                        .values((
                            profiles::id.eq(id),
                            profiles::user_id.eq(id),
                            profiles::passport_number.eq(&passport),
                        ))
                        .execute(conn)
                        .unwrap();
                    let found = profiles::table
                        .find(id)
                        .select(profiles::passport_number)
                        .first::<Option<Encrypted<String>>>(conn)
                        .unwrap();
                    assert_eq!(found, Some(passport));
                    crate::keyring((thread + round) as usize % 4)
                        .replace()
                        .unwrap();
                }
            });
        }
    });
}

/// A value that is sealed or opened waits for nothing: no task holds up the others on its thread.
fn tasks_on_one_thread_seal_and_open_side_by_side() {
    crate::install_keyring();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        const TASKS: usize = 100;
        let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(TASKS));
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..TASKS {
            let barrier = std::sync::Arc::clone(&barrier);
            tasks.spawn(async move {
                let place = encfield::Context::new("profiles", "phone_number");
                let keyring = encfield::Keyring::installed().unwrap();
                let sealed = keyring.encrypt(&place, &task).unwrap();
                // Everybody has sealed before anybody opens.
                barrier.wait().await;
                assert_eq!(keyring.decrypt::<usize>(&place, &sealed).unwrap(), task);
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
}

crate::harness::claims![
    threads_share_an_r2d2_pool_while_the_keyring_is_swapped,
    tasks_on_one_thread_seal_and_open_side_by_side,
];
