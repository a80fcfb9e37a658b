//! The values of Rails Active Record Encryption.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod cases;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cases::{
    beheadings, bit_flips, bytes, key, made, mutations, ran, real, refused, says_nothing, text,
    texts, truncations,
};
use encfield_import::{ImportErrorKind, Limits, Rails, RailsDigest, RailsKey, Reader};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};

const PUBLISHED: &str = include_str!("vectors/rails.json");

/// The key of what `seal` seals.
const KEY: [u8; 32] = [3; 32];

/// Each key is derived once: it takes a while.
static DERIVED: LazyLock<Mutex<BTreeMap<[String; 3], RailsKey>>> = LazyLock::new(Mutex::default);

fn derived(password: &str, salt: &str, digest: &str) -> RailsKey {
    let mut derived = DERIVED.lock().unwrap();
    let key = derived.entry([password, salt, digest].map(str::to_owned));
    key.or_insert_with(|| {
        let digest = match digest {
            "SHA1" => RailsDigest::Sha1,
            "SHA256" => RailsDigest::Sha256,
            other => panic!("no digest {other}"),
        };
        RailsKey::derived(password, salt, digest).unwrap()
    })
    .clone()
}

fn reader_with(keys: Vec<RailsKey>) -> Rails {
    let mut keys = keys.into_iter();
    let first = Rails::new(keys.next().unwrap());
    keys.fold(first, Rails::with_key)
}

/// The reader of a made case.
fn reader_of(case: &Value) -> Rails {
    if case.get("raw_keys").is_some() {
        let keys = texts(case, "raw_keys");
        return reader_with(
            keys.iter()
                .map(|raw| RailsKey::from_bytes(&key(raw)))
                .collect(),
        );
    }
    let (salt, digest) = (text(case, "salt"), text(case, "hash_digest_class"));
    let passwords = texts(case, "passwords");
    reader_with(
        passwords
            .iter()
            .map(|password| derived(password, salt, digest))
            .collect(),
    )
}

fn reader() -> Rails {
    Rails::new(RailsKey::from_bytes(&KEY))
}

fn seal_under(key: &[u8; 32], payload: &[u8]) -> Value {
    let nonce = [0x5A; 12];
    let mut buffer = payload.to_vec();
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&nonce.into(), b"", InOutBuf::from(buffer.as_mut_slice()))
        .unwrap();
    json!({"p": STANDARD.encode(buffer), "h": {"iv": STANDARD.encode(nonce), "at": STANDARD.encode(tag)}})
}

fn seal(payload: &[u8]) -> Value {
    seal_under(&KEY, payload)
}

/// A message with headers beside its own.
fn seal_with(payload: &[u8], headers: &[(&str, Value)]) -> Value {
    let mut message = seal(payload);
    for (name, header) in headers {
        message["h"][name] = header.clone();
    }
    message
}

fn open(reader: &Rails, message: &Value) -> Vec<u8> {
    reader
        .open(message.to_string().as_bytes())
        .unwrap()
        .to_vec()
}

fn kind(reader: &Rails, message: &Value) -> ImportErrorKind {
    refused(reader, message.to_string().as_bytes())
}

fn base64(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(STANDARD.encode(bytes))
}

fn published() -> Value {
    serde_json::from_str(PUBLISHED).unwrap()
}

#[test]
fn the_published_values_open() {
    let published = published();
    let cases = published["cases"].as_array().unwrap();
    for case in cases {
        assert_eq!(text(case, "key_mode"), "derived");
        let value = text(case, "payload").as_bytes();
        let (salt, digest) = (text(case, "salt"), text(case, "hash_digest_class"));
        let password = derived(text(case, "password"), salt, digest);
        let raw = RailsKey::from_bytes(&key(text(case, "key")));
        for key in [password, raw] {
            assert_eq!(
                *Rails::new(key).open(value).unwrap(),
                bytes(case, "plaintext")
            );
        }
    }
    ran("published values of Rails", cases.len(), 1);
}

