//! The values of lockbox.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod cases;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cases::{
    beheadings, bit_flips, bytes, key, made, mutations, ran, real, refused, says_nothing, text,
    texts, truncations,
};
use encfield_import::{ImportErrorKind, Limits, Lockbox, LockboxKey, Reader};
use serde_json::Value;

const PUBLISHED: &str = include_str!("vectors/lockbox.json");

fn published() -> Value {
    serde_json::from_str(PUBLISHED).unwrap()
}

/// What lockbox would store, before base64.
fn seal(key: &[u8; 32], plaintext: &[u8]) -> Vec<u8> {
    let nonce = [0x5A; 12];
    let mut buffer = plaintext.to_vec();
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&nonce.into(), b"", InOutBuf::from(buffer.as_mut_slice()))
        .unwrap();
    [&nonce[..], &buffer, &tag].concat()
}

/// A reader, a value that it opens, and what the value opens to.
fn sample() -> (Lockbox, Vec<u8>, Vec<u8>) {
    let case = published()["cases"][1].take();
    let reader = Lockbox::new(LockboxKey::from_hex(text(&case, "key")).unwrap());
    (
        reader,
        text(&case, "ciphertext").into(),
        bytes(&case, "plaintext"),
    )
}

/// The reader of a made case.
fn reader_of(case: &Value) -> Lockbox {
    let keys: Vec<LockboxKey> = match case.get("master_keys") {
        Some(_) => texts(case, "master_keys")
            .iter()
            .map(|master| {
                LockboxKey::from_master_key(master, text(case, "table"), text(case, "column"))
                    .unwrap()
            })
            .collect(),
        None => vec![LockboxKey::from_bytes(&key(text(case, "key")))],
    };
    let mut keys = keys.into_iter();
    let first = Lockbox::new(keys.next().unwrap());
    keys.fold(first, Lockbox::with_key)
        .with_associated_data(bytes(case, "associated_data"))
        .with_binary(case["binary"].as_bool().unwrap())
        .with_padding(case["padding"].as_u64().unwrap() as usize)
        .with_empty_in_the_clear(true)
}

/// The value of a made case as the column holds it.
fn value_of(case: &Value) -> Vec<u8> {
    if case["binary"].as_bool().unwrap() {
        return bytes(case, "value");
    }
    text(case, "value").into()
}

#[test]
fn the_published_values_open_and_the_published_key_is_derived() {
    let published = published();
    let cases = published["cases"].as_array().unwrap();
    for case in cases {
        let known = LockboxKey::from_hex(text(case, "key")).unwrap();
        if let Some(ciphertext) = case.get("ciphertext") {
            let value = ciphertext.as_str().unwrap().as_bytes();
            assert_eq!(
                *Lockbox::new(known).open(value).unwrap(),
                bytes(case, "plaintext")
            );
            continue;
        }
        // A key without a value: what is sealed under it opens under the derived one.
        let value = STANDARD.encode(seal(&key(text(case, "key")), b"license"));
        let derived = LockboxKey::from_master_key(
            text(case, "master_key"),
            text(case, "table"),
            text(case, "info_attribute"),
        );
        let opened = Lockbox::new(derived.unwrap())
            .open(value.as_bytes())
            .unwrap();
        assert_eq!(*opened, b"license");
    }
    let derivation = &published["derivation"];
    assert_eq!(derivation["kdf"], "HKDF-SHA384");
    assert_eq!(derivation["length"], 32);
    ran("published cases of lockbox", cases.len(), 3);
}

#[test]
fn values_made_as_lockbox_makes_them_open() {
    let cases = made("lockbox");
    for case in &cases {
        let opened = reader_of(case).open(&value_of(case)).unwrap();
        assert_eq!(*opened, bytes(case, "plaintext"));
        // The key that was derived, given directly.
        let direct = Lockbox::new(LockboxKey::from_hex(text(case, "key")).unwrap())
            .with_associated_data(bytes(case, "associated_data"))
            .with_binary(case["binary"].as_bool().unwrap())
            .with_padding(case["padding"].as_u64().unwrap() as usize)
            .with_empty_in_the_clear(true);
        assert_eq!(
            *direct.open(&value_of(case)).unwrap(),
            bytes(case, "plaintext")
        );
    }
    ran(
        "values made in Python as lockbox makes them",
        cases.len(),
        42,
    );
}

