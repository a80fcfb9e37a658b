//! A manifest and a database that do not fit each other: a sentence, an exit code, and nothing changed.

use crate::arguments::{decrypt, decrypt_names, encrypt, encrypt_names};
use crate::imports::listed;
use crate::place::{Kind, Place};

fn manifest(column: &str, of: &str, more: &str) -> String {
    format!("[[column]]\ntable = \"people\"\ncolumn = \"{column}\"\ntype = \"{of}\"\n{more}\n")
}

impl Place {
    /// What a command says with another manifest that ends with this code, and changes nothing.
    fn changes_nothing(&self, code: i32, manifest: &str, arguments: &[&str]) -> String {
        self.write("other.toml", manifest);
        let before = self.people();
        let said = self.says(code, &[arguments, &["--manifest", "other.toml"]].concat());
        assert_eq!(self.people(), before, "{arguments:?}");
        assert!(!said.contains("Meier"), "{said}");
        said
    }

    fn filled(kind: Kind) -> Self {
        let place = Self::create(kind);
        place.fill(5);
        place.says(0, &["keygen", "--out", "keyring.json"]);
        place
    }
}

pub(crate) fn a_type_that_the_values_are_not_of_costs_no_value(kind: Kind) {
    let place = Place::filled(kind);
    // A whole number where the column has names: each row is listed and none is written.
    let whole = manifest("name_sealed", "Option<i32>", "");
    let said = place.changes_nothing(3, &whole, &encrypt_names(&[]));
    assert_eq!(listed(&said), [1, 2, 3, 4, 5], "{said}");
    assert!(said.contains("no value of the type"), "{said}");
    place.says(
        0,
        &["jobs", "forget", "people: encrypt from name (name_sealed)"],
    );

    // And where names were encrypted.
    place.encrypt_all();
    place.execute("UPDATE people SET name = NULL");
    let decrypt = decrypt_names(&[]);
    for arguments in [&["verify"][..], &decrypt] {
        let said = place.changes_nothing(3, &whole, arguments);
        assert_eq!(listed(&said), [1, 2, 3, 4, 5], "{said}");
        assert!(
            said.contains("not an encoding of the field's type"),
            "{said}"
        );
    }
    place.says(0, &["verify"]);
}

