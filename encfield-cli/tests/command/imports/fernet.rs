//! Fernet and django-fernet-fields.

use serde_json::Value;

use super::{Import, MADE, Theirs, apart, bytes, cases, listed, text, texts};
use crate::arguments::decrypt;
use crate::place::Kind;

fn value(case: &Value) -> Vec<u8> {
    text(&case["value"]).into_bytes()
}

/// Every key of these cases, a line each.
fn keys(cases: &[(String, &Value)], name: &str) -> String {
    let keys: Vec<_> = cases
        .iter()
        .flat_map(|(_, case)| texts(&case[name]))
        .collect();
    keys.join("\n")
}

pub(crate) fn fernet_tokens_of_several_keys_are_imported_from_bytes_and_text(kind: Kind) {
    let theirs = Theirs::create(kind);
    let made: Value = serde_json::from_str(MADE).unwrap();
    let cases = cases(&made, "fernet", |_| true);
    assert!(cases.len() >= 13, "{}", cases.len());
    let (expected, tokens) = apart(&cases, value);
    let keys = keys(&cases, "keys");
    // As django-fernet-fields has them: ASCII in a column of bytes.
    for column in ["their_bytes", "theirs"] {
        theirs.store(column, &tokens);
        theirs.import(0, &Import::new("fernet", column, &keys));
        theirs.assert_opened(&expected);
    }
    // Keys come from a file as well, whatever ends its lines.
    theirs.store("theirs", &tokens);
    theirs.place.write("keys", &keys.replace('\n', "\r\n"));
    let arguments =
        "import --table people --column name_sealed --from theirs --format fernet --again";
    let arguments: Vec<_> = arguments.split(' ').collect();
    let mut command = theirs.place.command(&arguments);
    let path = theirs.place.path("keys");
    let status = command.env("ENCFIELD_IMPORT_KEYS_FILE", &path).output();
    assert_eq!(status.unwrap().status.code(), Some(0));
    theirs.assert_opened(&expected);

    // Without the key of some, these are listed and nothing is made of them; with it they come after.
    theirs.store("theirs", &tokens);
    let first = texts(&cases[0].1["keys"]).join("\n");
    let said = theirs.import(3, &Import::new("fernet", "theirs", &first));
    let opened = theirs.sealed();
    assert!(
        opened.contains(&1) && opened.len() < tokens.len(),
        "{opened:?}"
    );
    let others = (1..=tokens.len() as i32).filter(|id| !opened.contains(id));
    assert_eq!(listed(&said), others.collect::<Vec<_>>());
    theirs.import(0, &Import::new("fernet", "theirs", &keys));
    theirs.assert_opened(&expected);

    for (wrong, why) in [("short", "key is not valid"), ("", "no key was given")] {
        let before = theirs.place.people();
        let said = theirs.import(1, &Import::new("fernet", "theirs", wrong));
        assert!(said.contains(why), "{said}");
        assert_eq!(theirs.place.people(), before);
    }
}

pub(crate) fn django_tokens_are_imported_and_cleared_where_they_are_the_same(kind: Kind) {
    let theirs = Theirs::create(kind);
    let made: Value = serde_json::from_str(MADE).unwrap();
    let of_a_line = |case: &Value| {
        texts(&case["secrets"])
            .iter()
            .all(|own| !own.contains('\n'))
    };
    let cases = cases(&made, "django", of_a_line);
    assert!(cases.len() >= 9, "{}", cases.len());
    let (expected, tokens) = apart(&cases, value);
    let secrets = keys(&cases, "secrets");
    theirs.store("theirs", &tokens);
    let wrong = theirs.import(3, &Import::new("django", "theirs", "another secret"));
    assert!(wrong.contains("does not authenticate"), "{wrong}");
    assert_eq!(listed(&wrong).len(), tokens.len());
    assert!(theirs.sealed().is_empty());
    let dry = Import::new("django", "theirs", &secrets);
    let dry = theirs.import(0, &dry.with(&["--dry-run"]));
    assert!(dry.contains(&format!("{} changed", tokens.len())), "{dry}");
    assert!(theirs.sealed().is_empty());
    theirs.import(0, &Import::new("django", "theirs", &secrets));
    theirs.assert_opened(&expected);

    // Emptied where the encrypted value is the same, and nowhere else.
    theirs.add(1000, "theirs", &tokens[0]);
    let clear = Import::new("django", "theirs", &secrets);
    let cleared = theirs.import(3, &clear.with(&["--clear"]));
    assert_eq!(listed(&cleared), [1000], "{cleared}");
    assert!(cleared.contains(&format!("{} changed, 1 left", tokens.len())));
    theirs
        .place
        .execute("DELETE FROM people WHERE theirs IS NOT NULL");
    theirs.assert_opened(&expected);
}

