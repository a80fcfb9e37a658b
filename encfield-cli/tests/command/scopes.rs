//! Values in scopes.

use crate::arguments::encrypt_names;
use crate::place::{Kind, Place};

/// A place with an empty table of data keys, whose names have the year of birth for a scope.
fn with_data_keys(kind: Kind, table: &str) -> Place {
    let place = Place::create(kind);
    let text = if kind == Kind::Mysql { "VARBINARY" } else { "" };
    let (id, scope) = match text {
        "" => ("TEXT", "TEXT"),
        _ => ("VARBINARY(16)", "VARBINARY(255)"),
    };
    place.execute(&format!(
        "CREATE TABLE {table} (key_id {id} NOT NULL PRIMARY KEY, scope {scope} NOT NULL UNIQUE, \
         wrapped_key {0}, created_at BIGINT NOT NULL, shredded_at BIGINT)",
        if kind == Kind::Mysql {
            "VARBINARY(255)"
        } else {
            place.bytes
        }
    ));
    place.write(
        "encfield.toml",
        "[[column]]\ntable = \"people\"\ncolumn = \"name_sealed\"\ntype = \"String\"\n\
         scope = { column = \"born\", name = \"year\" }\n",
    );
    place.fill(50);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place
}

pub(crate) fn a_scope_is_rotated_and_shredded(kind: Kind) {
    let place = with_data_keys(kind, "encfield_data_keys");
    place.says(0, &encrypt_names(&[]));
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

    let wrapped = place.says(0, &["data-keys", "rewrap"]);
    assert!(wrapped.contains("50 data keys wrapped again"), "{wrapped}");
    assert!(place.says(0, &["census", "--key", &first]).contains("yes"));

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

pub(crate) fn data_keys_are_found_in_a_table_of_another_name(kind: Kind) {
    let place = with_data_keys(kind, "keys_of_people");
    let encrypt = encrypt_names(&[]);
    let at = ["--data-keys-table", "keys_of_people"];
    let says = |code, arguments: &[&str]| place.says(code, &[arguments, &at].concat());
    let refused = place.says(1, &encrypt);
    assert!(refused.contains("the table of data keys"), "{refused}");
    assert!(
        place
            .people()
            .iter()
            .all(|person| person.name_sealed.is_none())
    );
    says(0, &[&encrypt[..], &["--again"]].concat());
    assert!(says(0, &["verify"]).contains("50 rows, 0 changed, 0 left"));
    let first = place.key("primary");
    place.says(0, &["keyring", "add"]);
    place.says(0, &["keyring", "promote", &place.key("active")]);
    place.says(0, &["keyring", "retire", &first]);
    assert!(says(4, &["census", "--key", &first]).contains("no: 50 values"));
    assert!(says(1, &["keyring", "remove", &first]).contains("still needed"));
    assert!(says(0, &["data-keys", "rewrap"]).contains("50 data keys"));
    says(0, &["keyring", "remove", &first]);
    place.write(
        "tombstones.json",
        "{ \"encfield_tombstones\": 1, \"shredded\": [] }",
    );
    let tombstones = ["--tombstones", "tombstones.json"];
    says(0, &[&["shred", "year=1917"], &tombstones[..]].concat());
    assert!(says(3, &["verify"]).contains("shredded"));
    let buried = says(0, &[&["data-keys", "bury"], &tombstones[..]].concat());
    assert!(buried.contains("0 data keys"), "{buried}");
}

pub(crate) fn data_keys_are_wrapped_by_a_keyring_of_their_own(kind: Kind) {
    let place = with_data_keys(kind, "keys_of_people");
    place.says(0, &["keygen", "--out", "wrapping.json"]);
    let wrapped = |code: i32, arguments: &[&str]| {
        let at = ["--data-keys-table", "keys_of_people"];
        let mut command = place.command(&[arguments, &at].concat());
        command.env(
            "ENCFIELD_WRAPPING_KEYRING_FILE",
            place.path("wrapping.json"),
        );
        let output = command.output().unwrap();
        let problems = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {problems}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let encrypt = encrypt_names(&[]);
    wrapped(0, &encrypt);
    wrapped(0, &["verify"]);
    // The keyring of the values opens none of them by itself.
    let without = place.says(3, &["verify", "--data-keys-table", "keys_of_people"]);
    assert!(without.contains("50 rows, 0 changed, 50 left"), "{without}");

    let id = |state: &str| {
        let listed = place.says(0, &["keyring", "list", "--file", "wrapping.json"]);
        let mut lines = listed.lines();
        let line = lines.find(|line| line.contains("encryption") && line.ends_with(state));
        line.unwrap().split(' ').next().unwrap().to_owned()
    };
    let first = id("primary");
    place.says(0, &["keyring", "add", "--file", "wrapping.json"]);
    place.says(
        0,
        &[
            "keyring",
            "promote",
            "--file",
            "wrapping.json",
            &id("active"),
        ],
    );
    assert!(wrapped(4, &["census", "--key", &first]).contains("no: 50 values"));
    let rewrapped = wrapped(0, &["data-keys", "rewrap"]);
    assert!(rewrapped.contains("50 data keys"), "{rewrapped}");
    assert!(wrapped(0, &["census", "--key", &first]).contains("yes"));
    wrapped(0, &["verify"]);
}
