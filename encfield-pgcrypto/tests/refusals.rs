//! What is refused, and as what.

mod cases;

use std::error::Error as _;

use cases::{
    PASSPHRASE, cases, file, is_plaintext, literal, message, packet, protected, protected_under,
    refused, sealed, sealed_without_code, session_key, zipped,
};
use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};

fn reader() -> Pgcrypto {
    Pgcrypto::new(PASSPHRASE)
}

#[test]
fn a_message_without_a_modification_code_is_refused() {
    let file = file("pgcrypto.json");
    let mut tried = 0;
    for case in cases(&file, 180) {
        if !case["options"].as_str().unwrap().contains("disable-mdc=1") {
            continue;
        }
        tried += 1;
        let passphrase = case["passphrase"].as_str().unwrap();
        for reader in [
            Pgcrypto::new(passphrase),
            Pgcrypto::new(passphrase)
                .accepting_unauthenticated(true)
                .accepting_unauthenticated(false),
        ] {
            let kind = refused(&reader, &message(case));
            assert_eq!(
                kind,
                ImportErrorKind::NotAuthenticated,
                "{}",
                case["options"]
            );
        }
        let reader = Pgcrypto::new(passphrase).accepting_unauthenticated(true);
        assert!(is_plaintext(case, &reader.open(&message(case)).unwrap()));
        let reader = Pgcrypto::new("wrong").accepting_unauthenticated(true);
        let kind = refused(&reader, &message(case));
        assert_eq!(kind, ImportErrorKind::NotAuthentic, "{}", case["options"]);
    }
    assert!(tried >= 40, "{tried}");
    println!("without a code: {tried} cases");
}

/// pgcrypto takes no empty passphrase, so an empty one was never configured.
#[test]
fn an_empty_passphrase_is_no_key() {
    let kind = refused(&Pgcrypto::new(""), &sealed(&literal(b"plain")));
    assert_eq!(kind, ImportErrorKind::KeyInvalid);
}

#[test]
fn bytes_that_do_not_belong_are_refused() {
    let inner = literal(b"plain");
    let twice = [inner.clone(), inner.clone()].concat();
    let after_the_stream = packet(8, &[zipped(&inner)[6..].to_vec(), vec![0]].concat());
    for value in [
        [sealed(&inner), vec![0]].concat(),
        [sealed(&inner), sealed(&inner)].concat(),
        [sealed(&inner), literal(b"more")].concat(),
        sealed(&twice),
        sealed(&zipped(&twice)),
        sealed(&after_the_stream),
        sealed(&[]),
        sealed(b"plain"),
        sealed(&packet(11, b"x\0\0\0\0\0plain")),
        sealed(&packet(11, b"b\xff\0\0\0\0plain")),
        sealed(&packet(8, &[9])),
        sealed(&sealed(&inner)),
        protected(&inner),
        session_key(),
        b"plain".to_vec(),
        vec![],
    ] {
        assert_eq!(
            refused(&reader(), &value),
            ImportErrorKind::Malformed,
            "{value:02x?}"
        );
    }
}

#[test]
fn a_code_that_does_not_agree_is_refused_before_anything_is_read() {
    for inner in [
        literal(b"plain"),
        b"no packet".to_vec(),
        zipped(b"x"),
        packet(8, &[3]),
    ] {
        let mut value = sealed(&inner);
        let last = value.len() - 1;
        value[last] ^= 1;
        assert_eq!(refused(&reader(), &value), ImportErrorKind::NotAuthentic);
    }
}

#[test]
fn a_code_under_another_header_is_refused() {
    for header in [[0xd3, 0x13], [0xd2, 0x14], [0, 0]] {
        let value = [session_key(), protected_under(&literal(b"plain"), header)].concat();
        assert_eq!(refused(&reader(), &value), ImportErrorKind::NotAuthentic);
    }
}

/// A wrong passphrase agrees with the prefix once in 2^16 times, and then opens to this.
#[test]
fn garbage_without_a_code_is_not_authentic() {
    let reader = reader().accepting_unauthenticated(true);
    for inner in [b"plain".to_vec(), vec![], vec![0xcb], packet(8, &[1, 0xff])] {
        let kind = refused(&reader, &sealed_without_code(&inner));
        assert_eq!(kind, ImportErrorKind::NotAuthentic);
    }
}

