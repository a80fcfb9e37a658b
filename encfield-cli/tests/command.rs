//! The command from outside, on each database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

/// A database of one test, and a folder beside it.
struct Place {
    folder: TempDir,
    url: String,
    /// The type of an encrypted column.
    bytes: &'static str,
    end: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Sqlite,
    Postgres,
    Mysql,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    fn missing(self) -> bool {
        match self {
            Self::Sqlite => false,
            Self::Postgres => std::env::var_os("ENCFIELD_TEST_POSTGRES_URL").is_none(),
            Self::Mysql => std::env::var_os("ENCFIELD_TEST_MYSQL_URL").is_none(),
        }
    }
}

fn execute(url: &str, sql: &str) {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let mut conn = diesel::SqliteConnection::establish(path).unwrap();
        conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        conn.batch_execute(sql).unwrap();
    } else if url.starts_with("postgres") {
        let mut conn = diesel::PgConnection::establish(url).unwrap();
        conn.batch_execute(sql).unwrap();
    } else {
        let mut conn = diesel::MysqlConnection::establish(url).unwrap();
        conn.batch_execute(sql).unwrap();
    }
}

impl Place {
    fn create(kind: Kind) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("encfield_cli_{}_{number}", std::process::id());
        let folder = tempfile::tempdir().unwrap();
        let (url, bytes, end) = match kind {
            Kind::Sqlite => {
                let path = folder.path().join("app.sqlite");
                (format!("sqlite:{}", path.to_str().unwrap()), "BLOB", None)
            }
            Kind::Postgres => {
                let server = std::env::var("ENCFIELD_TEST_POSTGRES_URL").unwrap();
                execute(&server, &format!("CREATE SCHEMA {name}"));
                let url = format!("{server}?options=-csearch_path%3D{name}");
                (
                    url,
                    "BYTEA",
                    Some((server, format!("DROP SCHEMA {name} CASCADE"))),
                )
            }
            Kind::Mysql => {
                let server = std::env::var("ENCFIELD_TEST_MYSQL_URL").unwrap();
                execute(
                    &server,
                    &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
                );
                let (host, _) = server.rsplit_once('/').unwrap();
                let url = format!("{host}/{name}");
                (
                    url,
                    "BLOB",
                    Some((server.clone(), format!("DROP DATABASE {name}"))),
                )
            }
        };
        let place = Self {
            folder,
            url,
            bytes,
            end,
        };
        place.execute(&format!(
            "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80), \
             name_sealed {bytes}, name_index {}, born INTEGER, born_sealed {bytes})",
            if kind == Kind::Mysql {
                "VARBINARY(32)"
            } else {
                bytes
            }
        ));
        place.write(
            "encfield.toml",
            r#"
            [[column]]
            table = "people"
            column = "name_sealed"
            type = "Option<String>"

            [[column.index]]
            column = "name_index"
            normaliser = "case-folded/1"

            [[column]]
            table = "people"
            column = "born_sealed"
            type = "Option<i32>"
            bound_to = [{ column = "id", type = "i32" }]
            "#,
        );
        place
    }

    fn execute(&self, sql: &str) {
        execute(&self.url, sql);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn fill(&self, rows: u32) {
        for first in (1..=rows).step_by(500) {
            let values: Vec<_> = (first..(first + 500).min(rows + 1))
                .map(|id| format!("({id}, 'Marked Meier {id}', {})", 1900 + id % 100))
                .collect();
            self.execute(&format!(
                "INSERT INTO people (id, name, born) VALUES {}",
                values.join(",")
            ));
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_encfield"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("DATABASE_URL", &self.url)
            .env("ENCFIELD_KEYRING_FILE", self.path("keyring.json"));
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What it prints, when it ends with this code.
    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let problems = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{text}\n{problems}"
        );
        format!("{text}{problems}")
    }

    /// The ids of the keyring's keys, by purpose and state.
    fn keys(&self) -> HashMap<(String, String), String> {
        let lines = self.says(0, &["keyring", "list", "--json"]);
        lines
            .lines()
            .map(|line| {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = |name: &str| value[name].as_str().unwrap().to_owned();
                ((text("purpose"), text("state")), text("id"))
            })
            .collect()
    }

    fn key(&self, state: &str) -> String {
        self.keys()[&("encryption".to_owned(), state.to_owned())].clone()
    }

    fn encrypt_all(&self) {
        for (column, from) in [("name_sealed", "name"), ("born_sealed", "born")] {
            let arguments = [
                "encrypt", "--table", "people", "--column", column, "--from", from,
            ];
            self.says(0, &arguments);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, end)) = &self.end {
            execute(server, end);
        }
    }
}

