//! The same model through diesel-async and its pools, on each backend, and through r2d2.
//!
//! SQLite is always there. The others are listed as ignored where their URL is not set; they need
//! no client library.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

#[path = "suite/harness.rs"]
mod harness;
#[path = "suite/schema.rs"]
mod schema;

#[path = "asynchronous/place.rs"]
mod place;
#[path = "asynchronous/threads.rs"]
mod threads;

use std::process::ExitCode;
use std::sync::Once;

use encfield::{Key, KeyState, Keyring};
use harness::Module;

/// Keys that every keyring of this process knows.
fn keys() -> &'static [Key] {
    static KEYS: std::sync::OnceLock<Vec<Key>> = std::sync::OnceLock::new();
    KEYS.get_or_init(|| (0..4).map(|_| Key::generate().unwrap()).collect())
}

/// A keyring in which this key is the primary and the others are active.
fn keyring(primary: usize) -> Keyring {
    let others = keys().iter().enumerate().filter(|(at, _)| *at != primary);
    others.fold(Keyring::new(keys()[primary].clone()), |ring, (_, key)| {
        ring.with_key(key.clone(), KeyState::Active).unwrap()
    })
}

fn install_keyring() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| keyring(0).install().unwrap());
}

/// The claims for one backend: a connection type, and where a database of one test is.
macro_rules! backend {
    ($name:ident, $Conn:ty, $Place:ty, [$($batch:ident)?]) => {
        mod $name {
            use diesel::prelude::*;
            use diesel_async::pooled_connection::AsyncDieselConnectionManager;
            use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
            use diesel_async::{
                AsyncConnection, AsyncConnectionCore, RunQueryDsl, SimpleAsyncConnection,
            };
            use encfield::{
                DataKeyTable, DataKeys, Encrypted, Error, ErrorKind, HasDataKeyTable, Keyring, Scope,
                Sealed,
            };

            use crate::place::Place as _;
            use crate::schema::{accounts, profiles};

            type Conn = $Conn;
            type Place = $Place;

            #[encfield::model]
            #[derive(
                Queryable, Selectable, Identifiable, Insertable, AsChangeset, PartialEq, Clone,
            )]
            #[diesel(table_name = profiles)]
            struct Profile {
                id: i32,
                user_id: i32,
                country: Option<String>,
                #[sensitive]
                phone_number: Option<String>,
                #[sensitive]
                passport_number: Option<String>,
            }

            fn profile(id: i32) -> Profile {
                Profile {
                    id,
                    user_id: id * 10,
                    country: None,
                    phone_number: Some(format!("+9198765{id:05}")),
                    passport_number: Some(format!("K{id:07}")),
                }
            }

            /// Runs on a runtime of two threads, with a keyring and a new database.
            fn run<F: Future<Output = ()>>(test: impl FnOnce(Place) -> F) {
                crate::install_keyring();
                let place = Place::create();
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let conn = &mut Conn::establish(&place.url()).await.unwrap();
                    conn.batch_execute(&place.table()).await.unwrap();
                });
                runtime.block_on(test(place));
            }

            fn a_model_is_stored_changed_and_loaded() {
                run(|place| async move {
                    let conn = &mut Conn::establish(&place.url()).await.unwrap();
                    let insert = || diesel::insert_into(profiles::table);
                    insert().values(profile(1)).execute(conn).await.unwrap();
                    insert().values(&profile(2)).execute(conn).await.unwrap();
                    insert().values(&profile(3)).execute(conn).await.unwrap();
                    let changed = Profile {
                        passport_number: Some("Z".into()),
                        ..profile(2)
                    };
                    diesel::update(profiles::table.find(2))
                        .set(&changed)
                        .execute(conn)
                        .await
                        .unwrap();

                    let all = profiles::table
                        .order(profiles::id)
                        .select(Profile::as_select());
                    let loaded: Vec<Profile> = all.load(conn).await.unwrap();
                    assert!(loaded == [profile(1), changed, profile(3)]);

                    let explicit: (Option<Encrypted<String>>, Option<Sealed<String>>) =
                        profiles::table
                            .find(3)
                            .select((profiles::phone_number, profiles::passport_number))
                            .first(conn)
                            .await
                            .unwrap();
                    assert_eq!(explicit.0.unwrap().expose(), "+919876500003");
                    assert_eq!(explicit.1.unwrap().open().unwrap().expose(), "K0000003");
                });
            }

            $(fn $batch() {
                run(|place| async move {
                    let conn = &mut Conn::establish(&place.url()).await.unwrap();
                    let batch: Vec<_> = (1..=100).map(profile).collect();
                    let insert = diesel::insert_into(profiles::table).values(&batch);
                    insert.execute(conn).await.unwrap();
                    let all = profiles::table.order(profiles::id).select(Profile::as_select());
                    let loaded: Vec<Profile> = all.load(conn).await.unwrap();
                    assert!(loaded == batch);
                });
            })?

            fn a_transaction_that_is_rolled_back_leaves_nothing() {
                run(|place| async move {
                    let conn = &mut Conn::establish(&place.url()).await.unwrap();
                    let result = conn
                        .transaction(async |conn: &mut Conn| {
                            diesel::insert_into(profiles::table)
                                .values(&profile(1))
                                .execute(conn)
                                .await?;
                            Err::<(), _>(diesel::result::Error::RollbackTransaction)
                        })
                        .await;
                    result.unwrap_err();
                    let count: i64 = profiles::table.count().get_result(conn).await.unwrap();
                    assert_eq!(count, 0);
                });
            }

            fn a_value_moved_to_another_column_does_not_open() {
                run(|place| async move {
                    let conn = &mut Conn::establish(&place.url()).await.unwrap();
                    let first = profile(1);
                    diesel::insert_into(profiles::table)
                        .values(&first)
                        .execute(conn)
                        .await
                        .unwrap();
                    conn.batch_execute("UPDATE profiles SET passport_number = phone_number")
                        .await
                        .unwrap();
                    let load = profiles::table.select(Profile::as_select());
                    let error = load.first::<Profile>(conn).await.err().unwrap();
                    let cause = Error::cause_of(&error).unwrap();
                    assert_eq!(cause.kind(), ErrorKind::NotAuthentic);
                    assert_eq!(cause.column(), Some("passport_number"));
                });
            }

            /// The passport number under the data key of the user.
            #[encfield::model]
            #[derive(Queryable, Selectable, Insertable, PartialEq)]
            #[diesel(table_name = profiles)]
            struct OfAUser {
                id: i32,
                user_id: i32,
                #[sensitive(scope = user_id)]
                passport_number: Option<String>,
            }

            /// Runs with a new database that has the table of data keys, under a keyring with
            /// data keys that come from there.
            fn run_with_data_keys<F: Future<Output = ()>>(
                test: impl FnOnce(Conn, DataKeys, String) -> F,
            ) {
                let place = Place::create();
                // The one thread of the program's executor waits for the data keys'.
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let url = place.url();
                let connect = move || {
                    <AsyncConnectionWrapper<Conn> as diesel::Connection>::establish(&url)
                };
                let data_keys = DataKeys::new(DataKeyTable::new(connect));
                let keyring = Keyring::generate().with_data_keys(&data_keys);
                keyring.override_within(|| {
                    runtime.block_on(async {
                        let mut conn = Conn::establish(&place.url()).await.unwrap();
                        conn.batch_execute(&place.table()).await.unwrap();
                        let table = <<Conn as AsyncConnectionCore>::Backend as HasDataKeyTable>::CREATE_DATA_KEY_TABLE;
                        conn.batch_execute(table).await.unwrap();
                        test(conn, data_keys, place.url()).await;
                    });
                });
            }

            fn data_keys_come_through_a_connection_that_runs_an_executor() {
                let profile = |id| OfAUser {
                    id,
                    user_id: id,
                    passport_number: Some(format!("K{id}")),
                };
                run_with_data_keys(|mut conn, data_keys, url| async move {
                    let conn = &mut conn;
                    for id in 1..=3 {
                        diesel::insert_into(profiles::table)
                            .values(&profile(id))
                            .execute(conn)
                            .await
                            .unwrap();
                    }
                    let scope = Scope::new("user_id", &2);
                    let shred = move || {
                        let conn = &mut <AsyncConnectionWrapper<Conn> as diesel::Connection>::establish(&url).unwrap();
                        data_keys.shred(conn, &scope)
                    };
                    assert!(tokio::task::spawn_blocking(shred).await.unwrap().unwrap());
                    let load = |id| profiles::table.find(id).select(OfAUser::as_select());
                    assert!(load(1).first::<OfAUser>(conn).await.unwrap() == profile(1));
                    let error = load(2).first::<OfAUser>(conn).await.err().unwrap();
                    assert_eq!(Error::cause_of(&error).unwrap().kind(), ErrorKind::Shredded);
                });
            }

            /// Bound to its row, and under the data key of its user.
            #[encfield::model]
            #[derive(
                Queryable, Selectable, QueryableByName, Identifiable, Insertable, AsChangeset, Clone,
                PartialEq,
            )]
            #[diesel(table_name = profiles)]
            struct Bound {
                id: i32,
                #[diesel(skip_update)]
                user_id: i32,
                #[sensitive(bind = id, scope = user_id)]
                phone_number: Option<String>,
                #[sensitive(bind = id, bind = user_id, scope = user_id)]
                passport_number: Option<String>,
            }

            fn bound_values_in_scopes_come_back() {
                let bound = |id| Bound {
                    id,
                    user_id: 70 + id,
                    phone_number: (id > 1).then(|| format!("+91{id}")),
                    passport_number: Some(format!("K{id}")),
                };
                run_with_data_keys(|mut conn, _, _| async move {
                    let conn = &mut conn;
                    for id in 1..=3 {
                        let insert = diesel::insert_into(profiles::table).values(bound(id));
                        insert.execute(conn).await.unwrap();
                    }
                    let changed = Bound { phone_number: Some("new".into()), ..bound(2) };
                    let update = diesel::update(&changed).set(&changed);
                    update.execute(conn).await.unwrap();
                    let all = profiles::table.order(profiles::id).select(Bound::as_select());
                    let expected = [bound(1), changed, bound(3)];
                    assert!(all.load::<Bound>(conn).await.unwrap() == expected);
                    let raw = || diesel::sql_query("SELECT * FROM profiles ORDER BY id");
                    assert!(raw().load::<Bound>(conn).await.unwrap() == expected);
                    // Of an account without a profile nothing is opened.
                    conn.batch_execute(
                        "CREATE TABLE accounts (id INTEGER PRIMARY KEY NOT NULL, profile_id INTEGER NOT NULL)",
                    )
                    .await
                    .unwrap();
                    for (id, owner) in [(1, 2), (2, 99)] {
                        let account = (accounts::id.eq(id), accounts::profile_id.eq(owner));
                        let insert = diesel::insert_into(accounts::table).values(account);
                        insert.execute(conn).await.unwrap();
                    }
                    let left = accounts::table
                        .left_join(profiles::table)
                        .order(accounts::id)
                        .select((accounts::id, Option::<Bound>::as_select()));
                    let left: Vec<(i32, Option<Bound>)> = left.load(conn).await.unwrap();
                    assert!(left == [(1, Some(expected[1].clone())), (2, None)]);
                    // The row says another user than the one that its values are bound to.
                    conn.batch_execute("UPDATE profiles SET user_id = 99 WHERE id = 3")
                        .await
                        .unwrap();
                    for error in [
                        all.load::<Bound>(conn).await.err().unwrap(),
                        raw().load::<Bound>(conn).await.err().unwrap(),
                    ] {
                        let kind = Error::cause_of(&error).unwrap().kind();
                        assert_eq!(kind, ErrorKind::NotAuthentic);
                    }
                });
            }

            /// Many tasks over a few connections, while the primary key changes under them.
            macro_rules! tasks {
                ($pool:expr) => {{
                    const TASKS: i32 = 32;
                    let pool = $pool;
                    let mut tasks = tokio::task::JoinSet::new();
                    for task in 0..TASKS {
                        let pool = pool.clone();
                        tasks.spawn(async move {
                            let conn = &mut pool.get().await.unwrap();
                            for round in 0..8 {
                                let mine = profile(task * 100 + round + 1);
                                diesel::insert_into(profiles::table)
                                    .values(&mine)
                                    .execute(conn)
                                    .await
                                    .unwrap();
                                let found: Profile = profiles::table
                                    .find(mine.id)
                                    .select(Profile::as_select())
                                    .first(conn)
                                    .await
                                    .unwrap();
                                assert!(found == mine);
                                crate::keyring((task + round) as usize % 4)
                                    .replace()
                                    .unwrap();
                            }
                        });
                    }
                    while let Some(done) = tasks.join_next().await {
                        done.unwrap();
                    }
                    let conn = &mut pool.get().await.unwrap();
                    let all: Vec<Profile> = profiles::table
                        .select(Profile::as_select())
                        .load(conn)
                        .await
                        .unwrap();
                    assert_eq!(all.len(), TASKS as usize * 8);
                    assert!(all.iter().all(|found| *found == profile(found.id)));
                }};
            }

            fn tasks_share_a_deadpool_while_the_keyring_is_swapped() {
                run(|place| async move {
                    let manager = AsyncDieselConnectionManager::<Conn>::new(place.url());
                    let pool = diesel_async::pooled_connection::deadpool::Pool::builder(manager)
                        .max_size(place.connections())
                        .build()
                        .unwrap();
                    tasks!(pool);
                });
            }

            fn tasks_share_a_bb8_pool_while_the_keyring_is_swapped() {
                run(|place| async move {
                    let manager = AsyncDieselConnectionManager::<Conn>::new(place.url());
                    let pool = diesel_async::pooled_connection::bb8::Pool::builder()
                        .max_size(place.connections() as u32)
                        .build(manager)
                        .await
                        .unwrap();
                    tasks!(pool);
                });
            }

            crate::harness::claims![
                a_model_is_stored_changed_and_loaded,
                $($batch,)?
                a_transaction_that_is_rolled_back_leaves_nothing,
                a_value_moved_to_another_column_does_not_open,
                data_keys_come_through_a_connection_that_runs_an_executor,
                bound_values_in_scopes_come_back,
                tasks_share_a_deadpool_while_the_keyring_is_swapped,
                tasks_share_a_bb8_pool_while_the_keyring_is_swapped,
            ];
        }
    };
}

// diesel-async cannot insert a batch into SQLite, whatever its values are.
backend!(
    sqlite,
    diesel_async::sync_connection_wrapper::SyncConnectionWrapper<SqliteConnection>,
    crate::place::Sqlite,
    []
);
backend!(
    postgres,
    diesel_async::AsyncPgConnection,
    crate::place::Postgres,
    [a_batch_is_stored]
);
backend!(
    mysql,
    diesel_async::AsyncMysqlConnection,
    crate::place::Mysql,
    [a_batch_is_stored]
);

fn main() -> ExitCode {
    let unset = |name: &str| {
        std::env::var_os(name)
            .is_none()
            .then(|| format!("{name} is not set"))
    };
    harness::run([
        Module::new("sqlite", sqlite::CLAIMS),
        Module::new("threads", threads::CLAIMS),
        Module::new("postgres", postgres::CLAIMS).needs(unset(place::POSTGRES_URL)),
        Module::new("mysql", mysql::CLAIMS).needs(unset(place::MYSQL_URL)),
    ])
}
