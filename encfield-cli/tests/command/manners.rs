//! How the command shows what it does, to people and to machines.

use std::io::Write;
use std::process::{Output, Stdio};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, RunQueryDsl};
use serde_json::Value;

use crate::arguments::encrypt_names;
use crate::place::{Kind, Place, with_connection};

fn filled(rows: u32) -> Place {
    let place = Place::create(Kind::Sqlite);
    place.fill(rows);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place
}

/// What the command writes on a terminal.
fn on_a_terminal(place: &Place, arguments: &[&str]) -> String {
    // util-linux's `script` gives a command a terminal and copies what it writes there.
    let line = [&[env!("CARGO_BIN_EXE_encfield")], arguments].concat();
    let mut script = place.program("script");
    script
        .args(["-q", "-e", "-c", &line.join(" "), "/dev/null"])
        .env("TERM", "xterm")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    let output = script.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

pub(crate) fn a_terminal_gets_a_bar_and_everything_else_gets_lines(_: Kind) {
    if cfg!(not(target_os = "linux")) {
        println!("not run here: `script` takes other arguments");
        return;
    }
    let place = filled(60);
    let slow = encrypt_names(&["--chunk", "10", "--rows-per-second", "40", "--again"]);
    let bar = on_a_terminal(&place, &slow);
    // The rows that are done, the rate and the time that is left, drawn over and over, and no lines.
    assert!(
        bar.contains("/60 rows, ") && bar.contains(" left"),
        "{bar:?}"
    );
    assert!(bar.contains("\u{1b}[") || bar.contains('\r'), "{bar:?}");
    assert!(!bar.contains("workers:"), "{bar:?}");
    assert!(
        bar.contains("60 rows, 60 changed, 0 left as they were"),
        "{bar:?}"
    );

    let lines = place.says(0, &slow);
    assert!(
        !lines.contains('\u{1b}') && !lines.contains('\r'),
        "{lines:?}"
    );
    let first =
        "people: encrypt from name (name_sealed): 60 rows, workers: 1, 40 a second at most\n";
    assert!(lines.contains(first), "{lines:?}");

    // A machine gets JSON on a terminal, too.
    let json = on_a_terminal(&place, &[&slow[..], &["--json"]].concat());
    let lines = json.lines().filter(|line| !line.is_empty());
    let events: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events[0]["event"], "begin");
    assert!(events.iter().any(|event| event["event"] == "end"));
}

#[derive(diesel::QueryableByName)]
struct Chunk {
    #[diesel(sql_type = BigInt)]
    seen: i64,
}

impl Place {
    /// How many rows each transaction of the jobs had.
    fn chunks(&self) -> Vec<i64> {
        let query = "SELECT seen FROM encfield_chunks ORDER BY job, number";
        let chunks: Vec<Chunk> =
            with_connection!(self, |conn| diesel::sql_query(query).load(conn).unwrap());
        chunks.into_iter().map(|chunk| chunk.seen).collect()
    }
}

/// What the engine was told of each worker.
fn begin(place: &Place, more: &[&str]) -> [u64; 3] {
    let lines = place.says(
        0,
        &[&encrypt_names(&["--again", "--json"])[..], more].concat(),
    );
    let events = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let begin = events
        .into_iter()
        .find(|event| event["event"] == "begin")
        .unwrap();
    let number = |name: &str| begin[name].as_u64().unwrap_or_default();
    ["workers", "chunk", "rows_per_second_of_each"].map(number)
}

pub(crate) fn a_limit_of_rows_reaches_the_engine_whatever_the_workers(_: Kind) {
    let place = filled(6);
    let limited = |rows, workers| begin(&place, &["--rows-per-second", rows, "--workers", workers]);
    assert_eq!(limited("1000", "1"), [1, 500, 1000]);
    assert_eq!(limited("1000", "4"), [4, 250, 250]);
    // All together are never faster than was asked for, and a transaction is no longer than a second.
    assert_eq!(limited("90", "8"), [8, 11, 11]);
    assert_eq!(limited("7", "9"), [7, 1, 1]);
    // And these are the transactions that it makes.
    begin(&place, &["--rows-per-second", "8", "--workers", "2"]);
    assert_eq!(place.chunks(), [4, 2]);
    place.says(0, &encrypt_names(&["--again", "--chunk", "5"]));
    assert_eq!(place.chunks(), [5, 1]);
    for nothing in ["--rows-per-second", "--workers", "--chunk"] {
        place.says(2, &encrypt_names(&[nothing, "0"]));
    }
}

fn inspect(place: &Place, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = place
        .command(&[&["inspect"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn a_header_is_read_from_an_argument_a_file_and_standard_input(_: Kind) {
    let place = filled(1);
    place.says(0, &encrypt_names(&[]));
    let key = place.key("primary");
    let sealed = place.people().remove(0).name_sealed.unwrap();
    let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = format!(
        "format 1, key {key}, {} bytes of plaintext\n",
        sealed.len() - 50
    );
    std::fs::write(place.path("value.bin"), &sealed).unwrap();
    place.write("value.hex", &format!("\\x{hex}\n"));
    for (arguments, stdin) in [
        (&[hex.as_str()][..], &b""[..]),
        (&["--file", "value.bin"], b""),
        (&["--file", "value.hex"], b""),
        (&[], &sealed),
        (&[], hex.as_bytes()),
        (&[], format!("0x{hex}\r\n").as_bytes()),
    ] {
        let output = inspect(&place, arguments, stdin);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
    let json = inspect(&place, &["--json"], &sealed).stdout;
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["format"], &json["key"]), (&1.into(), &key.into()));
    // Nothing of the value is printed, whatever it is.
    for nothing in [&b""[..], b"Marked Meier 1", &sealed[..49]] {
        let output = inspect(&place, &[], nothing);
        assert_eq!(output.status.code(), Some(4));
        assert!(!String::from_utf8(output.stdout).unwrap().contains("Meier"));
    }
    place.says(1, &["inspect", "--file", "nowhere"]);
    place.says(2, &["inspect", &hex, "--file", "value.bin"]);
}

pub(crate) fn the_manual_has_a_page_for_each_command_with_its_examples(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    std::fs::create_dir(place.path("man")).unwrap();
    place.says(0, &["man", "man"]);
    let page = |name: &str| {
        let path = place.path("man").join(format!("{name}.1"));
        std::fs::read_to_string(path).unwrap_or_else(|_| panic!("no page {name}"))
    };
    assert!(page("encfield").contains("Exit codes"));
    for (name, word) in [
        ("encfield-rotate", "rows\\-per\\-second"),
        ("encfield-import", "lockbox\\-padding"),
        ("encfield-keyring-promote", "encfield keyring promote"),
        ("encfield-jobs-forget", "encfield jobs forget"),
        ("encfield-data-keys-bury", "data\\-keys\\-table"),
    ] {
        assert!(page(name).contains(word), "{name}");
    }
    for (shell, word) in [
        ("bash", "--rows-per-second"),
        ("zsh", "--rows-per-second"),
        ("fish", "rows-per-second"),
        ("powershell", "--rows-per-second"),
        ("elvish", "--rows-per-second"),
    ] {
        let completions = place.says(0, &["completions", shell]);
        assert!(
            completions.contains(word) && completions.contains("promote"),
            "{shell}"
        );
    }
    place.says(1, &["man", "nowhere"]);
}