fn from_plain_to_a_new_key_and_back(kind: Kind) {
    let place = Place::create(kind);
    place.fill(700);
    let made = place.says(0, &["keygen", "--out", "keyring.json"]);
    assert!(
        made.contains("primary") && made.lines().count() == 2,
        "{made}"
    );
    let dry = place.says(
        0,
        &[
            "encrypt",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            "name",
            "--dry-run",
        ],
    );
    assert!(dry.contains("700 rows, 700 changed"), "{dry}");
    let done = place.says(
        0,
        &[
            "encrypt",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            "name",
            "--workers",
            "3",
            "--chunk",
            "50",
        ],
    );
    assert!(
        done.contains("700 rows, 700 changed") && done.contains("--clear"),
        "{done}"
    );
    place.encrypt_all();
    let first = place.key("primary");
    let census = place.says(0, &["census"]);
    assert!(
        census.contains(&format!("people.name_sealed: 700 key {first}")),
        "{census}"
    );

    // A new key: added, promoted, and everything brought under it.
    place.says(0, &["keyring", "add"]);
    let second = place.key("active");
    place.says(0, &["keyring", "promote", &second]);
    place.says(0, &["keyring", "retire", &first]);
    let no = place.says(4, &["census", "--key", &first]);
    assert!(no.contains("no: 1400 values"), "{no}");
    let refused = place.says(1, &["keyring", "remove", &first]);
    assert!(refused.contains("still needed"), "{refused}");
    let rotated = place.says(0, &["rotate", "--chunk", "100"]);
    assert!(rotated.contains("700 rows, 700 changed"), "{rotated}");
    assert!(place.says(0, &["census", "--key", &first]).contains("yes"));
    place.says(0, &["keyring", "remove", &first]);
    assert!(
        place
            .says(0, &["verify"])
            .contains("700 rows, 0 changed, 0 left")
    );

    // A new index key.
    place.says(0, &["keyring", "add", "--index"]);
    let index = place.keys()[&("index".to_owned(), "active".to_owned())].clone();
    place.says(0, &["keyring", "promote", &index]);
    assert!(place.says(3, &["verify"]).contains("name_index"));
    place.says(0, &["reindex"]);
    place.says(0, &["verify"]);

    // And back.
    place.execute("UPDATE people SET name = NULL");
    place.says(
        0,
        &[
            "decrypt",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--to",
            "name",
        ],
    );
    let clear = [
        "encrypt",
        "--table",
        "people",
        "--column",
        "name_sealed",
        "--from",
        "name",
        "--clear",
    ];
    let cleared = place.says(0, &clear);
    assert!(
        cleared.contains("700 changed") && cleared.contains("VACUUM FULL"),
        "{cleared}"
    );
}

fn a_row_that_does_not_open_has_an_exit_code_of_its_own(kind: Kind) {
    let place = Place::create(kind);
    place.fill(20);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    place.execute("UPDATE people SET born_sealed = name_sealed WHERE id = 7");
    let lines = place.says(3, &["verify", "--json"]);
    let failure = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|value| value["event"] == "failure")
        .unwrap();
    assert_eq!(
        (failure["key"].as_str(), failure["kind"].as_str()),
        (Some("7"), Some("NotAuthentic"))
    );
    assert!(!lines.contains("Meier"), "{lines}");
    place.says(0, &["keyring", "add"]);
    place.says(0, &["keyring", "promote", &place.key("active")]);
    let rotated = place.says(3, &["rotate"]);
    assert!(
        rotated.contains("row 7") && rotated.contains("19 changed, 1 left"),
        "{rotated}"
    );
}