pub(crate) fn tokens_are_imported_in_the_column_that_they_stand_in(kind: Kind) {
    let theirs = Theirs::create(kind);
    let made: Value = serde_json::from_str(MADE).unwrap();
    let cases = cases(&made, "fernet", |_| true);
    let (mut expected, mut tokens) = apart(&cases, value);
    let keys = keys(&cases, "keys");
    tokens.push(b"no token".to_vec());
    theirs.store("name_sealed", &tokens);
    let import = || Import::new("fernet", "name_sealed", &keys);
    let last = tokens.len() as i32;
    let said = theirs.import(3, &import());
    assert_eq!(listed(&said), [last], "{said}");
    assert!(
        said.contains("take `Migrating` out of the schema"),
        "{said}"
    );
    let people = theirs.place.people();
    let left = people.last().unwrap();
    assert_eq!(left.name_sealed.as_deref(), Some(&b"no token"[..]));
    assert_eq!(left.name_index, None);

    // What is sealed is not read as a token, nor sealed twice.
    theirs
        .place
        .execute(&format!("DELETE FROM people WHERE id = {last}"));
    let sealed = theirs.place.people();
    let again = theirs.import(0, &import());
    assert!(
        again.contains(&format!("{} rows, 0 changed", last - 1)),
        "{again}"
    );
    assert_eq!(theirs.place.people(), sealed);
    theirs.assert_opened(&expected);
    // One that comes meanwhile is sealed like the others.
    theirs.add(last as usize, "name_sealed", &tokens[0]);
    theirs.import(0, &import());
    expected.push(expected[0].clone());
    theirs.assert_opened(&expected);
}

/// What is no text is a value of a field of bytes, and of no other.
pub(crate) fn bytes_that_are_no_text_are_imported_into_a_field_of_bytes(kind: Kind) {
    let theirs = Theirs::create(kind);
    let place = &theirs.place;
    let made: Value = serde_json::from_str(MADE).unwrap();
    let all = made["fernet"].as_array().unwrap().iter();
    let plain = |case: &Value| bytes(&text(&case["plaintext"]));
    let no_text = all.filter(|case| String::from_utf8(plain(case)).is_err());
    let (expected, tokens): (Vec<_>, Vec<_>) = no_text
        .clone()
        .map(|case| (Some(plain(case)), value(case)))
        .unzip();
    assert!(!tokens.is_empty());
    let keys: Vec<_> = no_text.flat_map(|case| texts(&case["keys"])).collect();
    let keys = keys.join("\n");
    theirs.store("their_bytes", &tokens);
    let said = theirs.import(3, &Import::new("fernet", "their_bytes", &keys));
    assert_eq!(listed(&said).len(), tokens.len(), "{said}");
    assert!(theirs.sealed().is_empty());

    place.write(
        "bytes.toml",
        "[[column]]\ntable = \"people\"\ncolumn = \"name_sealed\"\ntype = \"Option<Vec<u8>>\"\n",
    );
    let of_bytes = ["--manifest", "bytes.toml"];
    let import = Import::new("fernet", "their_bytes", &keys);
    theirs.import(0, &import.with(&of_bytes));
    let decrypt = decrypt("people", "name_sealed", "name_index", &[]);
    place.says(0, &[&decrypt[..], &of_bytes].concat());
    let decrypted = place.people().into_iter().map(|person| person.name_index);
    assert_eq!(decrypted.collect::<Vec<_>>(), expected);
}