#[test]
fn values_made_as_rails_makes_them_open() {
    let cases = made("rails");
    for case in &cases {
        let value = text(case, "value").as_bytes();
        assert_eq!(
            *reader_of(case).open(value).unwrap(),
            bytes(case, "plaintext")
        );
        if case.get("key").is_some() {
            let raw = Rails::new(RailsKey::from_bytes(&key(text(case, "key"))));
            assert_eq!(*raw.open(value).unwrap(), bytes(case, "plaintext"));
        }
    }
    for mark in ["envelope", "compressed"] {
        assert!(cases.iter().filter(|case| case[mark] == true).count() >= 8);
    }
    ran("values made in Python as Rails makes them", cases.len(), 45);
}

#[test]
fn values_that_rails_wrote_open() {
    let cases = real("rails");
    for case in &cases {
        let value = text(case, "value").as_bytes();
        let reader = reader_of(case);
        if case["other_encoding"] == true {
            assert_eq!(refused(&reader, value), ImportErrorKind::Unsupported);
        }
        let reader = reader.with_other_encodings(case["other_encoding"].as_bool().unwrap());
        assert_eq!(*reader.open(value).unwrap(), bytes(case, "plaintext"));
    }
    ran("values by Rails", cases.len(), 156);
}

#[test]
fn every_bit_flip_and_every_cut_of_a_value_is_refused() {
    let published = published();
    let case = &published["cases"][0];
    let reader = Rails::new(RailsKey::from_bytes(&key(text(case, "key"))));
    let value = text(case, "payload").as_bytes();
    assert!(reader.open(value).is_ok());
    let mut count = 0;
    for changed in bit_flips(value)
        .chain(truncations(value))
        .chain(beheadings(value))
    {
        refused(&reader, &changed);
        count += 1;
    }
    ran("changed values of Rails", count, 700);
}

/// Headers are not authenticated: a hint may be lost, and what is opened stays what it was.
#[test]
fn every_bit_flip_and_every_cut_of_a_value_with_all_headers_but_one_changes_no_plaintext() {
    let mut message = seal_under(&[4; 32], b"Dune");
    message["h"]["k"] = seal(&[4; 32]);
    message["h"]["i"] = base64("dead");
    message["h"]["e"] = base64("UTF-8");
    message["h"]["later"] = json!(7);
    let value = message.to_string();
    let value = value.as_bytes();
    let reader = reader();
    let (mut count, mut same) = (0, 0);
    for changed in bit_flips(value)
        .chain(truncations(value))
        .chain(beheadings(value))
    {
        match reader.open(&changed) {
            Ok(opened) => {
                assert_eq!(*opened, b"Dune");
                same += 1;
            }
            Err(error) => says_nothing(&error, "rails"),
        }
        count += 1;
    }
    println!("{same} changes of a header changed nothing");
    assert!(same < 220);
    ran("changed values of Rails with headers", count, 2_000);
}

#[test]
fn a_changed_payload_nonce_or_tag_is_refused() {
    let message = seal(b"Dune");
    let reader = reader();
    assert_eq!(open(&reader, &message), b"Dune");
    for pointer in ["/p", "/h/iv", "/h/at"] {
        let raw = STANDARD
            .decode(message.pointer(pointer).unwrap().as_str().unwrap())
            .unwrap();
        for changed in bit_flips(&raw) {
            let mut message = message.clone();
            *message.pointer_mut(pointer).unwrap() = base64(changed);
            assert_eq!(kind(&reader, &message), ImportErrorKind::NotAuthentic);
        }
    }
}

#[test]
fn a_tag_or_nonce_of_another_length_is_refused() {
    let message = seal(b"Dune");
    let reader = reader();
    let mut count = 0;
    for (pointer, length) in [("/h/at", 16), ("/h/iv", 12)] {
        let raw = STANDARD
            .decode(message.pointer(pointer).unwrap().as_str().unwrap())
            .unwrap();
        assert_eq!(raw.len(), length);
        for other in (0..40).filter(|other| *other != length) {
            let mut bytes = raw.clone();
            bytes.resize(other, 0);
            let mut message = message.clone();
            *message.pointer_mut(pointer).unwrap() = base64(bytes);
            assert_eq!(kind(&reader, &message), ImportErrorKind::Malformed);
            count += 1;
        }
    }
    // OpenSSL takes a tag of one byte, and one of 256 of those is right.
    for first in 0..=255_u8 {
        let mut message = message.clone();
        message["h"]["at"] = base64([first]);
        assert_eq!(kind(&reader, &message), ImportErrorKind::Malformed);
        count += 1;
    }
    ran("tags and nonces of another length", count, 334);
}