fn a_job_that_is_broken_off_goes_on(kind: Kind) {
    let place = Place::create(kind);
    place.fill(400);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let arguments = [
        "encrypt",
        "--table",
        "people",
        "--column",
        "name_sealed",
        "--from",
        "name",
        "--chunk",
        "10",
    ];
    let slow = [&arguments[..], &["--rows-per-second", "100"]].concat();
    let mut child = place
        .command(&slow)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Until some of it is done, as the database says.
    loop {
        let census = place.says(
            0,
            &["census", "--table", "people", "--column", "name_sealed"],
        );
        if census.contains(" key ") {
            break;
        }
        assert!(child.try_wait().unwrap().is_none());
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let done = place.says(0, &arguments);
    assert!(done.contains("400 rows, 400 changed"), "{done}");
}

fn what_is_wrong_is_said_before_anything_is_done(kind: Kind) {
    let place = Place::create(kind);
    place.fill(3);
    place.says(1, &["keyring", "list"]);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let again = place.says(1, &["keygen", "--out", "keyring.json"]);
    assert!(again.contains("there already"), "{again}");
    place.says(2, &["rotate", "--key", "8c0786468c9c8c76"]);

    let with_manifest = |text: &str| {
        place.write("other.toml", text);
        place.says(1, &["verify", "--manifest", "other.toml"])
    };
    let column = "[[column]]\ntype = \"String\"\n";
    for (manifest, said) in [
        ("".to_owned(), "no [[column]]"),
        ("[[column]\n".to_owned(), "other.toml"),
        (
            format!("{column}table = \"nowhere\"\ncolumn = \"c\""),
            "nowhere",
        ),
        (
            format!("{column}table = \"people\"\ncolumn = \"nothing\""),
            "people.nothing",
        ),
        (
            format!("{column}table = \"people\"\ncolumn = \"name_sealed\"\nkey = 7"),
            "unknown field",
        ),
    ] {
        let answer = with_manifest(&manifest);
        assert!(answer.contains(said), "{said}: {answer}");
    }
    place.execute("CREATE TABLE keyless (a INTEGER)");
    assert!(
        with_manifest(&format!("{column}table = \"keyless\"\ncolumn = \"a\""))
            .contains("no primary key")
    );
    assert!(
        place
            .says(1, &["verify", "--manifest", "missing.toml"])
            .contains("Inventory::to_toml")
    );
    let unknown = "[[column]]\ntype = \"Own\"\ntable = \"people\"\ncolumn = \"name_sealed\"";
    place.write("own.toml", unknown);
    let own = place.says(
        1,
        &[
            "encrypt",
            "--manifest",
            "own.toml",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            "name",
        ],
    );
    assert!(own.contains("`Own` is not known here"), "{own}");

    for url in [
        "",
        "ftp://x",
        "sqlite:/nowhere/at/all",
        "postgres://x:secret@127.0.0.1:1/x",
        "mysql://x:secret@127.0.0.1:1/x",
    ] {
        let output = place
            .command(&["verify"])
            .env("DATABASE_URL", url)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}: {said}");
        assert!(
            said.contains("DATABASE_URL") && !said.contains("secret"),
            "{said}"
        );
    }
    place.says(0, &["verify"]);
}

/// What real libraries wrote: the readers' own vectors, through the command and a database.
const REAL: &str = include_str!("../../encfield-import/tests/vectors/real.json");
const PGCRYPTO: &str = include_str!("../../encfield-pgcrypto/tests/vectors/pgcrypto.json");
const MADE: &str = include_str!("../../encfield-import/tests/vectors/made.json");

