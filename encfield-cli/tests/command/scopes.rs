//! Values in scopes.

use crate::place::{Kind, Place};

pub(crate) fn a_scope_is_rotated_and_shredded(kind: Kind) {
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