#[test]
fn a_value_under_another_key_is_refused_and_any_of_several_keys_opens_it() {
    let right = RailsKey::from_bytes(&KEY);
    let wrong = |byte| RailsKey::from_bytes(&[byte; 32]);
    let message = seal(b"Dune");
    for keys in [
        vec![right.clone()],
        vec![right.clone(), wrong(1)],
        vec![wrong(1), wrong(2), right.clone()],
    ] {
        assert_eq!(open(&reader_with(keys), &message), b"Dune");
    }
    for keys in [vec![wrong(1)], vec![wrong(1), wrong(2)]] {
        assert_eq!(
            kind(&reader_with(keys), &message),
            ImportErrorKind::NotAuthentic
        );
    }
    let (password, salt) = ("primary key one", "key derivation salt");
    let value = made("rails").swap_remove(0);
    let value = text(&value, "value").as_bytes();
    assert!(
        Rails::new(derived(password, salt, "SHA1"))
            .open(value)
            .is_ok()
    );
    for key in [
        derived(password, salt, "SHA256"),
        derived(password, "key derivation salt ", "SHA1"),
        derived("primary key", salt, "SHA1"),
    ] {
        assert_eq!(
            refused(&Rails::new(key), value),
            ImportErrorKind::NotAuthentic
        );
    }
}

#[test]
fn a_key_hint_picks_the_order_and_never_limits() {
    let reader = reader_with(vec![
        RailsKey::from_bytes(&[9; 32]),
        RailsKey::from_bytes(&KEY),
    ]);
    // The ids of both keys, those of none, and what is no id.
    for hint in [
        base64("89f4"),
        base64("67c2"),
        base64("0000"),
        base64(""),
        base64("a long hint that is none"),
        base64([0xFF, 0]),
        json!("not base64"),
        json!(7),
        json!(null),
        json!({"p": ""}),
        json!([[1]]),
    ] {
        assert_eq!(open(&reader, &seal_with(b"Dune", &[("i", hint)])), b"Dune");
    }
}

#[test]
fn a_data_key_that_is_not_one_is_refused() {
    let reader = reader();
    let under = |data_key: Value| {
        let mut message = seal_under(&[4; 32], b"Dune");
        message["h"]["k"] = data_key;
        message
    };
    assert_eq!(open(&reader, &under(seal(&[4; 32]))), b"Dune");
    // Another data key, ones of other lengths, and one under a key that is not the reader's.
    for wrapped in [
        seal(&[5; 32]),
        seal(&[4; 31]),
        seal(&[4; 33]),
        seal(b""),
        seal_under(&[4; 32], &[4; 32]),
    ] {
        assert_eq!(
            kind(&reader, &under(wrapped)),
            ImportErrorKind::NotAuthentic
        );
    }
    for wrapped in [
        json!("text"),
        json!(true),
        json!([]),
        json!({}),
        json!({"p": base64("x")}),
        json!({"p": base64("x"), "h": null}),
    ] {
        assert_eq!(kind(&reader, &under(wrapped)), ImportErrorKind::Malformed);
    }
    // The reader's own key opens the payload, and yet the message says that another one does.
    let message = seal_with(b"Dune", &[("k", seal(&[4; 32]))]);
    assert_eq!(kind(&reader, &message), ImportErrorKind::NotAuthentic);
    // A data key under a data key.
    let mut wrapped = seal(&[4; 32]);
    wrapped["h"]["k"] = seal(&[4; 32]);
    assert_eq!(
        kind(&reader, &under(wrapped.clone())),
        ImportErrorKind::TooLarge
    );
    let deep = Limits {
        max_depth: 100,
        ..Limits::default()
    };
    let reader = reader.with_limits(deep);
    assert_eq!(kind(&reader, &under(wrapped)), ImportErrorKind::Unsupported);
}