fn what_other_libraries_wrote_is_imported(kind: Kind) {
    let place = Place::create(kind);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.execute("ALTER TABLE people ADD COLUMN theirs TEXT");
    let real: serde_json::Value = serde_json::from_str(REAL).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let plain = |case: &serde_json::Value| {
        let hex = text(&case["plaintext"]);
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        String::from_utf8(bytes).ok()
    };
    let import = |format: &str, keys: &str, salt: &str, more: &[&str], code: i32| {
        let arguments = [
            &[
                "import",
                "--table",
                "people",
                "--column",
                "name_sealed",
                "--from",
                "theirs",
                "--format",
                format,
                "--again",
            ],
            more,
        ]
        .concat();
        let mut command = place.command(&arguments);
        command
            .env("ENCFIELD_IMPORT_KEYS", keys)
            .env("ENCFIELD_IMPORT_SALT", salt);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{format}: {said}");
        format!("{}{said}", String::from_utf8(output.stdout).unwrap())
    };
    let store = |id: usize, value: &str| {
        let value = value.replace('\\', "\\\\").replace('\'', "''");
        let value = if kind == Kind::Mysql {
            value
        } else {
            value.replace("\\\\", "\\")
        };
        place.execute(&format!(
            "INSERT INTO people (id, theirs) VALUES ({id}, '{value}')"
        ));
    };
    let check = |expected: &[String]| {
        place.execute("UPDATE people SET name = NULL");
        place.says(
            0,
            &[
                "decrypt",
                "--table",
                "people",
                "--column",
                "name_sealed",
                "--to",
                "name",
                "--again",
            ],
        );
        for (id, plaintext) in expected.iter().enumerate() {
            // A row that is what it should be is deleted, so that what is left is wrong.
            let value = plaintext.replace('\'', "''");
            let value = if kind == Kind::Mysql {
                value.replace('\\', "\\\\")
            } else {
                value
            };
            place.execute(&format!(
                "DELETE FROM people WHERE id = {} AND name = '{value}'",
                id + 1
            ));
        }
        let left = place.says(0, &["verify"]);
        assert!(
            left.contains("people: verify") && left.contains(": 0 rows"),
            "{left}"
        );
    };
    let short = |plaintext: &String| plaintext.len() <= 60 && !plaintext.contains('\0');

    // Rails: those of one key and salt, which the application's own digest made.
    let first = &real["rails"][0];
    let (password, salt) = (text(&first["passwords"][0]), text(&first["salt"]));
    let rails: Vec<_> = real["rails"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| {
            case["mode"] == "derived"
                && case["passwords"][0] == password.as_str()
                && case["salt"] == salt.as_str()
                && case["other_encoding"] == false
        })
        .filter_map(|case| Some((plain(case)?, text(&case["value"]))))
        .filter(|(plaintext, _)| short(plaintext))
        .collect();
    assert!(rails.len() >= 10, "{}", rails.len());
    rails
        .iter()
        .enumerate()
        .for_each(|(at, (_, value))| store(at + 1, value));
    import("rails", &password, &salt, &[], 0);
    check(
        &rails
            .into_iter()
            .map(|(plaintext, _)| plaintext)
            .collect::<Vec<_>>(),
    );

    // lockbox: under the keys that it derived for each column.
    let is_alike = |case: &&serde_json::Value| {
        case["associated_data"] == "" && case["padding"] == 0 && case["binary"] == false
    };
    let lockbox: Vec<_> = real["lockbox"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_alike)
        .filter_map(|case| Some((plain(case)?, text(&case["value"]), text(&case["key"]))))
        .filter(|(plaintext, _, _)| short(plaintext) && !plaintext.is_empty())
        .take(20)
        .collect();
    assert!(lockbox.len() >= 5, "{}", lockbox.len());
    lockbox
        .iter()
        .enumerate()
        .for_each(|(at, (_, value, _))| store(at + 1, value));
    let keys: Vec<_> = lockbox.iter().map(|(_, _, key)| key.clone()).collect();
    import("lockbox-key", &keys.join("\n"), "", &[], 0);
    check(
        &lockbox
            .into_iter()
            .map(|(plaintext, _, _)| plaintext)
            .collect::<Vec<_>>(),
    );

    // And under a master key.
    let (case, plaintext) = real["lockbox"]
        .as_array()
        .unwrap()
        .iter()
        .filter(is_alike)
        .find_map(|case| {
            Some((
                case,
                plain(case).filter(|plaintext| short(plaintext) && !plaintext.is_empty())?,
            ))
        })
        .unwrap();
    store(1, &text(&case["value"]));
    let (table, column) = (text(&case["table"]), text(&case["column"]));
    let options = [
        "--lockbox-table",
        table.as_str(),
        "--lockbox-column",
        column.as_str(),
    ];
    let masters: Vec<_> = case["master_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    import("lockbox", &masters.join("\n"), "", &options, 0);
    check(&[plaintext]);

    // Django: tokens by Python's own `cryptography`, under several secrets.
    let made: serde_json::Value = serde_json::from_str(MADE).unwrap();
    let django = made["django"].as_array().unwrap();
    let mut secrets: Vec<String> = Vec::new();
    let mut tokens = Vec::new();
    for case in django {
        let own: Vec<_> = case["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect();
        let of_one_line = own.iter().all(|secret| !secret.contains('\n'));
        if let Some(plaintext) = plain(case)
            && of_one_line
            && short(&plaintext)
        {
            tokens.push((plaintext, text(&case["value"])));
            secrets.extend(own);
        }
    }
    assert!(tokens.len() >= 9, "{}", tokens.len());
    tokens
        .iter()
        .enumerate()
        .for_each(|(at, (_, value))| store(at + 1, value));
    let wrong = import("django", "another secret", "", &[], 3);
    assert!(wrong.contains("does not authenticate"), "{wrong}");
    import("django", &secrets.join("\n"), "", &[], 0);
    // Emptied where the encrypted value is the same, and nowhere else.
    place.execute("INSERT INTO people (id, theirs) SELECT 1000, theirs FROM people WHERE id = 1");
    let cleared = import("django", &secrets.join("\n"), "", &["--clear"], 3);
    assert!(
        cleared.contains("row 1000")
            && cleared.contains(&format!("{} changed, 1 left", tokens.len())),
        "{cleared}"
    );
    place.execute("DELETE FROM people WHERE id = 1000");
    check(
        &tokens
            .into_iter()
            .map(|(plaintext, _)| plaintext)
            .collect::<Vec<_>>(),
    );
    // pgcrypto: messages that the server itself made, and one of those that it stored in the clear.
    let theirs: serde_json::Value = serde_json::from_str(PGCRYPTO).unwrap();
    let messages: Vec<_> = theirs["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| !case["options"].as_str().unwrap().contains("disable-mdc=1"))
        .filter_map(|case| {
            Some((
                plain(case)?,
                text(&case["message"]),
                text(&case["passphrase"]),
            ))
        })
        .filter(|(plaintext, _, passphrase)| short(plaintext) && !passphrase.contains('\n'))
        .take(20)
        .collect();
    assert!(messages.len() >= 10, "{}", messages.len());
    place.execute(&format!(
        "ALTER TABLE people ADD COLUMN message {}",
        place.bytes
    ));
    for (at, (_, message, _)) in messages.iter().enumerate() {
        let literal = match kind {
            Kind::Postgres => format!("'\\x{message}'"),
            _ => format!("X'{message}'"),
        };
        place.execute(&format!(
            "INSERT INTO people (id, message) VALUES ({}, {literal})",
            at + 1
        ));
    }
    let passphrases: Vec<_> = messages
        .iter()
        .map(|(_, _, passphrase)| passphrase.clone())
        .collect();
    let mut command = place.command(&[
        "import",
        "--table",
        "people",
        "--column",
        "name_sealed",
        "--from",
        "message",
        "--format",
        "pgcrypto",
    ]);
    let output = command
        .env("ENCFIELD_IMPORT_KEYS", passphrases.join("\n"))
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    check(
        &messages
            .into_iter()
            .map(|(plaintext, _, _)| plaintext)
            .collect::<Vec<_>>(),
    );

    assert!(import("fernet", "short", "", &[], 1).contains("key is not valid"));
    assert!(import("fernet", "", "", &[], 1).contains("no key was given"));
}

fn without_a_database(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    let printed = place.says(0, &["keygen"]);
    assert!(printed.contains("encfield_keyring"), "{printed}");
    place.says(0, &["keygen", "--out", "keyring.json"]);

    // Wrapped by a passphrase, and back.
    let wrapped = |arguments: &[&str], code| {
        let mut command = place.command(arguments);
        let output = command
            .env("ENCFIELD_PASSPHRASE", "correct horse")
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    place.says(1, &["keyring", "wrap", "--out", "wrapped.json"]);
    wrapped(&["keyring", "wrap", "--out", "wrapped.json"], 0);
    let listed = wrapped(&["keyring", "list", "--file", "wrapped.json"], 0);
    assert_eq!(
        listed,
        String::from_utf8(place.output(&["keyring", "list"]).stdout).unwrap()
    );
    place.says(1, &["keyring", "list", "--file", "wrapped.json"]);
    wrapped(
        &[
            "keyring",
            "unwrap",
            "--file",
            "wrapped.json",
            "--out",
            "again.json",
        ],
        0,
    );
    assert_eq!(
        std::fs::read(place.path("again.json")).unwrap(),
        std::fs::read(place.path("keyring.json")).unwrap()
    );

    // A value's header, however it is spelt.
    let value = format!("fe010a2fac17b4803429{}", "00".repeat(45));
    for spelt in [
        value.clone(),
        format!("\\x{value}"),
        format!("0x{}", value.to_uppercase()),
        format!("X'{value}'"),
    ] {
        let said = place.says(0, &["inspect", &spelt]);
        assert!(
            said.contains("format 1, key 0a2fac17b4803429, 5 bytes"),
            "{said}"
        );
    }
    assert!(place.says(4, &["inspect", "fe02aa"]).contains("format 2"));
    assert!(place.says(4, &["inspect", "fe01aa"]).contains("cut short"));
    assert!(
        place
            .says(4, &["inspect", "4b31323334353637"])
            .contains("not a value")
    );
    place.write("value", "K1234567");
    assert!(
        !place
            .says(4, &["inspect", "--file", "value"])
            .contains("K1234567")
    );

    assert!(
        place
            .says(0, &["plan", "--rows", "1000", "--distinct", "100"])
            .contains("bits")
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(place.says(0, &["completions", shell]).contains("encfield"));
    }
    std::fs::create_dir(place.path("man")).unwrap();
    place.says(0, &["man", "man"]);
    let pages = std::fs::read_dir(place.path("man")).unwrap().count();
    assert!(pages >= 14, "{pages}");
    let help = place.says(0, &["--help"]);
    assert!(
        help.contains("Exit codes") && help.contains("DATABASE_URL"),
        "{help}"
    );
    for command in ["rotate", "encrypt", "residue", "shred"] {
        assert!(
            place.says(0, &[command, "--help"]).contains("Example"),
            "{command}"
        );
    }
}

fn residue_is_found_until_it_is_removed(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    place.fill(200);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    place.says(
        0,
        &[
            "encrypt",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            "name",
            "--clear",
        ],
    );
    let residue = |code| {
        let mut child = place
            .command(&["residue"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"Marked Meier 17\n")
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains("Meier"), "{said}");
    };
    residue(4);
    place.execute("VACUUM");
    residue(0);
    place.says(1, &["residue"]);
}

/// The server's own files, where this process may read them.
fn data_directory() -> Option<PathBuf> {
    use diesel::RunQueryDsl;
    use diesel::sql_types::Text;

    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        setting: String,
    }
    let url = std::env::var("ENCFIELD_TEST_POSTGRES_URL").ok()?;
    let mut conn = diesel::PgConnection::establish(&url).ok()?;
    let query = "SELECT setting FROM pg_settings WHERE name = 'data_directory'";
    let setting: Setting = diesel::sql_query(query).get_result(&mut conn).ok()?;
    let folder = PathBuf::from(setting.setting);
    std::fs::read_dir(folder.join("base")).ok().map(|_| folder)
}

/// What the guide says is left of plaintext on PostgreSQL, and how it goes.
fn residue_on_postgresql_is_what_the_guide_says(_: Kind) {
    let place = Place::create(Kind::Postgres);
    let folder = data_directory().unwrap();
    let marker = format!("Residue-{}", std::process::id());
    place.fill(20);
    place.execute(&format!(
        "UPDATE people SET name = '{marker}' WHERE id = 17"
    ));
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    let clear = [
        "encrypt",
        "--table",
        "people",
        "--column",
        "name_sealed",
        "--from",
        "name",
        "--clear",
    ];
    place.says(0, &clear);
    let found = |below: &str| {
        place.execute("CHECKPOINT");
        let mut child = place
            .command(&["residue", folder.join(below).to_str().unwrap()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(marker.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains(&marker), "{said}");
        (output.status.code(), said)
    };
    // In the heap, whatever the queries say; and in the write-ahead log, also after the heap is rid of it.
    assert_eq!(found("base").0, Some(4));
    assert_eq!(found("pg_wal").0, Some(4));
    place.execute("VACUUM FULL people");
    let (_, said) = found("base");
    assert!(said.contains("found 0 times"), "{said}");
    assert_eq!(found("pg_wal").0, Some(4));
}

fn a_scope_is_rotated_and_shredded(kind: Kind) {
    let place = Place::create(kind);
    let text = if kind == Kind::Mysql { "VARBINARY" } else { "" };
    let (id, scope) = match text {
        "" => ("TEXT", "TEXT"),
        _ => ("VARBINARY(16)", "VARBINARY(255)"),
    };
    place.execute(&format!(
        "CREATE TABLE encfield_data_keys (key_id {id} NOT NULL PRIMARY KEY, scope {scope} NOT NULL UNIQUE, \
         wrapped_key {0}, created_at BIGINT NOT NULL, shredded_at BIGINT)",
        if kind == Kind::Mysql { "VARBINARY(255)" } else { place.bytes }
    ));
    place.write(
        "encfield.toml",
        "[[column]]\ntable = \"people\"\ncolumn = \"name_sealed\"\ntype = \"String\"\n\
         scope = { column = \"born\", name = \"year\" }\n",
    );
    place.fill(50);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.says(
        0,
        &[
            "encrypt",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            "name",
        ],
    );
    assert!(
        place
            .says(0, &["verify"])
            .contains("50 rows, 0 changed, 0 left")
    );
    // The data keys stay when the keyring's primary key changes, and need the old one still.
    let first = place.key("primary");
    place.says(0, &["keyring", "add"]);
    place.says(0, &["keyring", "promote", &place.key("active")]);
    assert!(place.says(0, &["rotate"]).contains("50 rows, 0 changed"));
    assert!(
        place
            .says(4, &["census", "--key", &first])
            .contains("no: 50 values")
    );

    place.says(1, &["shred", "1917"]);
    place.says(
        1,
        &["shred", "year=1917", "--tombstones", "tombstones.json"],
    );
    place.write(
        "tombstones.json",
        "{ \"encfield_tombstones\": 1, \"shredded\": [] }",
    );
    place.says(
        0,
        &["shred", "year=1917", "--tombstones", "tombstones.json"],
    );
    place.says(
        4,
        &["shred", "year=1917", "--tombstones", "tombstones.json"],
    );
    let verify = place.says(3, &["verify"]);
    assert!(
        verify.contains("row 17") && verify.contains("shredded"),
        "{verify}"
    );
    assert!(verify.contains("50 rows, 0 changed, 1 left"), "{verify}");
}

/// A named claim and the function that fails when it does not hold.
type Claim = (&'static str, fn(Kind));

fn main() -> ExitCode {
    let everywhere: [Claim; 6] = [
        (
            "what_other_libraries_wrote_is_imported",
            what_other_libraries_wrote_is_imported,
        ),
        (
            "from_plain_to_a_new_key_and_back",
            from_plain_to_a_new_key_and_back,
        ),
        (
            "a_row_that_does_not_open_has_an_exit_code_of_its_own",
            a_row_that_does_not_open_has_an_exit_code_of_its_own,
        ),
        (
            "a_job_that_is_broken_off_goes_on",
            a_job_that_is_broken_off_goes_on,
        ),
        (
            "what_is_wrong_is_said_before_anything_is_done",
            what_is_wrong_is_said_before_anything_is_done,
        ),
        (
            "a_scope_is_rotated_and_shredded",
            a_scope_is_rotated_and_shredded,
        ),
    ];
    let once: [Claim; 2] = [
        ("without_a_database", without_a_database),
        (
            "residue_is_found_until_it_is_removed",
            residue_is_found_until_it_is_removed,
        ),
    ];
    let mut trials = Vec::new();
    let trial = |name: String, run: fn(Kind), kind: Kind| {
        Trial::test(name, move || {
            run(kind);
            Ok(())
        })
    };
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::Mysql] {
        if kind.missing() {
            println!(
                "{}: ignored, because the URL of its server is not set",
                kind.name()
            );
        }
        for (name, run) in everywhere {
            let trial = trial(format!("{}::{name}", kind.name()), run, kind);
            trials.push(trial.with_ignored_flag(kind.missing()));
        }
    }
    let unreadable = data_directory().is_none();
    if unreadable {
        println!("residue on PostgreSQL: ignored, because its files cannot be read from here");
    }
    let residue = trial(
        "residue_on_postgresql_is_what_the_guide_says".to_owned(),
        residue_on_postgresql_is_what_the_guide_says,
        Kind::Postgres,
    );
    trials.push(residue.with_ignored_flag(unreadable));
    trials.extend(once.map(|(name, run)| trial(name.to_owned(), run, Kind::Sqlite)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