/// Another reader would see a message without a code where this one had one.
#[test]
fn a_code_cannot_be_stripped_without_notice() {
    let value = sealed(&literal(b"plain"));
    let key = session_key().len();
    let body = &value[key + 7..];
    let stripped = [session_key(), packet(9, &body[..body.len() - 22])].concat();
    assert_eq!(
        refused(&reader(), &stripped),
        ImportErrorKind::NotAuthenticated
    );
}

#[test]
fn what_is_not_read_is_unsupported() {
    let inner = literal(b"plain");
    let data = protected(&inner);
    for value in [
        [packet(1, &[3; 20]), data.clone()].concat(),
        [packet(3, &[4, 10, 0, 8]), data.clone()].concat(),
        [packet(3, &[4, 7, 0, 12]), data.clone()].concat(),
        [packet(3, &[4, 7, 4, 0]), data.clone()].concat(),
        [packet(3, &[4, 7, 101, 2]), data.clone()].concat(),
        [packet(3, &[6; 30]), data.clone()].concat(),
        [session_key(), packet(18, &[2; 50])].concat(),
        [session_key(), packet(20, &[1; 50])].concat(),
        packet(2, &[4; 20]),
        sealed(&packet(4, &[3; 13])),
        sealed(&packet(8, &[3, 1, 2, 3])),
    ] {
        assert_eq!(
            refused(&reader(), &value),
            ImportErrorKind::Unsupported,
            "{value:02x?}"
        );
    }
}

#[test]
fn a_key_that_cannot_be_read_does_not_hide_one_that_can() {
    let data = protected(&literal(b"plain"));
    for other in [
        packet(1, &[3; 20]),
        packet(3, &[6; 30]),
        packet(3, &[4, 9, 0, 2]),
        packet(10, b"PGP"),
    ] {
        for value in [
            [other.clone(), session_key(), data.clone()].concat(),
            [session_key(), other, data.clone()].concat(),
        ] {
            assert_eq!(reader().open(&value).unwrap().as_slice(), b"plain");
        }
    }
}

#[test]
fn plaintexts_of_old_headers_and_parts_open() {
    for inner in [
        // Old headers with one, two and four bytes of length, and with none.
        [b"\xac\x0bb\0\0\0\0\0plain".as_slice()].concat(),
        [b"\xad\0\x0bb\0\0\0\0\0plain".as_slice()].concat(),
        [b"\xae\0\0\0\x0bb\0\0\0\0\0plain".as_slice()].concat(),
        [b"\xafb\0\0\0\0\0plain".as_slice()].concat(),
        // Parts of 1, 2 and 4 bytes, and a rest; with a name.
        [b"\xcb\xe0b\xe1\x01n\xe2\0\0\0\0\x05plain".as_slice()].concat(),
        packet(8, &[&[0], literal(b"plain").as_slice()].concat()),
    ] {
        for value in [sealed(&inner), sealed_without_code(&inner)] {
            let opened = reader().accepting_unauthenticated(true).open(&value);
            assert_eq!(opened.unwrap().as_slice(), b"plain", "{inner:02x?}");
        }
    }
    // Parts are for data alone.
    let in_parts = [
        b"\xc3\xe1\x04\x07\x02\0\x08".as_slice(),
        &protected(&literal(b"plain")),
    ]
    .concat();
    assert_eq!(refused(&reader(), &in_parts), ImportErrorKind::Malformed);
}

#[test]
fn an_error_says_what_to_do_and_holds_no_bytes() {
    let secret = "a passphrase to look for";
    let reader = Pgcrypto::new(secret);
    assert!(!format!("{reader:?}").contains(secret));
    assert!(format!("{reader:?}").contains("********"));
    assert_eq!(reader.name(), "pgcrypto");
    let error = reader.open(&sealed(&literal(b"plain"))).unwrap_err();
    assert!(error.source().is_none());
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains(secret) && shown.contains("passphrase"),
        "{shown}"
    );
    assert_eq!(format!("{error:?}"), "ImportError(NotAuthentic)");
    assert!(size_of_val(&error) == 1, "an error has room for bytes");
}
