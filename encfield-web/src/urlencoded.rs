//! `application/x-www-form-urlencoded`: what a browser sends of a form.

use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::entry::{Entries, Value};
use crate::limits::Limits;
use crate::reason::{NOT_TEXT, Reason, TOO_LONG};
use crate::refused::{Refused, RefusedKind};

/// Takes a body apart. As browsers and servers do it, any bytes are a body; what is in it may be wrong.
pub(crate) fn entries<'body>(body: &[u8], limits: &Limits) -> Result<Entries<'body>, Refused> {
    let mut entries = Entries::new(limits);
    for (name, value) in pairs(body) {
        let name = decode(name).map_err(|_| Refused::whole(RefusedKind::Malformed))?;
        entries.push(name, text(value, limits))?;
    }
    Ok(entries)
}

/// The fields that can be read of a body that cannot be, as a whole. Of one that was cut off, the last
/// field is not known to be all there, and is left out.
pub(crate) fn readable<'body>(body: &[u8], is_cut: bool, limits: &Limits) -> Entries<'body> {
    let body = body.get(..limits.body).unwrap_or(body);
    let end = match body.iter().rposition(|byte| *byte == b'&') {
        _ if !is_cut => body.len(),
        Some(last) => last,
        None => 0,
    };
    let mut entries = Entries::new(limits);
    for (name, value) in pairs(&body[..end]) {
        let Ok(name) = decode(name) else { continue };
        if entries.push(name, text(value, limits)).is_err() {
            break;
        }
    }
    entries
}

/// Names and values as they were sent.
fn pairs(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|byte| *byte == b'=') {
            Some(middle) => (&pair[..middle], &pair[middle + 1..]),
            None => (pair, &pair[pair.len()..]),
        })
}

fn text<'body>(value: &[u8], limits: &Limits) -> Value<'body> {
    let value = match decode(value) {
        Ok(text) if text.len() > limits.field => Err(TOO_LONG),
        decoded => decoded,
    };
    Value::Texts(vec![value])
}

/// The text that was encoded. The buffer has room for all of it, so it does not grow and leave a copy.
fn decode(encoded: &[u8]) -> Result<Zeroizing<String>, Reason> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(encoded.len()));
    for (position, word) in encoded.split(|byte| *byte == b'+').enumerate() {
        if position > 0 {
            bytes.push(b' ');
        }
        for byte in percent_decode(word) {
            bytes.push(byte);
        }
    }
    match std::str::from_utf8(&bytes) {
        Ok(_) => {}
        Err(_) => return Err(NOT_TEXT),
    }
    // It was looked at: this takes the buffer over, and nothing is copied.
    String::from_utf8(std::mem::take(&mut *bytes))
        .map(Zeroizing::new)
        .map_err(|_| NOT_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_sends_is_decoded() {
        for (encoded, text) in [
            ("", ""),
            ("+91+98765", " 91 98765"),
            ("%2B91+98765", "+91 98765"),
            ("Z%C3%BCrich", "Zürich"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
        ] {
            assert_eq!(*decode(encoded.as_bytes()).unwrap(), text);
        }
        for wrong in ["%ff", "K%C3", "%C0%80", "%ED%A0%80"] {
            assert_eq!(decode(wrong.as_bytes()).unwrap_err(), NOT_TEXT);
        }
    }
}
