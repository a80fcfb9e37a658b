//! What a machine reads.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arguments::{decrypt_names, encrypt, encrypt_names};
use crate::place::{Kind, Place};

/// Whatever is asked, and whether it goes well or not.
pub(crate) fn every_line_for_a_machine_is_json(_: Kind) {
    let place = Place::create(Kind::Sqlite);
    place.fill(5);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let key = place.key("primary");
    let job = "people: encrypt from name (name_sealed)";
    place.write("value", "K1234567");
    let sealed_under = format!("fe01{key}{}", "00".repeat(45));
    let mut events = BTreeSet::new();
    for (code, arguments) in [
        (0, &encrypt_names(&[])[..]),
        (6, &encrypt_names(&[])),
        (0, &["census", "--indexes"]),
        (4, &["census", "--key", &key]),
        (1, &["census", "--key", "no id"]),
        (0, &["verify"]),
        (0, &["rotate"]),
        (0, &["reindex"]),
        (0, &["keyring", "list"]),
        (0, &["keyring", "add"]),
        (1, &["keyring", "promote", "0000000000000000"]),
        (1, &["keygen", "--out", "keyring.json"]),
        (0, &["jobs", "list"]),
        (0, &["jobs", "failures", job]),
        (4, &["jobs", "failures", "none"]),
        (4, &["jobs", "forget", "none"]),
        (0, &["jobs", "forget", job]),
        (0, &["inspect", &sealed_under]),
        (4, &["inspect", "--file", "value"]),
        (0, &["plan", "--rows", "10", "--distinct", "5"]),
        (1, &["shred", "nothing"]),
        (1, &["data-keys", "rewrap"]),
        (1, &encrypt("people", "born_sealed", "none", &[])),
        (0, &decrypt_names(&[])),
        (2, &["rotate", "--nothing"]),
    ] {
        let output = place.output(&[arguments, &["--json"]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        for line in said.lines() {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("{arguments:?}: {line}"));
            events.insert(value["event"].as_str().unwrap().to_owned());
        }
        // A problem is told there, too, and names no value.
        assert_eq!(
            said.contains("\"problem\""),
            code == 1,
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("Meier"), "{said}");
    }
    let guide = include_str!("../../../docs/guide/migrating.md");
    for event in &events {
        assert!(guide.contains(&format!("`{event}`")), "{event}");
    }
    for event in [
        "begin",
        "complete_before",
        "count",
        "end",
        "forget",
        "job",
        "key",
        "plan",
        "problem",
        "remains",
        "tags",
        "value",
    ] {
        assert!(events.contains(event), "{event}: {events:?}");
    }
}
