//! From plaintext to a key, to the next key, and back.

use std::process::{Command, Stdio};

use crate::arguments::{decrypt_names, encrypt, encrypt_names};
use crate::place::{Kind, Place};

pub(crate) fn from_plain_to_a_new_key_and_back(kind: Kind) {
    let place = Place::create(kind);
    place.fill(700);
    let made = place.says(0, &["keygen", "--out", "keyring.json"]);
    assert!(
        made.contains("primary") && made.lines().count() == 2,
        "{made}"
    );
    let dry = place.says(0, &encrypt_names(&["--dry-run"]));
    assert!(dry.contains("700 rows, 700 changed"), "{dry}");
    let done = place.says(0, &encrypt_names(&["--workers", "3", "--chunk", "50"]));
    assert!(
        done.contains("700 rows, 700 changed") && done.contains("--clear"),
        "{done}"
    );
    // Once more, it says that nothing was done.
    let before = place.says(6, &encrypt_names(&[]));
    assert!(
        before.contains("was complete before") && before.contains("--again"),
        "{before}"
    );
    place.says(0, &encrypt_names(&["--again"]));
    place.says(0, &encrypt("people", "born_sealed", "born", &[]));
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
    place.says(0, &decrypt_names(&[]));
    let clear = encrypt_names(&["--clear"]);
    let cleared = place.says(0, &clear);
    assert!(
        cleared.contains("700 changed") && cleared.contains("VACUUM FULL"),
        "{cleared}"
    );
}

pub(crate) fn a_row_that_does_not_open_has_an_exit_code_of_its_own(kind: Kind) {
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
    // Whoever asks later is told as well.
    let before = place.says(6, &["rotate"]);
    assert!(
        before.contains("row 7") && before.contains("Then: 20 rows"),
        "{before}"
    );
    let name = format!(
        "people: rotate to {} (name_sealed, born_sealed)",
        place.key("primary")
    );
    let failures = place.says(4, &["jobs", "failures", &name]);
    assert!(
        failures.contains("row 7") && failures.lines().count() == 1,
        "{failures}"
    );
    place.says(4, &["jobs", "failures", "another"]);
    place.says(0, &["jobs", "forget", &name]);
    place.says(
        0,
        &["verify", "--column", "name_sealed", "--table", "people"],
    );
}

pub(crate) fn a_job_that_is_broken_off_keeps_keys_until_it_is_done(kind: Kind) {
    let place = Place::create(kind);
    place.fill(400);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let arguments = encrypt_names(&["--chunk", "10"]);
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
    // Unfinished, it may still use any key: none is removed under it.
    let listed = place.says(4, &["jobs", "list"]);
    assert!(listed.contains("not complete"), "{listed}");
    place.says(0, &["keyring", "add"]);
    let spare = place.key("active");
    place.says(0, &["keyring", "retire", &spare]);
    let refused = place.says(1, &["keyring", "remove", &spare]);
    assert!(
        refused.contains("is not complete") && refused.contains("encrypt from name"),
        "{refused}"
    );
    let done = place.says(0, &arguments);
    assert!(done.contains("400 rows, 400 changed"), "{done}");
    place.says(0, &["keyring", "remove", &spare]);
    let name = "people: encrypt from name (name_sealed)";
    assert!(place.says(0, &["jobs", "list"]).contains(name));
    place.says(0, &["jobs", "forget", name]);
    place.says(4, &["jobs", "forget", name]);
    place.says(0, &arguments);
}

pub(crate) fn a_value_of_an_unknown_format_is_no_yes(kind: Kind) {
    let place = Place::create(kind);
    place.fill(3);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.says(0, &["keyring", "add"]);
    let spare = place.key("active");
    place.says(0, &["keyring", "retire", &spare]);
    assert!(place.says(0, &["census", "--key", &spare]).contains("yes"));
    let later = match kind {
        Kind::Postgres => "'\\xfe0200'",
        _ => "X'fe0200'",
    };
    place.execute(&format!(
        "UPDATE people SET name_sealed = {later} WHERE id = 2"
    ));
    let no = place.says(4, &["census", "--key", &spare]);
    assert!(
        no.contains("no: 0 values") && no.contains("1 values are of a format"),
        "{no}"
    );
    place.says(1, &["keyring", "remove", &spare]);
}

pub(crate) fn verify_says_what_it_passed_over(kind: Kind) {
    let place = Place::create(kind);
    place.fill(3);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    let column = "[[column]]\ntable = \"people\"\ncolumn = \"name_sealed\"\n";
    place.write(
        "own.toml",
        &format!(
            "{column}type = \"Option<String>\"\n\
             [[column.index]]\ncolumn = \"born_sealed\"\nnormaliser = \"own/1\"\n\
             [[column.index]]\ncolumn = \"name_index\"\nnormaliser = \"case-folded/1\"\n"
        ),
    );
    let said = place.says(0, &["verify", "--manifest", "own.toml"]);
    assert!(
        said.contains("people.name_sealed: the index born_sealed (own/1) cannot be made here"),
        "{said}"
    );
    place.write("type.toml", &format!("{column}type = \"Own\"\n"));
    let said = place.says(0, &["verify", "--manifest", "type.toml"]);
    assert!(said.contains("opened and not decoded"), "{said}");
    // The index that is known is compared all the same.
    place.execute("UPDATE people SET name_index = NULL WHERE id = 2");
    place.says(3, &["verify", "--manifest", "own.toml"]);
}
