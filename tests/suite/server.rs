//! What a server adds: it can end a connection, and it has columns of a limited length.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::backend::{connection_id, end_connection, limited_column};
use crate::database::{create, ddl, holds};
use crate::schema::accounts;

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, PartialEq, Clone)]
#[diesel(table_name = accounts)]
struct Account {
    profile_id: i32,
    #[sensitive]
    iban: String,
    #[sensitive]
    note: String,
}

fn account(iban: &str) -> Account {
    Account {
        profile_id: 1,
        iban: iban.into(),
        note: "note".into(),
    }
}

fn a_connection_lost_in_a_batch_leaves_nothing_half_written() {
    let database = create();
    let (conn, other) = (&mut database.open(), &mut database.open());
    let id = connection_id(conn);
    let result = conn.transaction(|conn| {
        for number in 0..10 {
            if number == 5 {
                end_connection(id, other);
            }
            diesel::insert_into(accounts::table)
                .values(&account("DE02"))
                .execute(conn)?;
        }
        QueryResult::Ok(())
    });
    let text = format!("{:?}", result.unwrap_err());
    assert!(!text.contains("DE02"), "{text}");
    assert_eq!(accounts::table.count().get_result::<i64>(other).unwrap(), 0);
    diesel::insert_into(accounts::table)
        .values(vec![account("DE02"); 3])
        .execute(&mut database.open())
        .unwrap();
    assert_eq!(accounts::table.count().get_result::<i64>(other).unwrap(), 3);
}

fn a_value_too_long_for_its_column_is_refused_and_its_batch_with_it() {
    let database = create();
    let conn = &mut database.open();
    // Room for ten bytes of plaintext.
    conn.batch_execute(&limited_column("accounts", "iban", 60))
        .unwrap();
    diesel::insert_into(accounts::table)
        .values(&account("0123456789"))
        .execute(conn)
        .unwrap();
    let batch = vec![account("0123456789"), account("0123456789A"), account("x")];
    let error = diesel::insert_into(accounts::table)
        .values(&batch)
        .execute(conn)
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("0123456789A"), "{text}");
    assert_eq!(accounts::table.count().get_result::<i64>(conn).unwrap(), 1);
    let update = diesel::update(accounts::table)
        .set(accounts::iban.eq(encfield::Encrypted::new("0123456789A".to_owned())));
    update.execute(conn).unwrap_err();
    assert!(
        accounts::table
            .select(Account::as_select())
            .load(conn)
            .unwrap()
            == [account("0123456789")]
    );
}

/// What becomes of a value in a column of another type is the server's to say. Whatever it says, the
/// value is there whole or the transaction is not, and no plaintext is.
fn a_column_of_text_or_numbers_holds_a_value_whole_or_not_at_all() {
    let database = create();
    let conn = &mut database.open();
    for wrong in ["{text}", "INTEGER"] {
        conn.batch_execute(&ddl(&format!(
            "DROP TABLE accounts;
             CREATE TABLE accounts (
                 id {{counter}}, profile_id INTEGER NOT NULL, iban {wrong}, note {{bytes}}
             );"
        )))
        .unwrap();
        let result = conn.transaction(|conn| {
            diesel::sql_query("INSERT INTO accounts (profile_id, note) VALUES (1, NULL)")
                .execute(conn)?;
            diesel::insert_into(accounts::table)
                .values(&account("marked-iban"))
                .execute(conn)
        });
        if let Err(error) = result {
            let text = format!("{error} {error:?}");
            assert!(
                text.contains("iban") && !text.contains("marked-iban"),
                "{text}"
            );
            assert_eq!(
                accounts::table.count().get_result::<i64>(conn).unwrap(),
                0,
                "{wrong}"
            );
            continue;
        }
        assert!(!holds(&database.bytes(), b"marked-iban"), "{wrong}");
        let loaded = accounts::table
            .filter(accounts::note.is_not_null())
            .select(Account::as_select())
            .first(conn);
        match loaded {
            Ok(loaded) => assert!(loaded == account("marked-iban"), "{wrong}"),
            Err(error) => {
                // Stored in the server's spelling of bytes: whole, and not taken for a value.
                let cause = encfield::Error::cause_of(&error).unwrap();
                assert_eq!(cause.kind(), encfield::ErrorKind::NotCiphertext, "{wrong}");
            }
        }
    }
}

