//! What others wrote opens to what they say: pgcrypto's own tests, pgcrypto, GnuPG.

mod cases;

use cases::{cases, file, hex, is_plaintext, message, refused};
use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};
use serde_json::Value;
use sha1::{Digest, Sha1};

#[allow(clippy::unwrap_used, reason = "a part of the tests")]
fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

/// pgcrypto's own cases. `pgp_sym_decrypt` gives text, and refuses one for a zero byte that the text
/// has; this reader gives bytes, so it opens to what GnuPG opens it to.
#[test]
fn the_published_messages_open_to_what_was_published() {
    let file = file("published.json");
    let cases = cases(&file, 28);
    for case in cases {
        let name = text(case, "name");
        let expected = text(case, "published_expectation");
        let is_bare = name.contains("nomdc");
        let reader = Pgcrypto::new(text(case, "password")).accepting_unauthenticated(is_bare);
        let value = hex(text(case, "message"));
        let armored = text(case, "armored").as_bytes();
        assert_eq!(reader.open(&value), reader.open(armored), "{name}: armor");
        match expected {
            "error:Wrong key or corrupt data" => {
                assert_eq!(
                    refused(&reader, &value),
                    ImportErrorKind::NotAuthentic,
                    "{name}"
                );
            }
            "error:Unsupported compression algorithm" => {
                assert_eq!(
                    refused(&reader, &value),
                    ImportErrorKind::Unsupported,
                    "{name}"
                );
            }
            "error:invalid byte sequence for encoding \"UTF8\": 0x00" => {
                assert_eq!(case["gpg"], "decrypts to 61000c");
                assert_eq!(
                    reader.open(&value).unwrap().as_slice(),
                    b"a\0\x0c",
                    "{name}"
                );
            }
            _ => {
                let opened = reader.open(&value).unwrap();
                assert!(is_plaintext(case, &opened), "{name}");
                match expected.strip_prefix("sha1:") {
                    Some(sha1) => assert_eq!(Sha1::digest(&opened).as_slice(), hex(sha1), "{name}"),
                    None => assert_eq!(opened.as_slice(), expected.as_bytes(), "{name}"),
                }
            }
        }
        assert_eq!(
            case["valid"] == true,
            !expected.starts_with("error:"),
            "{name}"
        );
        if is_bare {
            let strict = Pgcrypto::new(text(case, "password"));
            assert_eq!(refused(&strict, &value), ImportErrorKind::NotAuthenticated);
        }
    }
    println!("published: {} cases", cases.len());
}

#[test]
fn what_pgcrypto_wrote_opens() {
    let file = file("pgcrypto.json");
    let cases = cases(&file, 180);
    for case in cases {
        let options = text(case, "options");
        let is_bare = options.contains("disable-mdc=1");
        let reader = Pgcrypto::new(text(case, "passphrase")).accepting_unauthenticated(is_bare);
        let opened = reader.open(&message(case));
        let opened = opened.unwrap_or_else(|error| panic!("{} {options}: {error}", case["id"]));
        assert_eq!(
            opened.len() as u64,
            case["length"].as_u64().unwrap(),
            "{options}"
        );
        assert!(is_plaintext(case, &opened), "{} {options}", case["id"]);
    }
    println!("pgcrypto: {} cases", cases.len());
}

#[test]
fn what_gnupg_wrote_opens_or_is_unsupported() {
    let file = file("gpg.json");
    let cases = cases(&file, 43);
    let reader = Pgcrypto::new(text(&file, "passphrase"));
    for case in cases {
        let options = text(case, "options");
        match text(case, "expected") {
            "opens" => {
                let opened = reader
                    .open(&message(case))
                    .unwrap_or_else(|error| panic!("{options}: {error}"));
                assert_eq!(
                    opened.as_slice(),
                    text(&file, "plaintext").as_bytes(),
                    "{options}"
                );
            }
            kind => {
                let refused = refused(&reader, &message(case));
                assert_eq!(format!("{refused:?}"), kind, "{options}");
            }
        }
    }
    println!("gpg: {} cases", cases.len());
}