#[test]
fn compressed_values_of_any_size_open_up_to_the_limit() {
    let mut count = 0;
    for length in [0, 1, 2, 141, 4_096, 65_536, 1_000_000] {
        for text in [
            vec![b'x'; length],
            (0..length).map(|n| (n * n / 7) as u8).collect(),
        ] {
            let message = seal_with(&compress_to_vec_zlib(&text, 6), &[("c", json!(true))]);
            assert_eq!(open(&reader(), &message), text);
            let with = |max_plaintext| {
                reader().with_limits(Limits {
                    max_plaintext,
                    ..Limits::default()
                })
            };
            assert_eq!(open(&with(length), &message), text);
            if length > 0 {
                assert_eq!(kind(&with(length - 1), &message), ImportErrorKind::TooLarge);
                assert_eq!(kind(&with(0), &message), ImportErrorKind::TooLarge);
            }
            count += 1;
        }
    }
    ran("compressed values", count, 14);
}

#[test]
fn a_zip_bomb_ends_at_the_limit_without_being_inflated() {
    const LIMIT: usize = 1024 * 1024;
    // 64 MiB, of which zlib makes some 64 KiB.
    let bomb = compress_to_vec_zlib(&vec![0; 64 * LIMIT], 6);
    assert!(bomb.len() < LIMIT / 8);
    let value = seal_with(&bomb, &[("c", json!(true))]).to_string();
    let reader = reader().with_limits(Limits {
        max_plaintext: LIMIT,
        ..Limits::default()
    });
    let allocated = allocation_counter::measure(|| {
        let error = reader.open(value.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ImportErrorKind::TooLarge);
    });
    println!("{} bytes at most", allocated.bytes_max);
    assert!(allocated.bytes_max < 3 * LIMIT as u64);
}

#[test]
fn what_is_not_a_whole_zlib_stream_is_refused() {
    let whole = compress_to_vec_zlib(&[b'x'; 500], 6);
    let reader = reader();
    let open = |stream: &[u8]| kind(&reader, &seal_with(stream, &[("c", json!(true))]));
    let mut count = 0;
    // Each cut, a byte too many, and a checksum that is wrong.
    let mut changed: Vec<Vec<u8>> = truncations(&whole).collect();
    changed.extend([[&whole[..], b"x"].concat(), Vec::new(), b"Dune".to_vec()]);
    changed.extend(
        bit_flips(&whole[whole.len() - 4..]).map(|sum| [&whole[..whole.len() - 4], &sum].concat()),
    );
    for stream in changed {
        assert_eq!(open(&stream), ImportErrorKind::Malformed);
        count += 1;
    }
    ran("streams that are not whole", count, 40);
}

/// Rails does the same. The documentation says it.
#[test]
fn without_its_mark_a_compressed_value_opens_to_the_stream_as_it_is_documented() {
    let stream = compress_to_vec_zlib(&[b'x'; 500], 6);
    assert_eq!(open(&reader(), &seal(&stream)), stream);
    let mut count = 0;
    for case in real("rails") {
        let mut message: Value = serde_json::from_str(text(&case, "value")).unwrap();
        if message["h"].as_object_mut().unwrap().remove("c").is_some() {
            let opened = open(&reader_of(&case).with_other_encodings(true), &message);
            assert_eq!(opened[..2], [0x78, 0x9C]);
            assert!(str::from_utf8(&opened).is_err());
            count += 1;
        }
    }
    ran("compressed values by Rails without their mark", count, 40);
    for absent in [json!(null), json!(false)] {
        assert_eq!(
            open(&reader(), &seal_with(&stream, &[("c", absent)])),
            stream
        );
    }
    // What is neither true nor false is refused. Ruby would take each of these for true.
    for mark in [json!(1), json!(0), json!("true"), json!([]), json!({})] {
        assert_eq!(
            kind(&reader(), &seal_with(&stream, &[("c", mark)])),
            ImportErrorKind::Malformed
        );
    }
}

#[test]
fn text_in_another_encoding_is_refused_unless_the_caller_accepts_it() {
    for name in ["UTF-8", "utf-8", "US-ASCII", "ASCII-8BIT", "BINARY"] {
        assert_eq!(
            open(&reader(), &seal_with(b"Dune", &[("e", base64(name))])),
            b"Dune"
        );
    }
    for name in ["ISO-8859-1", "UTF-16LE", "Shift_JIS", "", "UTF-80"] {
        let message = seal_with(b"D\xFCne", &[("e", base64(name))]);
        assert_eq!(kind(&reader(), &message), ImportErrorKind::Unsupported);
        assert_eq!(
            open(&reader().with_other_encodings(true), &message),
            b"D\xFCne"
        );
    }
    for name in [json!("UTF-8"), json!(8), json!(true), json!({})] {
        let message = seal_with(b"Dune", &[("e", name)]);
        assert_eq!(kind(&reader(), &message), ImportErrorKind::Malformed);
    }
}