fn a_job_whose_connection_is_lost_goes_on_with_another() {
    use encfield::engine::{FieldType, Job, Limits, TargetTable, Task};
    use std::ops::ControlFlow;

    let database = create();
    let other = &mut database.open();
    let conn = &mut database.open();
    conn.batch_execute(&ddl(
        "CREATE TABLE words (id INTEGER NOT NULL PRIMARY KEY, word {text}, sealed {bytes})",
    ))
    .unwrap();
    for id in 1..=60 {
        conn.batch_execute(&format!(
            "INSERT INTO words (id, word) VALUES ({id}, 'marked-word')"
        ))
        .unwrap();
    }
    let text = FieldType::named("String").unwrap();
    let limits = Limits {
        chunk: 10,
        ..Limits::default()
    };
    let job = Job::new("words", TargetTable::new("words", ["id"]))
        .with(Task::encrypt("words", "sealed", "word", text))
        .with_limits(limits);
    let first = job.run(other, |_| ControlFlow::Break(())).unwrap();
    assert!(!first.complete);
    end_connection(connection_id(other), conn);
    let error = job.run(other, |_| ControlFlow::Continue(())).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(!text.contains("marked-word"), "{text}");
    let outcome = job.run(conn, |_| ControlFlow::Continue(())).unwrap();
    assert!(outcome.complete);
    assert_eq!((outcome.progress.rows, outcome.progress.changed), (60, 60));
}

/// The text of an error is in the language of the server, and so nothing rests on it.
fn a_row_that_does_not_fit_is_listed_in_whatever_language_the_server_says_so() {
    use crate::engine::{of, run};
    use encfield::engine::{Job, TargetTable, Task};
    let (database, keyring) = (
        crate::backend::Database::create(),
        encfield::Keyring::generate(),
    );
    let conn = &mut database.open();
    conn.batch_execute(&ddl(
        "CREATE TABLE names (id INTEGER NOT NULL PRIMARY KEY, plain VARCHAR(10), sealed {bytes})",
    ))
    .unwrap();
    let place = encfield::Context::new("names", "sealed");
    for id in 1..=60 {
        let name = if id == 33 { "a longer name" } else { "a name" };
        let value = keyring.encrypt(&place, &name.to_owned()).unwrap();
        let insert = crate::backend::sql("INSERT INTO names (id, sealed) VALUES (?, ?)");
        diesel::sql_query(insert)
            .bind::<diesel::sql_types::Integer, _>(id)
            .bind::<diesel::sql_types::Binary, _>(value)
            .execute(conn)
            .unwrap();
    }
    conn.batch_execute(crate::backend::SPEAK_GERMAN).unwrap();
    let error = conn.batch_execute("UPDATE names SET plain = 'a longer name' WHERE id = 33");
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("zu lang"),
        "it does not speak German: {error}"
    );
    let job = Job::new("names", TargetTable::new("names", ["id"])).with(Task::decrypt(
        "names",
        "sealed",
        "plain",
        of("String"),
    ));
    let outcome = keyring.override_within(|| run(&job, conn).unwrap());
    assert!(outcome.complete);
    assert_eq!((outcome.progress.changed, outcome.progress.failed), (59, 1));
    assert_eq!(outcome.failures[0].key.to_string(), "33");
}

crate::harness::claims![
    a_row_that_does_not_fit_is_listed_in_whatever_language_the_server_says_so,
    a_job_whose_connection_is_lost_goes_on_with_another,
    a_column_of_text_or_numbers_holds_a_value_whole_or_not_at_all,
    a_connection_lost_in_a_batch_leaves_nothing_half_written,
    a_value_too_long_for_its_column_is_refused_and_its_batch_with_it,
];
