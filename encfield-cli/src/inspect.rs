//! The header of a value.

use std::io::Read;
use std::path::Path;

use encfield::KeyId;
use serde_json::json;

use crate::exit::{Ended, Problem};
use crate::output::Output;

/// How much of a value is read at most: its header is in front.
const LONGEST: u64 = 1 << 26;

/// Bytes around the plaintext: header, nonce and tag.
const OVERHEAD: usize = 50;

pub(crate) fn run(
    value: Option<&str>,
    file: Option<&Path>,
    output: &Output,
) -> Result<Ended, Problem> {
    let given = match (value, file) {
        (Some(value), _) => value.as_bytes().to_vec(),
        (None, Some(file)) => {
            let opened = std::fs::File::open(file)
                .map_err(|error| Problem::new(format!("{}: {}", file.display(), error.kind())))?;
            read(opened)?
        }
        (None, None) => read(std::io::stdin())?,
    };
    let bytes = from_hex(&given).unwrap_or(given);
    let (text, value) = match bytes.as_slice() {
        [0xFE, 1, rest @ ..] if bytes.len() >= OVERHEAD => {
            let id = rest.first_chunk::<{ KeyId::LENGTH }>();
            let id = id
                .map(|id| KeyId::from_bytes(*id).to_string())
                .unwrap_or_default();
            let plaintext = bytes.len() - OVERHEAD;
            (
                format!("format 1, key {id}, {plaintext} bytes of plaintext"),
                json!({ "event": "value", "format": 1, "key": id, "plaintext_bytes": plaintext }),
            )
        }
        [0xFE, 1, ..] | [0xFE] => (
            "a value of format 1 that is cut short".to_owned(),
            json!({ "event": "value", "format": 1, "truncated": true }),
        ),
        [0xFE, format, ..] => (
            format!("format {format}, which this version does not know"),
            json!({ "event": "value", "format": format }),
        ),
        _ => (
            "not a value of encfield's".to_owned(),
            json!({ "event": "value", "format": null }),
        ),
    };
    output.result(&text, &value);
    let known = matches!(bytes.as_slice(), [0xFE, 1, ..]) && bytes.len() >= OVERHEAD;
    Ok(if known { Ended::Done } else { Ended::No })
}

fn read(from: impl Read) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    from.take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::new(format!("the value cannot be read: {}", error.kind())))?;
    Ok(bytes)
}

/// The bytes that hexadecimal digits spell, as databases print them.
fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let quoted = text
        .strip_prefix(['x', 'X'])
        .and_then(|text| text.strip_prefix('\'')?.strip_suffix('\''));
    let digits = quoted
        .or_else(|| text.strip_prefix("\\x"))
        .or_else(|| text.strip_prefix("0x"))
        .unwrap_or(text);
    if digits.is_empty()
        || digits.len() % 2 != 0
        || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        return None;
    }
    let pair = |at: usize| {
        digits
            .get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    (0..digits.len()).step_by(2).map(pair).collect()
}
