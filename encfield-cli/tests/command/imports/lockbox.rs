//! lockbox.

use serde_json::Value;

use super::{Import, REAL, Theirs, apart, bytes, cases, listed, text, texts};
use crate::place::Kind;

/// The cases without associated data, of one padding, as base64 or as bytes.
fn of(real: &Value, padding: u64, binary: bool) -> Vec<(String, &Value)> {
    cases(real, "lockbox", |case| {
        case["associated_data"] == ""
            && case["padding"] == padding
            && case["binary"] == binary
            && (padding > 0 || case["plaintext"] != "")
    })
}

pub(crate) fn lockbox_values_are_imported_by_their_keys_and_by_a_master_key(kind: Kind) {
    let theirs = Theirs::create(kind);
    let real: Value = serde_json::from_str(REAL).unwrap();
    let own = of(&real, 0, false);
    assert!(own.len() >= 5, "{}", own.len());
    let (expected, values) = apart(&own, |case| text(&case["value"]).into_bytes());
    let keys: Vec<_> = own.iter().map(|(_, case)| text(&case["key"])).collect();
    theirs.store("theirs", &values);
    theirs.import(0, &Import::new("lockbox-key", "theirs", &keys.join("\n")));
    theirs.assert_opened(&expected);

    // A master key says nothing without the names that a key is derived for.
    let case = own[0].1;
    let (table, column) = (text(&case["table"]), text(&case["column"]));
    let masters: Vec<_> = (own.iter())
        .flat_map(|(_, case)| texts(&case["master_keys"]))
        .collect();
    let masters = masters.join("\n");
    theirs.store("theirs", &values);
    let said = theirs.import(3, &Import::new("lockbox", "theirs", &masters));
    assert_eq!(listed(&said).len(), values.len());
    assert!(theirs.sealed().is_empty());
    let names = ["--lockbox-table", &table, "--lockbox-column", &column];
    theirs.import(0, &Import::new("lockbox", "theirs", &masters).with(&names));
    theirs.assert_opened(&expected);
}

pub(crate) fn lockbox_paddings_and_bytes_are_said_to_the_reader(kind: Kind) {
    let theirs = Theirs::create(kind);
    let real: Value = serde_json::from_str(REAL).unwrap();
    for (padding, binary) in [(0, true), (16, false), (16, true), (48, false), (48, true)] {
        let own = of(&real, padding, binary);
        assert!(own.len() >= 4, "{padding}, {binary}: {}", own.len());
        let column = if binary { "their_bytes" } else { "theirs" };
        let (expected, values) = apart(&own, |case| match text(&case["value"]) {
            hex if binary => bytes(&hex),
            base64 => base64.into_bytes(),
        });
        let keys: Vec<_> = own.iter().map(|(_, case)| text(&case["key"])).collect();
        let keys = keys.join("\n");
        let number = padding.to_string();
        let mut more = vec!["--lockbox-padding", &number];
        if binary {
            // Bytes are no base64, and nothing is guessed.
            theirs.store(column, &values);
            let guessed = Import::new("lockbox-key", column, &keys);
            let said = theirs.import(3, &guessed.with(&more));
            assert_eq!(listed(&said).len(), values.len(), "{said}");
            more.push("--lockbox-binary");
        }
        theirs.store(column, &values);
        theirs.import(0, &Import::new("lockbox-key", column, &keys).with(&more));
        theirs.assert_opened(&expected);
    }
}

pub(crate) fn an_empty_value_of_lockbox_is_taken_only_when_that_is_asked_for(kind: Kind) {
    let theirs = Theirs::create(kind);
    let real: Value = serde_json::from_str(REAL).unwrap();
    let (plain, case) = of(&real, 0, false).remove(0);
    let key = text(&case["key"]);
    theirs.store("theirs", &[text(&case["value"]), String::new()]);
    let said = theirs.import(3, &Import::new("lockbox-key", "theirs", &key));
    assert_eq!(listed(&said), [2], "{said}");
    assert!(said.contains("stored in the clear"), "{said}");
    assert_eq!(theirs.sealed(), [1]);
    let asked = Import::new("lockbox-key", "theirs", &key);
    theirs.import(0, &asked.with(&["--empty-in-the-clear"]));
    theirs.assert_opened(&[plain, String::new()]);
}
