//! Fernet tokens and the keys of django-fernet-fields.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod cases;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cases::{
    beheadings, bit_flips, bytes, made, mutations, ran, refused, says_nothing, text, texts,
    truncations,
};
use encfield_import::{Fernet, FernetKey, ImportErrorKind, Limits, Reader};
use serde_json::Value;

const PUBLISHED: &str = include_str!("vectors/fernet.json");

fn published() -> Value {
    serde_json::from_str(PUBLISHED).unwrap()
}

fn reader_of(keys: &[String]) -> Fernet {
    let mut keys = keys.iter().map(|key| FernetKey::from_text(key).unwrap());
    let first = Fernet::new(keys.next().unwrap());
    keys.fold(first, Fernet::with_key)
}

/// A key, a token under it, and what the token opens to.
fn sample() -> (Fernet, Vec<u8>, Vec<u8>) {
    let case = published()["fernet"]["generate"][0].take();
    let reader = reader_of(&[text(&case, "secret").to_owned()]);
    (
        reader,
        text(&case, "token").into(),
        text(&case, "src").into(),
    )
}

#[test]
fn the_published_tokens_open() {
    let published = published();
    let mut count = 0;
    for part in ["generate", "verify"] {
        for case in published["fernet"][part].as_array().unwrap() {
            let reader = reader_of(&[text(case, "secret").to_owned()]);
            let opened = reader.open(text(case, "token").as_bytes()).unwrap();
            assert_eq!(*opened, text(case, "src").as_bytes());
            count += 1;
        }
    }
    ran("published tokens of Fernet", count, 2);
}

#[test]
fn the_published_invalid_tokens_are_refused_unless_only_a_clock_tells() {
    let published = published();
    let cases = published["fernet"]["invalid"].as_array().unwrap();
    for case in cases {
        let reader = reader_of(&[text(case, "secret").to_owned()]);
        let token = text(case, "token").as_bytes();
        if case["invalid_without_ttl_and_clock"].as_bool().unwrap() {
            let kind = refused(&reader, token);
            if text(case, "desc") == "incorrect mac" {
                assert_eq!(kind, ImportErrorKind::NotAuthentic);
            }
        } else {
            // Two tokens of nothing; Python says the same without a clock.
            assert_eq!(*reader.open(token).unwrap(), b"");
        }
    }
    ran("published invalid tokens of Fernet", cases.len(), 8);
}

#[test]
fn tokens_that_python_wrote_open() {
    let cases = made("fernet");
    for case in &cases {
        let reader = reader_of(&texts(case, "keys"));
        let opened = reader.open(text(case, "value").as_bytes()).unwrap();
        assert_eq!(*opened, bytes(case, "plaintext"));
    }
    ran("tokens by Python's cryptography", cases.len(), 19);
}

#[test]
fn tokens_that_python_refuses_in_spite_of_a_right_mac_are_refused() {
    let cases = made("fernet_refused");
    for case in &cases {
        let reader = reader_of(&[text(case, "key").to_owned()]);
        let kind = refused(&reader, text(case, "value").as_bytes());
        assert_eq!(kind, ImportErrorKind::Malformed, "{}", text(case, "name"));
    }
    ran("signed tokens that Python refuses", cases.len(), 8);
}

#[test]
fn the_keys_of_django_are_derived_as_published() {
    let published = published();
    let derivation = &published["fernet_derivation"];
    assert_eq!(bytes(derivation, "salt"), b"django-fernet-fields-hkdf-salt");
    assert_eq!(bytes(derivation, "info"), b"django-fernet-fields");
    assert_eq!(derivation["hkdf"], "HMAC-SHA256");
    assert_eq!(derivation["length"], 32);
    assert_eq!(derivation["key_layout"], "signing 16 || encryption 16");

    let cases = made("django");
    for case in &cases {
        let mut keys = texts(case, "secrets").into_iter();
        let mut keys = keys
            .by_ref()
            .map(|secret| FernetKey::from_django_secret(&secret).unwrap());
        let first = Fernet::new(keys.next().unwrap());
        let derived = keys.fold(first, Fernet::with_key);
        // `FERNET_USE_HKDF = False`, with the keys that HKDF gave.
        let direct = reader_of(&texts(case, "keys"));
        for reader in [derived, direct] {
            let opened = reader.open(text(case, "value").as_bytes()).unwrap();
            assert_eq!(*opened, bytes(case, "plaintext"));
        }
    }
    ran("tokens of django-fernet-fields", cases.len(), 20);
}

#[test]
fn every_bit_flip_and_every_cut_of_a_token_is_refused() {
    let (reader, token, _) = sample();
    let mut count = 0;
    for changed in bit_flips(&token)
        .chain(truncations(&token))
        .chain(beheadings(&token))
    {
        refused(&reader, &changed);
        count += 1;
    }
    // The bytes behind the text, too: each flip there is another token.
    let raw = URL_SAFE.decode(&token).unwrap();
    for changed in bit_flips(&raw).chain(truncations(&raw)) {
        refused(&reader, URL_SAFE.encode(changed).as_bytes());
        count += 1;
    }
    ran("changed tokens", count, 1_500);
}

#[test]
fn a_token_whose_mac_was_changed_is_refused() {
    let (reader, token, _) = sample();
    let raw = URL_SAFE.decode(&token).unwrap();
    for byte in raw.len() - 32..raw.len() {
        let mut changed = raw.clone();
        changed[byte] ^= 0x10;
        let kind = refused(&reader, URL_SAFE.encode(changed).as_bytes());
        assert_eq!(kind, ImportErrorKind::NotAuthentic);
    }
}