#[test]
fn values_that_lockbox_wrote_open() {
    let cases = real("lockbox");
    for case in &cases {
        let opened = reader_of(case).open(&value_of(case)).unwrap();
        assert_eq!(*opened, bytes(case, "plaintext"));
    }
    ran("values by lockbox", cases.len(), 152);
}

#[test]
fn every_bit_flip_and_every_cut_of_a_value_is_refused() {
    let (reader, value, _) = sample();
    let mut count = 0;
    for changed in bit_flips(&value)
        .chain(truncations(&value))
        .chain(beheadings(&value))
    {
        refused(&reader, &changed);
        count += 1;
    }
    let raw = STANDARD.decode(&value).unwrap();
    let binary = reader.clone().with_binary(true);
    assert!(binary.open(&raw).is_ok());
    for changed in bit_flips(&raw)
        .chain(truncations(&raw))
        .chain(beheadings(&raw))
    {
        refused(&binary, &changed);
        count += 1;
    }
    ran("changed values of lockbox", count, 880);
}

#[test]
fn a_value_has_one_text() {
    let (reader, value, _) = sample();
    let value = String::from_utf8(value).unwrap();
    let texts = [
        value.trim_end_matches('=').to_owned(),
        format!("{value}="),
        format!("{value}\n"),
        format!(" {value}"),
        value.replace('+', "-").replace('/', "_"),
        // The two bits that are left over in the last letter.
        value.replace("oJg==", "oJh=="),
        "=".to_owned(),
        "it works!".to_owned(),
    ];
    for text in &texts {
        assert_ne!(*text, value);
        assert_eq!(
            refused(&reader, text.as_bytes()),
            ImportErrorKind::Malformed
        );
    }
    ran("other texts of a value", texts.len(), 8);
}

#[test]
fn a_value_of_another_table_column_or_key_is_refused_and_any_of_several_keys_opens_it() {
    let master = "00".repeat(32);
    let derived = |master: &str, table: &str, column: &str| {
        LockboxKey::from_master_key(master, table, column).unwrap()
    };
    let right = || derived(&master, "users", "license");
    let raw = key("d96ffa3fe916b3a9b57d084f5781e95748333b877e32e6399e387d3d75b238a1");
    let value = STANDARD.encode(seal(&raw, b"license"));
    let value = value.as_bytes();
    let wrong = [
        derived(&"11".repeat(32), "users", "license"),
        derived(&master, "user", "license"),
        derived(&master, "users", "license_ciphertext"),
        // The key itself, where the master key was meant, and the other way round.
        LockboxKey::from_hex(&master).unwrap(),
    ];
    for wrong in wrong {
        let reader = Lockbox::new(wrong.clone());
        assert_eq!(refused(&reader, value), ImportErrorKind::NotAuthentic);
        assert_eq!(*reader.with_key(right()).open(value).unwrap(), b"license");
        assert_eq!(
            *Lockbox::new(right()).with_key(wrong).open(value).unwrap(),
            b"license"
        );
    }
}

#[test]
fn a_value_under_other_associated_data_is_refused() {
    let cases = made("lockbox");
    let mut count = 0;
    for case in &cases {
        let value = value_of(case);
        if value.is_empty() || bytes(case, "associated_data").is_empty() {
            continue;
        }
        for other in [&b""[..], b"user 8"] {
            let reader = reader_of(case).with_associated_data(other);
            assert_eq!(refused(&reader, &value), ImportErrorKind::NotAuthentic);
            count += 1;
        }
    }
    ran("values under other associated data", count, 30);
}

#[test]
fn an_empty_value_is_refused_unless_the_caller_accepts_it() {
    let (reader, ..) = sample();
    let accepts = reader.clone().with_empty_in_the_clear(true);
    for binary in [false, true] {
        let reader = reader.clone().with_binary(binary);
        assert_eq!(refused(&reader, b""), ImportErrorKind::StoredInTheClear);
        assert_eq!(*accepts.clone().with_binary(binary).open(b"").unwrap(), b"");
    }
    // Where lockbox pads, it encrypts empty strings: an empty value is somebody else's.
    let padded = accepts.clone().with_padding(16);
    assert_eq!(refused(&padded, b""), ImportErrorKind::StoredInTheClear);
    // Nothing but the empty value: other plaintext is not accepted.
    assert_eq!(refused(&accepts, b" "), ImportErrorKind::Malformed);
    let nothing = LockboxKey::from_bytes(&[3; 32]);
    // Nor is a message without ciphertext, which lockbox does not read either.
    let value = STANDARD.encode(seal(&[3; 32], b""));
    assert_eq!(
        refused(&Lockbox::new(nothing), value.as_bytes()),
        ImportErrorKind::Malformed
    );
}

