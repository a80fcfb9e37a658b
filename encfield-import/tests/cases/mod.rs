//! What the suites share: vectors, values that were changed, and what a refusal must hold to.

#![allow(dead_code, reason = "each suite is a crate of its own and uses a part")]

use std::error::Error as _;

use encfield_import::{ImportError, ImportErrorKind, Reader};
use serde_json::Value;

/// Made by `tests/vectors/make.py`, which shares no code with the readers.
const MADE: &str = include_str!("../vectors/made.json");

/// By Rails and lockbox themselves: `tests/vectors/make.rb`.
const REAL: &str = include_str!("../vectors/real.json");

/// The cases of one part of `made.json`.
pub(crate) fn made(part: &str) -> Vec<Value> {
    part_of(MADE, part)
}

/// The cases of one part of `real.json`.
pub(crate) fn real(part: &str) -> Vec<Value> {
    part_of(REAL, part)
}

fn part_of(file: &str, part: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).unwrap();
    match file[part].take() {
        Value::Array(cases) => cases,
        _ => panic!("there is no part {part}"),
    }
}

/// The text of a member.
pub(crate) fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap()
}

/// The texts of a member that is an array.
pub(crate) fn texts(case: &Value, name: &str) -> Vec<String> {
    let array = case[name].as_array().unwrap();
    array
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// The bytes that a member spells in hexadecimal.
pub(crate) fn bytes(case: &Value, name: &str) -> Vec<u8> {
    unhex(text(case, name))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let mut bytes = vec![0; text.len() / 2];
    base16ct::mixed::decode(text, &mut bytes).unwrap();
    bytes
}

/// 32 bytes of a key in hexadecimal.
pub(crate) fn key(text: &str) -> [u8; 32] {
    unhex(text).try_into().unwrap()
}

/// Prints how many cases ran, so that a log shows it, and fails when there are too few of them.
pub(crate) fn ran(what: &str, count: usize, floor: usize) {
    println!("{count} cases: {what}");
    assert!(
        count >= floor,
        "{what}: {count} cases ran, {floor} are expected"
    );
}

/// The value with one bit changed, for each of its bits.
pub(crate) fn bit_flips(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..value.len() * 8).map(|bit| {
        let mut changed = value.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

/// The value without its end, for each length but the whole one and none.
pub(crate) fn truncations(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (1..value.len()).map(|length| value[..length].to_vec())
}

/// The value without its beginning.
pub(crate) fn beheadings(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (1..value.len()).map(|start| value[start..].to_vec())
}

/// Fails unless `reader` refuses the value, and the error is as an error must be.
pub(crate) fn refused(reader: &dyn Reader, value: &[u8]) -> ImportErrorKind {
    let error = match reader.open(value) {
        Ok(_) => panic!(
            "opened a value of {} bytes that must be refused",
            value.len()
        ),
        Err(error) => error,
    };
    says_nothing(&error, reader.name());
    error.kind()
}

/// An error is one of few fixed sentences, so it cannot hold anything of a value.
pub(crate) fn says_nothing(error: &ImportError, name: &str) {
    assert!(error.source().is_none());
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("encfield-import: {name}: ")),
        "{message}"
    );
    let sentence = &message["encfield-import: : ".len() + name.len()..];
    assert!(sentence.contains("; "), "says what to do next: {message}");
    assert!(
        sentence
            .chars()
            .all(|c| c.is_ascii_lowercase() || " ;:,-`_'".contains(c)),
        "{message}"
    );
    let debug = format!("{error:?}");
    assert_eq!(
        debug,
        format!(
            "ImportError {{ kind: {:?}, message: {message} }}",
            error.kind()
        )
    );
}

/// Numbers that look random and are the same in each run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// Changes, cuts and doubles parts of values, many times.
pub(crate) fn mutations(
    values: &[Vec<u8>],
    count: usize,
) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    (0..count).map(move |_| {
        let which = numbers.below(values.len());
        let mut value = values[which].clone();
        for _ in 0..=numbers.below(4) {
            if value.is_empty() {
                break;
            }
            let at = numbers.below(value.len());
            match numbers.below(5) {
                0 => value[at] = numbers.below(256) as u8,
                1 => drop(value.remove(at)),
                2 => value.insert(at, b"\"\\{}[],:=A-_ \0\xff"[numbers.below(15)]),
                3 => value.truncate(at),
                _ => {
                    let end = at + numbers.below(value.len() - at);
                    let part = value[at..end].to_vec();
                    let to = numbers.below(value.len());
                    value.splice(to..to, part);
                }
            }
        }
        (which, value)
    })
}
