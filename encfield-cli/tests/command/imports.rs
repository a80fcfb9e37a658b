//! What other libraries wrote.

use crate::place::{Kind, Place};

/// What real libraries wrote: the readers' own vectors, through the command and a database.
const REAL: &str = include_str!("../../../encfield-import/tests/vectors/real.json");
const PGCRYPTO: &str = include_str!("../../../encfield-pgcrypto/tests/vectors/pgcrypto.json");
const MADE: &str = include_str!("../../../encfield-import/tests/vectors/made.json");

pub(crate) fn what_other_libraries_wrote_is_imported(kind: Kind) {
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