#[test]
fn a_value_whose_padding_is_wrong_is_refused() {
    let reader = Lockbox::new(LockboxKey::from_bytes(&[3; 32]))
        .with_binary(true)
        .with_padding(16);
    let good: [&[u8]; 4] = [
        b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"a\0b\0\x80\0\0\0\0\0\0\0\0\0\0\0",
        b"fifteen bytes..\x80",
        b"sixteen bytes...\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ];
    for padded in good {
        let end = padded.iter().rposition(|byte| *byte == 0x80).unwrap();
        assert_eq!(
            *reader.open(&seal(&[3; 32], padded)).unwrap(),
            padded[..end]
        );
    }
    let wrong: [&[u8]; 6] = [
        b"\0",
        b"sixteen bytes...",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"fifteen bytes..\x81",
        // Not a whole multiple, and more padding than there is to a multiple.
        b"odd\x80",
        b"sixteen bytes..\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ];
    for padded in wrong {
        assert_eq!(
            refused(&reader, &seal(&[3; 32], padded)),
            ImportErrorKind::Malformed
        );
    }
    ran("paddings", good.len() + wrong.len(), 10);
}

#[test]
fn a_value_beyond_a_limit_is_refused() {
    let (reader, value, plaintext) = sample();
    let with = |max_value, max_plaintext| {
        let limits = Limits::default();
        reader.clone().with_limits(Limits {
            max_value,
            max_plaintext,
            ..limits
        })
    };
    let (length, most) = (value.len(), plaintext.len());
    assert_eq!(*with(length, most).open(&value).unwrap(), plaintext);
    assert_eq!(
        refused(&with(length - 1, most), &value),
        ImportErrorKind::TooLarge
    );
    assert_eq!(
        refused(&with(length, most - 1), &value),
        ImportErrorKind::TooLarge
    );
}

#[test]
fn a_key_that_is_not_one_is_refused() {
    let good = "0f".repeat(32);
    let keys = [
        LockboxKey::from_hex(""),
        LockboxKey::from_hex(&good[2..]),
        LockboxKey::from_hex(&format!("{good}00")),
        LockboxKey::from_hex(&good.replace('f', "g")),
        LockboxKey::from_hex(&format!("{good}\n")),
        LockboxKey::from_master_key("", "users", "license"),
        LockboxKey::from_master_key(&good[1..], "users", "license"),
        LockboxKey::from_master_key(&good, "", "license"),
        LockboxKey::from_master_key(&good, "users", ""),
    ];
    let count = keys.len();
    for key in keys {
        let error = key.unwrap_err();
        assert_eq!(error.kind(), ImportErrorKind::KeyInvalid);
        says_nothing(&error, "lockbox");
    }
    ran("texts that are no key", count, 9);
}

#[test]
fn a_reader_prints_how_many_keys_it_has_and_a_key_prints_a_mask() {
    let key = LockboxKey::from_bytes(&[0xAB; 32]);
    assert_eq!(format!("{key:?}"), "LockboxKey(********)");
    let reader = Lockbox::new(key.clone())
        .with_key(key)
        .with_associated_data("person 7");
    assert_eq!(format!("{reader:?}"), "Lockbox(2 keys)");
    assert_eq!(reader.name(), "lockbox");
}

#[test]
fn nothing_that_was_mutated_opens_to_something_else_or_panics() {
    let mut cases = made("lockbox");
    cases.retain(|case| !value_of(case).is_empty());
    let values: Vec<Vec<u8>> = cases.iter().map(value_of).collect();
    let readers: Vec<Lockbox> = cases
        .iter()
        .map(|case| reader_of(case).with_empty_in_the_clear(false))
        .collect();
    let mut opened = 0;
    for (which, value) in mutations(&values, 20_000) {
        match readers[which].open(&value) {
            Ok(plaintext) => {
                assert_eq!(*plaintext, bytes(&cases[which], "plaintext"));
                assert_eq!(value, values[which]);
                opened += 1;
            }
            Err(error) => says_nothing(&error, "lockbox"),
        }
    }
    println!("{opened} mutations left the value as it was");
    ran("mutated values of lockbox", 20_000 - opened, 19_000);
}
