//! Every path of the application with marked values, and a search of all that left the process.

#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[path = "leaks/channels.rs"]
mod channels;
#[path = "leaks/database.rs"]
mod database;
#[path = "leaks/marks.rs"]
mod marks;
#[path = "leaks/paths.rs"]
mod paths;

use database::Database;
use marks::{Marks, finds};

/// What must not hold a sensitive value, by name.
async fn run_all(database: Database, marks: &Marks) -> (Vec<(String, Vec<u8>)>, paths::Answers) {
    channels::begin();
    let start = database.log_length().await;
    let position = database.position().await;
    let answers = paths::drive(&database, marks).await;
    let mut searched = channels::end();
    searched.push(("the error chains".to_owned(), answers.errors.clone()));
    searched.push(("the answers".to_owned(), answers.others.clone()));
    searched.push(("the database".to_owned(), database.bytes().await));
    if let Some(start) = start {
        searched.push((
            "the server's log".to_owned(),
            database.log_since(start).await,
        ));
    }
    if let Some(position) = position {
        let files = database.files(&position).await;
        searched.push(("the server's files".to_owned(), files));
    }
    database.end().await;
    (searched, answers)
}

async fn nothing_sensitive_leaves_the_program(database: Database) {
    let marks = Marks::new();
    let (searched, answers) = run_all(database, &marks).await;
    for (place, bytes) in &searched {
        assert!(!bytes.is_empty(), "{place} is empty");
        for secret in marks.secrets() {
            assert!(
                !finds(bytes, &secret),
                "{secret} lies in {place}:\n{}",
                marks::around(bytes, &secret)
            );
        }
    }
    // The owner was answered in plain.
    for secret in [&marks.passport, &marks.phone, &marks.changed_passport] {
        assert!(
            finds(&answers.owner, secret),
            "{secret} is not in the owner's answer"
        );
    }
}

/// What is not sensitive goes the same ways, and is found at their ends.
async fn the_search_finds_what_is_not_hidden(database: Database) {
    let marks = Marks::new();
    let (searched, _) = run_all(database, &marks).await;
    for (place, bytes) in &searched {
        let expected: &str = match place.as_str() {
            // The one panic of the paths prints the form.
            "panics"
            | "logs"
            | "Diesel's instrumentation"
            | "the answers"
            | "the database"
            | "the server's log"
            | "the server's files" => &marks.name,
            // They name fields and columns.
            "the error chains" => "passport_number",
            other => panic!("nobody looked at {other}"),
        };
        assert!(finds(bytes, expected), "{expected} is not in {place}");
    }
    assert!(searched.len() >= 5);
    for spelling in [
        "K1 23 45-67",
        "4b31323334353637",
        "4B31323334353637",
        "75, 49, 50, 51, 52, 53, 54, 55",
        "SzEyMzQ1Njc",
    ] {
        assert!(finds(spelling.as_bytes(), "K1234567"), "{spelling}");
    }
    // A phone number prints its country's code apart.
    let phone: phonenumber::PhoneNumber = marks.phone.parse().unwrap();
    for spelling in [format!("{phone:?}"), phone.to_string()] {
        assert!(
            finds(spelling.as_bytes(), &marks.secrets()[0]),
            "{spelling}"
        );
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // What is taken is the whole process's.
    arguments.test_threads = Some(1);
    let missing = std::env::var(database::URL).is_err();
    if missing {
        println!("postgres: ignored, because {} is not set", database::URL);
    }
    encfield::Keyring::generate().install().unwrap();
    let mut trials = Vec::new();
    for (backend, missing) in [("sqlite", false), ("postgres", missing)] {
        macro_rules! claim {
            ($name:ident) => {
                let claim = move || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(async { $name(Database::create(backend).await).await });
                    Ok(())
                };
                let name = format!("{backend}::{}", stringify!($name));
                trials.push(Trial::test(name, claim).with_ignored_flag(missing));
            };
        }
        claim!(nothing_sensitive_leaves_the_program);
        claim!(the_search_finds_what_is_not_hidden);
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
