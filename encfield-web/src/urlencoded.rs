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
    for pair in body
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
    {
        let middle = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = match middle {
            Some(middle) => (&pair[..middle], &pair[middle + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        let name = decode(name).map_err(|_| Refused::whole(RefusedKind::Malformed))?;
        let value = match decode(value) {
            Ok(text) if text.len() > limits.field => Err(TOO_LONG),
            decoded => decoded,
        };
        entries.push(name, Value::Texts(vec![value]))?;
    }
    Ok(entries)
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
