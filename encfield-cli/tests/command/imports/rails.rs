//! Rails' Active Record Encryption.

use serde_json::Value;

use super::{Import, REAL, Theirs, apart, cases, listed, text, texts};
use crate::place::Kind;

/// What real Rails wrote in each of its modes, and what it wrote in another encoding.
pub(crate) fn rails_values_of_each_mode_are_imported(kind: Kind) {
    let theirs = Theirs::create(kind);
    let real: Value = serde_json::from_str(REAL).unwrap();
    let salt = text(&real["rails"][0]["salt"]);
    let all = cases(&real, "rails", |case| case["salt"] == salt.as_str());
    let mut passwords: Vec<_> = (all.iter())
        .flat_map(|(_, case)| texts(&case["passwords"]))
        .collect();
    passwords.sort_unstable();
    passwords.dedup();
    let keys = passwords.join("\n");
    let own: Vec<_> = all
        .into_iter()
        .filter(|(_, case)| case["other_encoding"] == false)
        .collect();
    for mode in ["derived", "deterministic", "envelope"] {
        let of_mode = own.iter().filter(|(_, case)| case["mode"] == mode).count();
        assert!(of_mode >= 12, "{mode}: {of_mode}");
    }
    let stored = |case: &Value| text(&case["value"]).into_bytes();
    let (expected, values) = apart(&own, stored);
    theirs.store("theirs", &values);
    let salted = [("ENCFIELD_IMPORT_SALT", salt.as_str())];
    let import = || Import::new("rails", "theirs", &keys);
    let unsalted = theirs.import(1, &import());
    assert!(unsalted.contains("ENCFIELD_IMPORT_SALT"), "{unsalted}");
    assert!(theirs.sealed().is_empty());
    theirs.import(0, &import().salted(&salted));
    theirs.assert_opened(&expected);

    // Text in another encoding than UTF-8 would be read as another text.
    let values: Vec<_> = (real["rails"].as_array().unwrap().iter())
        .filter(|case| case["other_encoding"] == true && case["salt"] == salt.as_str())
        .map(stored)
        .collect();
    assert!(!values.is_empty());
    theirs.store("theirs", &values);
    let said = theirs.import(3, &import().salted(&salted));
    assert_eq!(listed(&said).len(), values.len(), "{said}");
    assert!(theirs.sealed().is_empty());
}
