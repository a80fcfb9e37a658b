//! The cases in `tests/vectors`, and messages that no program would write.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test takes a part of it, and it is for tests alone"
)]

use std::path::Path;

use cfb_mode::Encryptor;
use cfb_mode::cipher::KeyIvInit;
use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// The passphrase of the messages that [`sealed`] makes.
pub const PASSPHRASE: &str = "passphrase";

/// A file of `tests/vectors`.
pub fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The cases of a file, no fewer than `floor`.
pub fn cases(file: &Value, floor: usize) -> &[Value] {
    let cases = file["cases"].as_array().unwrap();
    assert!(
        cases.len() >= floor,
        "{} cases, and there were {floor}",
        cases.len()
    );
    cases
}

/// The message of a case, in armor where it is.
pub fn message(case: &Value) -> Vec<u8> {
    match &case["message"] {
        Value::String(message) => hex(message),
        _ => case["armored"].as_str().unwrap().into(),
    }
}

pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Whether what was opened is the plaintext of a case, which may be given by its SHA-256 alone.
pub fn is_plaintext(case: &Value, opened: &[u8]) -> bool {
    match (&case["plaintext"], &case["sha256"]) {
        (Value::String(plaintext), _) => opened == hex(plaintext),
        (_, Value::String(sha256)) => Sha256::digest(opened).as_slice() == hex(sha256),
        _ => panic!("{case} has no plaintext"),
    }
}

pub fn refused(reader: &Pgcrypto, value: &[u8]) -> ImportErrorKind {
    reader.open(value).expect_err("it was opened").kind()
}

/// A packet with a header of the new kind and five bytes of length.
pub fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0xc0 | tag, 0xff], length.as_slice(), body].concat()
}

pub fn literal(plaintext: &[u8]) -> Vec<u8> {
    packet(11, &[b"b\0\0\0\0\0", plaintext].concat())
}

/// Packets in a compressed packet.
pub fn zipped(packets: &[u8]) -> Vec<u8> {
    let zipped = miniz_oxide::deflate::compress_to_vec(packets, 9);
    packet(8, &[&[1], zipped.as_slice()].concat())
}

/// A session key packet: AES-128 under a simple SHA-256 of the passphrase.
pub fn session_key() -> Vec<u8> {
    packet(3, &[4, 7, 0, 8])
}

fn encrypt(plain: &mut [u8], block: &[u8]) {
    let key = Sha256::digest(PASSPHRASE);
    Encryptor::<aes::Aes128>::new_from_slices(&key[..16], block)
        .unwrap()
        .encrypt(plain);
}

/// Encrypted data with a modification detection code.
pub fn protected(packets: &[u8]) -> Vec<u8> {
    protected_under(packets, [0xd3, 0x14])
}

/// The same, with any header before the code.
pub fn protected_under(packets: &[u8], header: [u8; 2]) -> Vec<u8> {
    let mut body = [&[7; 18], packets, &header].concat();
    let code = Sha1::digest(&body);
    body.extend_from_slice(&code);
    encrypt(&mut body, &[0; 16]);
    packet(18, &[&[1], body.as_slice()].concat())
}

/// Encrypted data without one.
pub fn unprotected(packets: &[u8]) -> Vec<u8> {
    let mut prefix = [7; 18];
    encrypt(&mut prefix, &[0; 16]);
    let mut packets = packets.to_vec();
    encrypt(&mut packets, &prefix[2..]);
    packet(9, &[prefix.as_slice(), &packets].concat())
}

/// A message that holds these packets.
pub fn sealed(packets: &[u8]) -> Vec<u8> {
    [session_key(), protected(packets)].concat()
}

/// The same without a modification detection code.
pub fn sealed_without_code(packets: &[u8]) -> Vec<u8> {
    [session_key(), unprotected(packets)].concat()
}
