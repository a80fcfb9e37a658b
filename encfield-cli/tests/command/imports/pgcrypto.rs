//! PostgreSQL's pgcrypto.

use serde_json::Value;

use super::{Import, Theirs, apart, bytes, cases, listed, text};
use crate::arguments::decrypt;
use crate::place::Kind;

const OWN: &str = include_str!("../../../../encfield-pgcrypto/tests/vectors/pgcrypto.json");
const PUBLISHED: &str = include_str!("../../../../encfield-pgcrypto/tests/vectors/published.json");
const IN_THE_CLEAR: &str =
    include_str!("../../../../encfield-pgcrypto/tests/vectors/in_the_clear.json");

fn is_unauthenticated(case: &Value) -> bool {
    text(&case["options"]).contains("disable-mdc=1")
}

/// The passphrases of these cases, once each, a line each.
fn passphrases(cases: &[(String, &Value)], name: &str) -> String {
    let mut all: Vec<_> = cases.iter().map(|(_, case)| text(&case[name])).collect();
    all.sort_unstable();
    all.dedup();
    all.join("\n")
}

/// What pgcrypto's server made, under several passphrases, and what PostgreSQL publishes in armour.
pub(crate) fn pgcrypto_messages_are_imported_from_bytes_and_from_armour(kind: Kind) {
    let theirs = Theirs::create(kind);
    let own: Value = serde_json::from_str(OWN).unwrap();
    let own = cases(&own, "cases", |case| {
        case["message"].is_string()
            && !is_unauthenticated(case)
            && !text(&case["passphrase"]).contains('\n')
    });
    // Of each passphrase some: each message is tried under each of them.
    let mut some: Vec<_> = own.iter().step_by(9).cloned().collect();
    let rare = |case: &&(String, &Value)| case.1["passphrase"] != "correct horse";
    some.extend(own.iter().filter(rare).step_by(3).cloned());
    assert!(some.len() >= 12, "{}", some.len());
    let keys = passphrases(&some, "passphrase");
    assert!(keys.lines().count() >= 2, "{keys}");
    let (expected, messages) = apart(&some, |case| bytes(&text(&case["message"])));
    theirs.store("their_bytes", &messages);
    theirs.import(0, &Import::new("pgcrypto", "their_bytes", &keys));
    theirs.assert_opened(&expected);

    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    let published = cases(&published, "cases", |case| case["valid"] == true);
    let (open, bare): (Vec<_>, Vec<_>) = published
        .into_iter()
        .partition(|(_, case)| !text(&case["name"]).contains("nomdc"));
    assert!(open.len() >= 15 && !bare.is_empty(), "{}", open.len());
    let keys = passphrases(&open, "password");
    let armour = |case: &Value| text(&case["armored"]).into_bytes();
    let (expected, messages) = apart(&open, armour);
    theirs.store("theirs", &messages);
    theirs.import(0, &Import::new("pgcrypto", "theirs", &keys));
    theirs.assert_opened(&expected);
}

pub(crate) fn a_message_that_nothing_authenticates_is_imported_only_when_that_is_asked_for(
    kind: Kind,
) {
    let theirs = Theirs::create(kind);
    let own: Value = serde_json::from_str(OWN).unwrap();
    let bare = cases(&own, "cases", |case| {
        case["message"].is_string() && is_unauthenticated(case)
    });
    let bare: Vec<_> = bare.into_iter().step_by(4).collect();
    assert!(bare.len() >= 4, "{}", bare.len());
    let keys = passphrases(&bare, "passphrase");
    let (expected, messages) = apart(&bare, |case| bytes(&text(&case["message"])));
    theirs.store("their_bytes", &messages);
    let said = theirs.import(3, &Import::new("pgcrypto", "their_bytes", &keys));
    assert_eq!(listed(&said).len(), messages.len(), "{said}");
    assert!(said.contains("disable-mdc=1"), "{said}");
    assert!(theirs.sealed().is_empty());
    let asked = Import::new("pgcrypto", "their_bytes", &keys);
    theirs.import(0, &asked.with(&["--accept-unauthenticated"]));
    theirs.assert_opened(&expected);
}

pub(crate) fn what_pgcrypto_stored_in_the_clear_is_reported_and_left(kind: Kind) {
    let theirs = Theirs::create(kind);
    let clear: Value = serde_json::from_str(IN_THE_CLEAR).unwrap();
    let right = text(&clear["passphrase"]);
    let cases = clear["cases"].as_array().unwrap().iter();
    let messages: Vec<_> = cases
        .filter_map(|case| case["message"].as_str())
        .step_by(5)
        .map(bytes)
        .collect();
    assert!(messages.len() >= 10, "{}", messages.len());
    theirs.store("their_bytes", &messages);
    let before = theirs.place.people();
    for more in [&[][..], &["--accept-unauthenticated"]] {
        let import = Import::new("pgcrypto", "their_bytes", &right);
        let said = theirs.import(3, &import.with(more));
        assert_eq!(listed(&said).len(), messages.len(), "{said}");
        let told = said.matches("stored in the clear").count();
        assert_eq!(told, messages.len(), "{said}");
        assert!(!said.contains("Secret"), "{said}");
        assert_eq!(theirs.place.people(), before);
    }
}

