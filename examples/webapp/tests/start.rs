//! How the program starts, and what it says when it does not.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

fn program(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_encfield-webapp"));
    command.current_dir(folder).env_clear();
    command
}

/// Starts it, asks for the first page, and ends it.
fn serves(command: &mut Command) -> String {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let address = lines
        .find_map(|line| {
            let line = line.unwrap();
            said.push_str(&line);
            let (_, url) = line.split_once("http://")?;
            Some(url.split('"').next()?.to_owned())
        })
        .unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("Sign up"),
        "{answer}"
    );
    said
}

fn refusal(output: Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_settings_it_is_a_demonstration_and_says_so() {
    let folder = TempDir::new().unwrap();
    let said = serves(program(&folder).env("LISTEN", "127.0.0.1:0"));
    assert!(said.contains("a demonstration"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn the_settings_come_from_a_file_like_the_example() {
    let folder = TempDir::new().unwrap();
    let made = program(&folder).args(["keyring", "keyring.json"]).status();
    assert!(made.unwrap().success());
    let example = include_str!("../.env.example");
    let settings = example.replace("127.0.0.1:3000", "127.0.0.1:0");
    std::fs::write(folder.path().join(".env"), settings).unwrap();
    let said = serves(&mut program(&folder));
    assert!(!said.contains("a demonstration"), "{said}");
    assert!(folder.path().join("webapp.sqlite").exists());
    // A keyring is not written over.
    let again = program(&folder).args(["keyring", "keyring.json"]).output();
    assert!(refusal(again.unwrap()).contains("keyring.json"));
}

#[test]
fn settings_that_are_not_whole_are_refused() {
    let folder = TempDir::new().unwrap();
    for half in ["DATABASE_URL", "ENCFIELD_KEYRING_FILE", "ENCFIELD_KEYRING"] {
        let said = refusal(program(&folder).env(half, "there").output().unwrap());
        assert!(said.contains(".env.example"), "{said}");
    }
}

#[test]
fn what_is_wrong_with_the_settings_of_the_logs_is_said() {
    let folder = TempDir::new().unwrap();
    let mut levels = program(&folder);
    let said = refusal(levels.env("RUST_LOG", "info,=,MARKED7=").output().unwrap());
    assert!(
        said.contains("RUST_LOG is not") && !said.contains("MARKED7"),
        "{said}"
    );
    // A short name of a file is no secret, and no reason not to start.
    let made = program(&folder).args(["keyring", "keyring.json"]).status();
    assert!(made.unwrap().success());
    let mut short = program(&folder);
    short.env("DATABASE_URL", "db.sql");
    short.env("ENCFIELD_KEYRING_FILE", "keyring.json");
    serves(short.env("LISTEN", "127.0.0.1:0"));
    // A keyring that is too short to be one is said to be too short for a secret.
    let mut keyring = program(&folder);
    keyring.env("DATABASE_URL", "db.sql");
    let said = refusal(keyring.env("ENCFIELD_KEYRING", "MARKED7").output().unwrap());
    assert!(
        said.contains("ENCFIELD_KEYRING holds less than 8 bytes") && !said.contains("MARKED7"),
        "{said}"
    );
}

/// The program itself, on a server's schema of its own.
#[test]
fn it_starts_on_a_postgres_url_and_prints_no_password() {
    let Ok(url) = std::env::var("ENCFIELD_TEST_POSTGRES_URL") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let made = program(&folder).args(["keyring", "keyring.json"]).status();
    assert!(made.unwrap().success());
    let mark = if url.contains('?') { '&' } else { '?' };
    // Its table is a temporary one, so that no other test sees it.
    let url = format!("{url}{mark}options=-csearch_path%3Dpg_temp");
    let mut started = program(&folder);
    started.env("DATABASE_URL", &url).env("RUST_LOG", "trace");
    started.env("ENCFIELD_KEYRING_FILE", "keyring.json");
    let said = serves(started.env("LISTEN", "127.0.0.1:0"));
    assert!(
        !said.contains("a demonstration") && !said.contains(&url),
        "{said}"
    );
}

/// dotenvy's error quotes the line.
#[test]
fn a_mistake_in_the_file_of_settings_is_not_printed() {
    let folder = TempDir::new().unwrap();
    let wrong = "ENCFIELD_KEYRING='{\"encfield_keyring\": 1, \"MARKED7\n";
    std::fs::write(folder.path().join(".env"), wrong).unwrap();
    let said = refusal(program(&folder).output().unwrap());
    assert!(
        said.contains(".env cannot be read") && !said.contains("MARKED7"),
        "{said}"
    );
}
