//! What is wrong is said, and nothing is done.

use crate::arguments::{decrypt, encrypt, encrypt_names};
use crate::place::{Kind, Place};

pub(crate) fn what_is_wrong_is_said_before_anything_is_done(kind: Kind) {
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
    let own = place.says(1, &encrypt_names(&["--manifest", "own.toml"]));
    assert!(own.contains("`Own` is not known here"), "{own}");

    // Plaintext is written nowhere that something else needs, and taken from nowhere that has none.
    let from = |from| encrypt("people", "name_sealed", from, &[]);
    let to = |to| decrypt("people", "name_sealed", to, &[]);
    for (arguments, why) in [
        (to("born_sealed"), "an encrypted column"),
        (to("name_sealed"), "the encrypted column itself"),
        (to("name_index"), "a blind index of people.name_sealed"),
        (to("id"), "bound to it"),
        (from("born_sealed"), "an encrypted column"),
        (from("name_index"), "a blind index"),
    ] {
        let said = place.says(1, &arguments);
        assert!(said.contains(why), "{why}: {said}");
    }
    // The last table of a manifest is looked at before the first one is worked on.
    place.write(
        "two.toml",
        &format!(
            "{column}table = \"people\"\ncolumn = \"name_sealed\"\n\
             {column}table = \"keyless\"\ncolumn = \"b\""
        ),
    );
    place.execute("DROP TABLE keyless");
    place.execute("CREATE TABLE keyless (a INTEGER NOT NULL PRIMARY KEY)");
    assert!(
        place
            .says(1, &["rotate", "--manifest", "two.toml"])
            .contains("keyless.b")
    );
    assert!(!place.says(0, &["jobs", "list"]).contains("rotate"));

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