/// Messages that this server makes now, with the options of pgcrypto.
pub(crate) fn what_the_server_encrypts_now_is_imported(kind: Kind) {
    let theirs = Theirs::create(kind);
    let place = &theirs.place;
    place.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA public");
    let secret = "Grüße, 50 % of 'it'";
    let literal = secret.replace('\'', "''");
    let options = [
        "",
        "cipher-algo=aes128",
        "cipher-algo=aes192, s2k-mode=1",
        "cipher-algo=aes256, sess-key=1",
        "cipher-algo=3des, s2k-mode=0",
        "compress-algo=1, compress-level=9",
        "compress-algo=2",
        "convert-crlf=1, unicode-mode=1",
        "s2k-digest-algo=sha512, s2k-cipher-algo=aes256, sess-key=1",
        "s2k-mode=3, s2k-count=65536, s2k-digest-algo=sha256",
    ];
    for (at, options) in options.iter().enumerate() {
        let id = at + 1;
        let message = format!("public.pgp_sym_encrypt('{literal}', 'correct horse', '{options}')");
        place.execute(&format!(
            "INSERT INTO people (id, their_bytes, theirs) VALUES ({id}, {message}, public.armor({message}))"
        ));
    }
    let expected = vec![secret.to_owned(); options.len()];
    for column in ["their_bytes", "theirs"] {
        place.execute("UPDATE people SET name_sealed = NULL, name_index = NULL");
        theirs.import(0, &Import::new("pgcrypto", column, "correct horse"));
        theirs.assert_opened(&expected);
    }
    place.execute("DELETE FROM people");
    place.execute(&format!(
        "INSERT INTO people (id, their_bytes) VALUES \
         (1, public.pgp_sym_encrypt('{literal}', 'correct horse', 'disable-mdc=1'))"
    ));
    let import = || Import::new("pgcrypto", "their_bytes", "correct horse");
    theirs.import(3, &import());
    theirs.import(0, &import().with(&["--accept-unauthenticated"]));
    theirs.assert_opened(&[secret.to_owned()]);

    theirs.assert_numbers_of_the_server();

    // Whatever this build of OpenSSL makes of the old ciphers: an error, a message or plaintext in the
    // form of one. The last is never taken for encrypted.
    for cipher in ["bf", "cast5"] {
        place.execute("DELETE FROM people");
        place.execute(&format!(
            "DO $$ BEGIN INSERT INTO people (id, their_bytes) VALUES \
             (1, public.pgp_sym_encrypt('{literal}', 'correct horse', 'cipher-algo={cipher}')); \
             EXCEPTION WHEN OTHERS THEN NULL; END $$"
        ));
        match place.people().is_empty() {
            true => println!("{cipher}: this server refuses it"),
            false if theirs.is_in_the_clear(secret) => {
                println!("{cipher}: this server stores it in the clear");
                let said = theirs.import(3, &import());
                assert!(said.contains("stored in the clear"), "{said}");
                assert!(theirs.sealed().is_empty());
            }
            false => {
                println!("{cipher}: this server encrypts");
                theirs.import(0, &import());
                theirs.assert_opened(&[secret.to_owned()]);
            }
        }
    }
}

impl Theirs {
    /// Numbers in their text become numbers, bound to their rows; what is none is listed.
    fn assert_numbers_of_the_server(&self) {
        let place = &self.place;
        place.execute("DELETE FROM people");
        for (id, number) in [(1, "1917"), (2, "-7"), (3, "seven"), (4, "2147483648")] {
            place.execute(&format!(
                "INSERT INTO people (id, their_bytes) VALUES \
                 ({id}, public.pgp_sym_encrypt('{number}', 'correct horse'))"
            ));
        }
        let arguments =
            "import --table people --column born_sealed --from their_bytes --format pgcrypto";
        let arguments: Vec<_> = arguments.split(' ').collect();
        let mut command = place.command(&arguments);
        let output = command
            .env("ENCFIELD_IMPORT_KEYS", "correct horse")
            .output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert_eq!(listed(&said), [3, 4], "{said}");
        assert!(!said.contains("seven"), "{said}");
        place.says(0, &decrypt("people", "born_sealed", "born", &[]));
        let born: Vec<_> = place
            .people()
            .into_iter()
            .map(|person| person.born)
            .collect();
        assert_eq!(born, [Some(1917), Some(-7), None, None]);
    }

    /// Whether the bytes of a secret stand in the only message.
    fn is_in_the_clear(&self, secret: &str) -> bool {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        self.place.execute("UPDATE people SET name = NULL");
        self.place.execute(&format!(
            "UPDATE people SET name = 'clear' WHERE position('\\x{hex}'::bytea IN their_bytes) > 0"
        ));
        let is = self.place.people()[0].name.is_some();
        self.place.execute("UPDATE people SET name = NULL");
        is
    }
}
