//! Format 1, byte by byte: the one parser and the one writer.
//!
//! `docs/FORMAT.md` is the normative text.

use crate::aead::TAG_LENGTH;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;
use crate::nonce::{self, Nonce};

/// The first byte of every value: never a byte of UTF-8 text.
const MARK: u8 = 0xFE;

/// The second byte: the number of the format.
const FORMAT: u8 = 0x01;

/// What every value of format 1 begins with.
pub(crate) const MARK_AND_FORMAT: [u8; 2] = [MARK, FORMAT];

/// Mark, format and key id.
pub(crate) const HEADER_LENGTH: usize = 2 + KeyId::LENGTH;

/// Where the ciphertext begins.
pub(crate) const BODY_OFFSET: usize = HEADER_LENGTH + nonce::LENGTH;

/// How many bytes a value is longer than its plaintext.
pub(crate) const OVERHEAD: usize = BODY_OFFSET + TAG_LENGTH;

/// The ten bytes in front of the nonce.
pub(crate) type Header = [u8; HEADER_LENGTH];

/// A value of format 1, taken apart. The bytes are not authenticated yet.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) header: Header,
    pub(crate) key_id: KeyId,
    pub(crate) nonce: Nonce,
    pub(crate) ciphertext: &'a [u8],
    pub(crate) tag: [u8; TAG_LENGTH],
}

/// The header of a value under this key.
pub(crate) fn header(key_id: KeyId) -> Header {
    let mut header = [MARK, FORMAT, 0, 0, 0, 0, 0, 0, 0, 0];
    header[2..].copy_from_slice(&key_id.to_bytes());
    header
}

/// Takes a value apart.
///
/// # Errors
/// [`ErrorKind::Truncated`], [`ErrorKind::NotCiphertext`] or [`ErrorKind::UnsupportedFormat`].
pub(crate) fn parse(value: &[u8]) -> Result<Parts<'_>, Error> {
    match *value {
        [] => return Err(Error::new(ErrorKind::Truncated)),
        [mark, ..] if mark != MARK => return Err(Error::new(ErrorKind::NotCiphertext)),
        [_, format, ..] if format != FORMAT => {
            return Err(
                Error::new(ErrorKind::UnsupportedFormat).with_note(format!("format {format}"))
            );
        }
        _ => {}
    }
    let (header, nonce, ciphertext, tag) =
        split(value).ok_or_else(|| Error::new(ErrorKind::Truncated))?;
    let [_, _, key_id @ ..] = *header;
    Ok(Parts {
        header: *header,
        key_id: KeyId::from_bytes(key_id),
        nonce: *nonce,
        ciphertext,
        tag: *tag,
    })
}

/// The id of the key that a value names, by its first ten bytes.
///
/// # Errors
/// As [`parse`].
pub(crate) fn key_of(value: &[u8]) -> Result<KeyId, Error> {
    match value.first_chunk::<HEADER_LENGTH>() {
        Some([MARK, FORMAT, key_id @ ..]) => Ok(KeyId::from_bytes(*key_id)),
        _ => Err(match parse(value) {
            Err(error) => error,
            Ok(_) => Error::new(ErrorKind::Truncated),
        }),
    }
}

/// Header, nonce, ciphertext and tag of what is long enough; nobody has looked at the header.
#[inline]
pub(crate) fn split(value: &[u8]) -> Option<(&Header, &Nonce, &[u8], &[u8; TAG_LENGTH])> {
    let (header, rest) = value.split_first_chunk::<HEADER_LENGTH>()?;
    let (nonce, rest) = rest.split_first_chunk::<{ nonce::LENGTH }>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>()?;
    Some((header, nonce, ciphertext, tag))
}

/// The beginning of a value, with room for `plaintext` bytes and the tag: the value's one
/// allocation. The plaintext is to be appended, then [`crate::cipher`] seals it where it lies.
pub(crate) fn begin(header: &Header, nonce: &Nonce, plaintext: usize) -> Vec<u8> {
    let mut front = [0; BODY_OFFSET];
    let (head, rest) = front.split_at_mut(HEADER_LENGTH);
    head.copy_from_slice(header);
    rest.copy_from_slice(nonce);
    let mut value = Vec::with_capacity(OVERHEAD + plaintext);
    value.extend_from_slice(&front);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_its_key_in_its_first_ten_bytes() {
        let id = KeyId::from_bytes(*b"\x01234567\xff");
        let whole = begin(&header(id), &[7; nonce::LENGTH], 0);
        for length in HEADER_LENGTH..whole.len() {
            assert_eq!(key_of(&whole[..length]).unwrap(), id);
        }
        let refused = |value: &[u8]| key_of(value).unwrap_err().kind();
        assert_eq!(refused(&whole[..HEADER_LENGTH - 1]), ErrorKind::Truncated);
        assert_eq!(refused(b""), ErrorKind::Truncated);
        assert_eq!(refused(b"K1234567 and more"), ErrorKind::NotCiphertext);
        assert_eq!(
            refused(b"\xfe\x02 and more text"),
            ErrorKind::UnsupportedFormat
        );
    }
}