#[test]
fn a_known_member_that_occurs_twice_is_refused_and_an_unknown_one_is_ignored() {
    let mut message = seal_under(&[4; 32], b"Dune");
    message["h"]["k"] = seal(&[4; 32]);
    message["h"]["i"] = base64("dead");
    message["h"]["e"] = base64("UTF-8");
    message["h"]["c"] = json!(false);
    let value = message.to_string();
    let reader = reader();
    assert!(reader.open(value.as_bytes()).is_ok());
    let mut count = 0;
    for name in ["p", "h", "iv", "at", "i", "c", "e", "k"] {
        // Before each place where the name stands, with its own value and with another one.
        let pattern = format!("\"{name}\":");
        for (at, _) in value.match_indices(&pattern) {
            for other in ["null", "\"\"", "true", "7"] {
                let twice = format!("{}{pattern}{other},{}", &value[..at], &value[at..]);
                assert_eq!(
                    refused(&reader, twice.as_bytes()),
                    ImportErrorKind::Malformed
                );
                count += 1;
            }
            // Spelt with an escape it is the same name.
            let escaped = format!("\"\\u{:04x}{}\":", name.as_bytes()[0], &name[1..]);
            let twice = format!("{}{escaped}null,{}", &value[..at], &value[at..]);
            assert_eq!(
                refused(&reader, twice.as_bytes()),
                ImportErrorKind::Malformed
            );
            count += 1;
        }
    }
    for unknown in [
        "\"later\":1,\"later\":2,",
        "\"P\":{},\"\":[],",
        "\"x\":{\"p\":1,\"p\":2},",
    ] {
        for at in [1, value.find("\"at\"").unwrap()] {
            let more = format!("{}{unknown}{}", &value[..at], &value[at..]);
            assert_eq!(*reader.open(more.as_bytes()).unwrap(), b"Dune");
            count += 1;
        }
    }
    ran("members that occur twice", count, 60);
}

#[test]
fn what_is_not_a_message_is_refused() {
    let good = seal(b"Dune").to_string();
    let reader = reader();
    let values = [
        String::new(),
        "Dune".to_owned(),
        "null".to_owned(),
        "7".to_owned(),
        "\"text\"".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good} x"),
        format!("{good},"),
        good.replace("\"h\":", "\"H\":"),
        good.replace("\"p\":", "\"q\":"),
        good.replace("\"iv\":", "\"nonce\":"),
        good.replace("\"at\":", "\"tag\":"),
        good.replace('"', "'"),
        good.replace("\"p\":\"", "\"p\":\" "),
        good.replace("==", ""),
        good.replace("==", "="),
        json!({"p": null, "h": {}}).to_string(),
        json!({"p": "", "h": []}).to_string(),
        json!({"p": "", "h": "text"}).to_string(),
        json!(["", {"iv": "", "at": ""}]).to_string(),
        "{\"p\":1e999}".to_owned(),
        "{\"p\":\"\\ud800\"}".to_owned(),
    ];
    for value in &values {
        assert_ne!(*value, good);
        assert_eq!(
            refused(&reader, value.as_bytes()),
            ImportErrorKind::Malformed,
            "{value}"
        );
    }
    assert_eq!(
        refused(&reader, b"{\"p\":\"\xFF\"}"),
        ImportErrorKind::Malformed
    );
    // Space and escapes are JSON's, and so are these.
    let same = [
        format!(" {good}\n"),
        good.replace("\"p\"", "\"\\u0070\""),
        good.replace(",", " ,\t"),
    ];
    for value in same {
        assert_eq!(*reader.open(value.as_bytes()).unwrap(), b"Dune");
    }
    ran("values that are no message", values.len() + 1, 26);
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let nested = |depth: usize| {
        let inside = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        seal(b"Dune")
            .to_string()
            .replace("{\"at\"", &format!("{{\"later\":{inside},\"at\""))
    };
    let reader = reader();
    // The message and its headers are two.
    for depth in 1..=2 {
        assert_eq!(*reader.open(nested(depth).as_bytes()).unwrap(), b"Dune");
    }
    for depth in [3, 4, 100, 1_000, 1_000_000] {
        assert_eq!(
            refused(&reader, nested(depth).as_bytes()),
            ImportErrorKind::TooLarge
        );
    }
    let with = |max_depth| {
        reader.clone().with_limits(Limits {
            max_depth,
            ..Limits::default()
        })
    };
    assert_eq!(
        *with(2).open(seal(b"Dune").to_string().as_bytes()).unwrap(),
        b"Dune"
    );
    for max_depth in [0, 1] {
        assert_eq!(
            kind(&with(max_depth), &seal(b"Dune")),
            ImportErrorKind::TooLarge
        );
    }
    // The parser's own end keeps the stack whole where the caller sets none.
    refused(&with(usize::MAX), nested(1_000_000).as_bytes());
    let objects = "{\"p\":".repeat(1_000_000);
    refused(&with(usize::MAX), objects.as_bytes());
    refused(&reader, objects.as_bytes());
}

