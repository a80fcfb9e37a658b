//! Messages that look encrypted and are not.

mod cases;

use cases::{cases, file, literal, message, packet, protected, refused, sealed, zipped};
use encfield_pgcrypto::{ImportErrorKind, Limits, Pgcrypto};

#[test]
fn what_was_stored_in_the_clear_is_told_whatever_the_passphrase() {
    let file = file("in_the_clear.json");
    let cases = cases(&file, 56);
    let right = file["passphrase"].as_str().unwrap();
    let mut session_keys = 0;
    for case in cases {
        session_keys += usize::from(case["in_the_clear"] == "session key");
        for passphrase in [right, "wrong"] {
            for accepts in [false, true] {
                let reader = Pgcrypto::new(passphrase).accepting_unauthenticated(accepts);
                let kind = refused(&reader, &message(case));
                assert_eq!(
                    kind,
                    ImportErrorKind::StoredInTheClear,
                    "{}",
                    case["options"]
                );
            }
        }
    }
    assert_eq!(session_keys, 12);
    println!("in the clear: {} cases", cases.len());
}

/// The bytes of a message in the clear behind the header of any cipher, and of a public key.
#[test]
fn what_was_stored_in_the_clear_is_told_under_any_cipher() {
    let file = file("in_the_clear.json");
    let bodies = cases(&file, 56)
        .iter()
        .filter(|case| case["in_the_clear"] == "data");
    for case in bodies.filter(|case| case["message"].is_string()) {
        let value = message(case);
        // The session key packet comes first, with one byte of length.
        let data = &value[2 + usize::from(value[1])..];
        for cipher in 0..=255 {
            for key in [packet(3, &[4, cipher, 0, 8]), packet(1, &[3, cipher])] {
                let value = [key.as_slice(), data].concat();
                let kind = refused(&Pgcrypto::new("any"), &value);
                assert_eq!(kind, ImportErrorKind::StoredInTheClear, "cipher {cipher}");
            }
        }
    }
}

#[test]
fn a_message_that_is_not_encrypted_at_all_is_in_the_clear() {
    for value in [literal(b"plain"), zipped(&literal(b"plain"))] {
        let kind = refused(&Pgcrypto::new("any"), &value);
        assert_eq!(kind, ImportErrorKind::StoredInTheClear);
    }
}

#[test]
fn a_large_value_in_the_clear_is_told_below_its_limit() {
    let body = [
        &[7; 18],
        zipped(&literal(&[0; 5000])).as_slice(),
        &[0xd3, 0x14],
        &[0; 20],
    ]
    .concat();
    let value = [
        packet(3, &[4, 7, 0, 8]),
        packet(18, &[&[1], body.as_slice()].concat()),
    ]
    .concat();
    let limits = Limits {
        max_plaintext: 100,
        ..Limits::default()
    };
    let kind = refused(&Pgcrypto::new("any").with_limits(limits), &value);
    assert_eq!(kind, ImportErrorKind::StoredInTheClear);
}

/// Encrypted data whose key nobody here has. The first bytes are made to repeat, so that all depends
/// on what comes after them.
#[test]
fn ciphertext_is_not_taken_for_plaintext() {
    let reader = Pgcrypto::new("any").accepting_unauthenticated(true);
    // A session key packet without a passphrase's cost, and a generator that is the same each time.
    let key = packet(3, &[4, 7, 0, 8]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[3]
    };
    let mut tried = 0;
    for length in [44, 60, 100] {
        for _ in 0..20_000 {
            let mut body: Vec<u8> = (0..length).map(|_| byte()).collect();
            let start = if tried % 2 == 0 { 8 } else { 16 };
            body.copy_within(start - 2..start, start);
            let data = if tried % 3 == 0 {
                packet(18, &[&[1], body.as_slice()].concat())
            } else {
                packet(9, &body)
            };
            let kind = refused(&reader, &[key.clone(), data].concat());
            assert_eq!(kind, ImportErrorKind::NotAuthentic);
            tried += 1;
        }
    }
    println!("ciphertext: {tried} cases");
}

/// What pgcrypto stores in the clear has its prefix in the clear, too.
#[test]
fn a_prefix_that_does_not_repeat_is_not_in_the_clear() {
    let reader = Pgcrypto::new("any").accepting_unauthenticated(true);
    for length in [8_u8, 16] {
        for end in [[0, 0], [length, length - 1]] {
            let prefix = (1..=length).chain(end).collect::<Vec<u8>>();
            let body = [prefix, literal(b"plain")].concat();
            let value = [packet(3, &[4, 7, 0, 8]), packet(9, &body)].concat();
            assert_eq!(refused(&reader, &value), ImportErrorKind::NotAuthentic);
        }
    }
}

/// An encrypted session key may begin with a cipher's number by chance.
#[test]
fn a_session_key_that_looks_like_one_is_not_in_the_clear() {
    let encrypted = [&[4, 7, 0, 8, 7], [5; 16].as_slice()].concat();
    let value = [packet(3, &encrypted), protected(&literal(b"plain"))].concat();
    let kind = refused(&Pgcrypto::new(cases::PASSPHRASE), &value);
    assert_eq!(kind, ImportErrorKind::NotAuthentic);
}

#[test]
fn a_plaintext_that_looks_like_a_message_in_the_clear_opens() {
    let file = file("in_the_clear.json");
    for case in cases(&file, 56) {
        let plaintext = message(case);
        let opened = Pgcrypto::new(cases::PASSPHRASE).open(&sealed(&literal(&plaintext)));
        assert_eq!(opened.unwrap().as_slice(), plaintext);
    }
}