#[test]
fn a_changed_padding_and_a_changed_mac_look_the_same() {
    let (reader, token, _) = sample();
    let raw = URL_SAFE.decode(&token).unwrap();
    // The last byte of the ciphertext, and of the nonce, change the padding.
    for byte in [raw.len() - 33, 24, 9] {
        let mut changed = raw.clone();
        changed[byte] ^= 1;
        let kind = refused(&reader, URL_SAFE.encode(changed).as_bytes());
        assert_eq!(kind, ImportErrorKind::NotAuthentic);
    }
}

#[test]
fn a_token_under_another_key_is_refused_and_any_of_several_keys_opens_it() {
    let (_, token, plaintext) = sample();
    let right = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=".to_owned();
    let wrong = |byte: u8| URL_SAFE.encode([byte; 32]);
    let readers = [
        vec![right.clone()],
        vec![right.clone(), wrong(1)],
        vec![wrong(1), right.clone()],
        vec![wrong(1), wrong(2), right.clone(), wrong(3)],
    ];
    for keys in readers {
        assert_eq!(*reader_of(&keys).open(&token).unwrap(), plaintext);
    }
    for keys in [vec![wrong(1)], vec![wrong(1), wrong(2)]] {
        assert_eq!(
            refused(&reader_of(&keys), &token),
            ImportErrorKind::NotAuthentic
        );
    }
    // Half of the key is right: the one that encrypts, and the one that signs.
    let raw = URL_SAFE.decode(&right).unwrap();
    let other_signing = [&[7; 16], &raw[16..]].concat();
    let kind = refused(&reader_of(&[URL_SAFE.encode(other_signing)]), &token);
    assert_eq!(kind, ImportErrorKind::NotAuthentic);
    let other_encryption = [&raw[..16], &[7; 16]].concat();
    refused(&reader_of(&[URL_SAFE.encode(other_encryption)]), &token);
}

#[test]
fn a_token_has_one_text() {
    let (reader, token, _) = sample();
    let token = String::from_utf8(token).unwrap();
    let texts = [
        token.trim_end_matches('=').to_owned(),
        format!("{token}="),
        format!("{token}\n"),
        format!(" {token}"),
        token.replace('-', "+").replace('_', "/"),
        token.replacen('A', "A ", 1),
        // The two bits that are left over in the last letter.
        token.replace("DA==", "DB=="),
        format!("b'{token}'"),
        String::new(),
        "=".to_owned(),
    ];
    for text in &texts {
        assert_ne!(*text, token);
        assert_eq!(
            refused(&reader, text.as_bytes()),
            ImportErrorKind::Malformed
        );
    }
    ran("other texts of a token", texts.len(), 10);
}

#[test]
fn a_value_in_the_clear_is_refused() {
    let (reader, ..) = sample();
    for value in ["", "hello", "aGVsbG8=", "\u{e9}", "\0"] {
        assert_eq!(
            refused(&reader, value.as_bytes()),
            ImportErrorKind::Malformed
        );
    }
}

#[test]
fn a_token_beyond_a_limit_is_refused() {
    let (reader, token, _) = sample();
    let limits = Limits::default();
    let with = |max_value, max_plaintext| {
        reader.clone().with_limits(Limits {
            max_value,
            max_plaintext,
            ..limits
        })
    };
    assert_eq!(*with(token.len(), 5).open(&token).unwrap(), b"hello");
    assert_eq!(
        refused(&with(token.len() - 1, 5), &token),
        ImportErrorKind::TooLarge
    );
    assert_eq!(
        refused(&with(token.len(), 4), &token),
        ImportErrorKind::TooLarge
    );
    // Looked at before anything else: a value that is no token at all.
    assert_eq!(refused(&with(9, 9), &[0xFF; 10]), ImportErrorKind::TooLarge);
}

#[test]
fn a_key_that_is_not_one_is_refused() {
    let texts = [
        "",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e==",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4==",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=\n",
        "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4a",
        "cw_0x689RpI-jtRR7oE8h eQsKImvJapLeSbXpwF4e4=",
        "=w_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=",
    ];
    for text in texts {
        let error = FernetKey::from_text(text).unwrap_err();
        assert_eq!(error.kind(), ImportErrorKind::KeyInvalid, "{text:?}");
        says_nothing(&error, "fernet");
    }
    let error = FernetKey::from_django_secret("").unwrap_err();
    assert_eq!(error.kind(), ImportErrorKind::KeyInvalid);
    says_nothing(&error, "fernet");
    ran("texts that are no key", texts.len() + 1, 9);
}

#[test]
fn a_reader_prints_how_many_keys_it_has_and_a_key_prints_a_mask() {
    let key = FernetKey::from_bytes(&[0xAB; 32]);
    assert_eq!(format!("{key:?}"), "FernetKey(********)");
    let reader = Fernet::new(key.clone()).with_key(key);
    assert_eq!(format!("{reader:?}"), "Fernet(2 keys)");
    assert_eq!(reader.name(), "fernet");
}

#[test]
fn nothing_that_was_mutated_opens_to_something_else_or_panics() {
    let cases = made("fernet");
    let values: Vec<Vec<u8>> = cases
        .iter()
        .map(|case| text(case, "value").into())
        .collect();
    let readers: Vec<Fernet> = cases
        .iter()
        .map(|case| reader_of(&texts(case, "keys")))
        .collect();
    let mut opened = 0;
    for (which, value) in mutations(&values, 20_000) {
        match readers[which].open(&value) {
            Ok(plaintext) => {
                assert_eq!(*plaintext, bytes(&cases[which], "plaintext"));
                assert_eq!(value, values[which]);
                opened += 1;
            }
            Err(error) => says_nothing(&error, "fernet"),
        }
    }
    println!("{opened} mutations left the token as it was");
    ran("mutated tokens", 20_000 - opened, 19_000);
}
