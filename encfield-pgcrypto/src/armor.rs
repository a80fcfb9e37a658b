//! ASCII armor: a message as text.

use std::borrow::Cow;

use base64ct::{Base64, Encoding};

use crate::error::ImportError;

const BEGIN: &[u8] = b"-----BEGIN PGP MESSAGE-----";
const END: &[u8] = b"-----END PGP MESSAGE-----";

/// The message in a value: out of its armor if it has one, as it is if not.
///
/// The checksum must agree where there is one, as for pgcrypto's `dearmor`. [RFC 9580], section 6.1,
/// says not to rely on it, and nothing does: for a message without a modification detection code it
/// is still the only thing that shows damage.
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-6
pub(crate) fn unarmored(value: &[u8]) -> Result<Cow<'_, [u8]>, ImportError> {
    let text = value.trim_ascii();
    if !text.starts_with(BEGIN) {
        return Ok(Cow::Borrowed(value));
    }
    text.strip_prefix(BEGIN)
        .and_then(|text| text.strip_suffix(END))
        .and_then(decoded)
        .map(Cow::Owned)
        .ok_or(ImportError::MALFORMED)
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    // The rest of the first line, then the headers, then an empty line.
    lines.next().filter(|rest| rest.is_empty())?;
    while !is_end_of_headers(lines.next()?)? {}
    let mut base64 = Vec::with_capacity(text.len());
    let mut checksum = None;
    for line in lines {
        match line.strip_prefix(b"=") {
            _ if line.is_empty() => {}
            // Nothing comes after the checksum.
            _ if checksum.is_some() => return None,
            Some(line) => checksum = Some(line),
            None => base64.extend_from_slice(line),
        }
    }
    let message = Base64::decode_vec(str::from_utf8(&base64).ok()?).ok()?;
    if let Some(checksum) = checksum {
        let mut buffer = [0; 3];
        let checksum = Base64::decode(checksum, &mut buffer).ok()?;
        let [_, own @ ..] = crc24(&message).to_be_bytes();
        (checksum == own).then_some(())?;
    }
    Some(message)
}

/// Whether a line is the empty one after the headers. `None` when it is no header either.
fn is_end_of_headers(line: &[u8]) -> Option<bool> {
    if line.is_empty() {
        return Some(true);
    }
    line.contains(&b':').then_some(false)
}

/// The checksum of [RFC 9580], section 6.1.1.
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-6.1.1
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xb7_04ce, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 16), |crc, _| {
            let carry = if crc & 0x80_0000 == 0 { 0 } else { 0x86_4cfb };
            ((crc << 1) & 0xff_ffff) ^ carry
        })
    })
}