#[test]
fn many_headers_cost_no_memory_and_a_long_value_is_not_looked_at() {
    let many: String = (0..200_000)
        .map(|n| format!("\"later{n}\":\"\\n\","))
        .collect();
    let value = seal(b"Dune")
        .to_string()
        .replace("{\"at\"", &format!("{{{many}\"at\""));
    let reader = reader();
    let allocated = allocation_counter::measure(|| {
        assert_eq!(*reader.open(value.as_bytes()).unwrap(), b"Dune");
    });
    println!(
        "{} bytes at most, for a value of {}",
        allocated.bytes_max,
        value.len()
    );
    assert!(allocated.bytes_max < 16 * 1024);

    let with = |max_value| {
        reader.clone().with_limits(Limits {
            max_value,
            ..Limits::default()
        })
    };
    assert!(with(value.len()).open(value.as_bytes()).is_ok());
    let short = with(value.len() - 1);
    let allocated = allocation_counter::measure(|| {
        let error = short.open(value.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ImportErrorKind::TooLarge);
    });
    assert_eq!(allocated.bytes_total, 0);
}

#[test]
fn a_value_that_opens_to_more_than_the_limit_is_refused() {
    let with = |max_plaintext| {
        reader().with_limits(Limits {
            max_plaintext,
            ..Limits::default()
        })
    };
    assert_eq!(open(&with(4), &seal(b"Dune")), b"Dune");
    assert_eq!(kind(&with(3), &seal(b"Dune")), ImportErrorKind::TooLarge);
}

#[test]
fn a_key_that_is_not_one_is_refused() {
    for (password, salt) in [("", "salt"), ("password", ""), ("", "")] {
        for digest in [RailsDigest::Sha1, RailsDigest::Sha256] {
            let error = RailsKey::derived(password, salt, digest).unwrap_err();
            assert_eq!(error.kind(), ImportErrorKind::KeyInvalid);
            says_nothing(&error, "rails");
        }
    }
}

#[test]
fn a_reader_prints_how_many_keys_it_has_and_a_key_prints_a_mask() {
    let key = RailsKey::from_bytes(&KEY);
    assert_eq!(format!("{key:?}"), "RailsKey(********)");
    let reader = Rails::new(key.clone()).with_key(key);
    assert_eq!(format!("{reader:?}"), "Rails(2 keys)");
    assert_eq!(reader.name(), "rails");
}

/// Only the mark of compression changes what opens, as it is documented; so those cases are left out.
#[test]
fn nothing_that_was_mutated_opens_to_something_else_or_panics() {
    let mut cases = made("rails");
    cases.retain(|case| case["compressed"] == false);
    let values: Vec<Vec<u8>> = cases
        .iter()
        .map(|case| text(case, "value").into())
        .collect();
    let readers: Vec<Rails> = cases.iter().map(reader_of).collect();
    let mut opened = 0;
    for (which, value) in mutations(&values, 20_000) {
        match readers[which].open(&value) {
            Ok(plaintext) => {
                assert_eq!(*plaintext, bytes(&cases[which], "plaintext"));
                opened += 1;
            }
            Err(error) => says_nothing(&error, "rails"),
        }
    }
    println!("{opened} mutations left the payload as it was");
    ran("mutated values of Rails", 20_000 - opened, 15_000);
}