pub(crate) fn a_value_is_bound_to_what_the_manifest_says_or_does_not_open(kind: Kind) {
    let place = Place::filled(kind);
    place.encrypt_all();
    place.says(0, &["keyring", "add"]);
    place.says(0, &["keyring", "promote", &place.key("active")]);
    let bound = |to: &str| manifest("born_sealed", "Option<i32>", &format!("bound_to = [{to}]"));
    // Another type than the model's, another column, or none: the values do not open, and stay.
    for other in [
        r#"{ column = "id", type = "i64" }"#,
        r#"{ column = "born", type = "i32" }"#,
        "",
    ] {
        let said = place.changes_nothing(3, &bound(other), &["verify"]);
        assert_eq!(listed(&said), [1, 2, 3, 4, 5], "{other}: {said}");
        assert!(said.contains("does not authenticate"), "{said}");
        let said = place.changes_nothing(3, &bound(other), &["rotate", "--again"]);
        assert_eq!(listed(&said), [1, 2, 3, 4, 5], "{other}: {said}");
    }
    // One that the column has no value of, one that the command does not know, one that is not there.
    let said = place.changes_nothing(
        3,
        &bound(r#"{ column = "name", type = "i32" }"#),
        &["verify"],
    );
    assert_eq!(listed(&said), [1, 2, 3, 4, 5], "{said}");
    for (other, why) in [
        (
            r#"{ column = "id", type = "Own" }"#,
            "`Own`, to which it is bound",
        ),
        (r#"{ column = "nowhere", type = "i32" }"#, "people.nowhere"),
    ] {
        for arguments in [&["verify"][..], &["rotate", "--again"]] {
            let said = place.changes_nothing(1, &bound(other), arguments);
            assert!(said.contains(why), "{said}");
        }
    }
    place.says(0, &["rotate", "--again"]);
    place.says(0, &["verify"]);
}

pub(crate) fn a_column_that_takes_no_ciphertext_is_refused_before_anything_is_done(kind: Kind) {
    let place = Place::filled(kind);
    place.execute("ALTER TABLE people ADD COLUMN words VARCHAR(200)");
    place.execute("ALTER TABLE people ADD COLUMN words_index VARCHAR(64)");
    let into = |column| encrypt("people", column, "name", &[]);
    let index = |column: &str| {
        format!("[[column.index]]\ncolumn = \"{column}\"\nnormaliser = \"case-folded/1\"")
    };
    let text = "Option<String>";
    for (manifest, column, refused) in [
        (manifest("words", text, ""), "words", "people.words"),
        (manifest("name", text, ""), "name", "people.name"),
        (manifest("nowhere", text, ""), "nowhere", "people.nowhere"),
        (
            manifest("name_sealed", text, &index("nowhere")),
            "name_sealed",
            "people.nowhere",
        ),
        (
            manifest("name_sealed", text, &index("words_index")),
            "name_sealed",
            "people.words_index",
        ),
    ] {
        for dry in [&["--dry-run"][..], &[]] {
            let said = place.changes_nothing(1, &manifest, &[&into(column)[..], dry].concat());
            assert!(said.contains(refused), "{refused}: {said}");
            // The sentence says what to do next.
            assert!(said.contains("run the migration that adds it"), "{said}");
        }
    }
    // What cannot be made here is said before anything is done: it takes the program that has it.
    let unknown = "[[column.index]]\ncolumn = \"name_index\"\nnormaliser = \"own/1\"";
    let compound = "[[column.index]]\ncolumn = \"name_index\"\n\
                    normaliser = \"compound/1(exact/1,exact/1)\"\ncompound = [\"name_sealed\", \"nowhere\"]";
    for (more, why) in [
        (unknown, "the index name_index (own/1) cannot be made here"),
        (
            compound,
            "made of nowhere, which the manifest does not have",
        ),
        ("padding = \"Own\"", "it is padded (Own)"),
    ] {
        let said =
            place.changes_nothing(1, &manifest("name_sealed", text, more), &encrypt_names(&[]));
        assert!(said.contains(why), "{said}");
    }
    // The column that the values come from.
    let said = place.changes_nothing(
        1,
        &manifest("name_sealed", text, ""),
        &encrypt("people", "name_sealed", "nowhere", &[]),
    );
    assert!(said.contains("people.nowhere"), "{said}");
    // Neither was a job begun.
    let said = place.says(0, &["jobs", "list"]);
    assert!(said.is_empty(), "{said}");
}

pub(crate) fn jobs_that_contradict_each_other_are_refused_by_name(kind: Kind) {
    let place = Place::filled(kind);
    place.execute("ALTER TABLE people ADD COLUMN other VARCHAR(80)");
    place.says(0, &encrypt_names(&["--chunk", "2"]));
    // As a job leaves it that was broken off.
    place.execute("UPDATE encfield_chunks SET done = 0 WHERE number = 1");
    let same = std::fs::read_to_string(place.path("encfield.toml")).unwrap();
    let from_other = encrypt("people", "name_sealed", "other", &[]);
    let decrypt = decrypt("people", "name_sealed", "other", &[]);
    for contradicting in [&from_other[..], &["rotate"], &["reindex"], &decrypt] {
        let said = place.changes_nothing(1, &same, contradicting);
        assert!(
            said.contains("another job is in the way (people: encrypt from name (name_sealed)")
                && said.contains("let it finish, or forget it"),
            "{contradicting:?}: {said}"
        );
    }
    // What only reads is in nobody's way, and the job itself goes on.
    place.says(0, &["verify"]);
    let said = place.says(0, &encrypt_names(&[]));
    assert!(said.contains("5 rows"), "{said}");
    place.says(0, &["rotate"]);
}

/// The record of a job that cleared a column is what keeps NULL there from emptying every field.
pub(crate) fn a_job_that_is_refused_is_not_forgotten(kind: Kind) {
    let place = Place::filled(kind);
    let clear = encrypt_names(&["--clear"]);
    let again = [&clear[..], &["--again"]].concat();
    place.says(0, &encrypt_names(&[]));
    place.says(0, &clear);
    let jobs = place.says(0, &["jobs", "list"]);
    assert!(jobs.contains("people: clear name (name_sealed)"), "{jobs}");
    place.execute("ALTER TABLE people RENAME COLUMN name TO other");
    assert!(place.says(1, &again).contains("people.name"));
    place.execute("ALTER TABLE people RENAME COLUMN other TO name");
    assert_eq!(place.says(0, &["jobs", "list"]), jobs);
    let emptying = encrypt_names(&["--again", "--null-empties"]);
    let before = place.people();
    let said = place.says(1, &emptying);
    assert!(said.contains("a job cleared the plain column"), "{said}");
    assert_eq!(place.people(), before);
    // Nor is one that another job is in the way of.
    let encrypting = "job = 'people: encrypt from name (name_sealed)'";
    place.execute(&format!(
        "UPDATE encfield_chunks SET done = 0 WHERE {encrypting}"
    ));
    assert!(place.says(1, &again).contains("another job is in the way"));
    place.execute(&format!(
        "UPDATE encfield_chunks SET done = 1 WHERE {encrypting}"
    ));
    assert_eq!(place.says(0, &["jobs", "list"]), jobs);
    let said = place.says(0, &again);
    assert!(said.contains("5 rows"), "{said}");
}
