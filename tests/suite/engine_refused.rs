//! Rows that the database does not take: each is listed, and the others are written.

use diesel::connection::SimpleConnection;
use encfield::engine::{Job, Limits, Outcome, TargetTable, Task};
use encfield::{Error, ErrorKind, Keyring};

use crate::backend::{Conn, Database, TAG};
use crate::database::ddl;
use crate::engine::{of, run};

const IS_POSTGRES: bool = matches!(TAG.as_bytes(), b"BYTEA");
const IS_SQLITE: bool = matches!(TAG.as_bytes(), b"BLOB");
const ROWS: i32 = 120;

/// A table with names in plain, the 33rd and the 90th of them long.
fn create(sealed: &str) -> Database {
    let database = Database::create();
    let conn = &mut database.open();
    conn.batch_execute(&ddl(&format!(
        "CREATE TABLE names (id INTEGER NOT NULL PRIMARY KEY, plain {{text}}, sealed {{bytes}} {sealed})"
    )))
    .unwrap();
    let name = |id: i32| match id {
        33 | 90 => format!("marked name {id} {}", "x".repeat(40)),
        id => format!("marked name {id}"),
    };
    let rows: Vec<_> = (1..=ROWS)
        .map(|id| format!("({id}, '{}')", name(id)))
        .collect();
    conn.batch_execute(&format!(
        "INSERT INTO names (id, plain) VALUES {}",
        rows.join(", ")
    ))
    .unwrap();
    database
}

fn encrypt(conn: &mut Conn) -> Result<Outcome, Error> {
    let job = Job::new("names", TargetTable::new("names", ["id"]))
        .with(Task::encrypt("names", "sealed", "plain", of("String")))
        .with_limits(Limits {
            chunk: 40,
            ..Limits::default()
        });
    Keyring::generate().override_within(|| run(&job, conn))
}

fn two_are_listed(outcome: &Outcome) {
    assert!(outcome.complete);
    let listed: Vec<_> = outcome
        .failures
        .iter()
        .map(|failure| failure.key.to_string())
        .collect();
    assert_eq!(listed, ["33", "90"]);
    for failure in &outcome.failures {
        assert_eq!(
            (failure.kind, failure.column.as_str()),
            (ErrorKind::Database, "sealed")
        );
        assert!(!failure.reason.contains("marked"), "{}", failure.reason);
    }
    assert_eq!(
        (outcome.progress.rows, outcome.progress.changed),
        (120, 118)
    );
}

fn a_row_that_a_constraint_forbids_is_listed() {
    let database = create("CHECK (length(sealed) < 90)");
    two_are_listed(&encrypt(&mut database.open()).unwrap());
}

/// A trigger that runs before each row is changed, where this holds of it.
fn trigger(when: &str, message: &str) -> String {
    if IS_SQLITE {
        format!(
            "CREATE TRIGGER refuse BEFORE UPDATE ON names WHEN {when} \
             BEGIN SELECT RAISE(ABORT, '{message}'); END;"
        )
    } else if IS_POSTGRES {
        format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF {when} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE UPDATE ON names FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    } else {
        format!(
            "CREATE TRIGGER refuse BEFORE UPDATE ON names FOR EACH ROW IF {when} THEN \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'; END IF;"
        )
    }
}

fn a_row_that_a_trigger_forbids_is_listed_whatever_it_says() {
    let database = create("");
    let conn = &mut database.open();
    conn.batch_execute(&trigger("NEW.id IN (33, 90)", "Diese Zeile ist gesperrt"))
        .unwrap();
    two_are_listed(&encrypt(conn).unwrap());
}

/// What PostgreSQL adds: constraints that are looked at when all is done, locks that Diesel has no name for, and
/// rights.
fn what_is_refused_of_every_row_ends_the_job_and_what_is_passing_is_tried_again() {
    if !IS_POSTGRES {
        return;
    }
    // A deadlock, in another language.
    let database = create("");
    let conn = &mut database.open();
    let function = "BEGIN IF NEW.id IN (33, 90) AND nextval('tries') % 3 > 0 THEN \
                    RAISE EXCEPTION 'Verklemmung entdeckt' USING ERRCODE = '40P01'; END IF; RETURN NEW; END";
    conn.batch_execute(&format!(
        "CREATE SEQUENCE tries; \
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {function} $$; \
         CREATE TRIGGER refuse BEFORE UPDATE ON names FOR EACH ROW EXECUTE FUNCTION refuse();"
    ))
    .unwrap();
    let outcome = encrypt(conn).unwrap();
    assert_eq!(
        (outcome.failures.as_slice(), outcome.progress.changed),
        (&[][..], 120)
    );

    let database = create("");
    let conn = &mut database.open();
    conn.batch_execute(
        "UPDATE names SET sealed = 'taken' WHERE id = 1; \
         CREATE FUNCTION too_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF length(NEW.sealed) > 90 THEN RAISE EXCEPTION 'zu lang'; END IF; RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER too_long AFTER UPDATE ON names DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION too_long(); \
         UPDATE names SET sealed = NULL WHERE id = 1;",
    )
    .unwrap();
    two_are_listed(&encrypt(conn).unwrap());

    // Who may not write the column learns it at once, and not row by row.
    let database = create("");
    let conn = &mut database.open();
    let (role, schema) = (format!("reader_of_{}", database.name()), database.name());
    conn.batch_execute(&format!(
        "CREATE ROLE {role}; GRANT ALL ON SCHEMA {schema} TO {role}; GRANT SELECT, UPDATE (id) ON names TO {role}; \
         SET lc_messages = 'de_DE.UTF-8'; SET ROLE {role};"
    ))
    .unwrap();
    let error = encrypt(conn).unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Database, Some("names"))
    );
    conn.batch_execute(&format!(
        "RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role};"
    ))
    .unwrap();
}

crate::harness::claims![
    a_row_that_a_constraint_forbids_is_listed,
    a_row_that_a_trigger_forbids_is_listed_whatever_it_says,
    what_is_refused_of_every_row_ends_the_job_and_what_is_passing_is_tried_again,
];
