//! Packets: a tag, a length and a body.

use std::ops::Deref;

use zeroize::Zeroizing;

use crate::error::ImportError;

/// The tags of [RFC 9580], section 5, that a message can hold.
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-5
pub(crate) mod tag {
    pub(crate) const PUBLIC_KEY_SESSION_KEY: u8 = 1;
    pub(crate) const SIGNATURE: u8 = 2;
    pub(crate) const SYMMETRIC_KEY_SESSION_KEY: u8 = 3;
    pub(crate) const ONE_PASS_SIGNATURE: u8 = 4;
    pub(crate) const COMPRESSED: u8 = 8;
    pub(crate) const ENCRYPTED: u8 = 9;
    pub(crate) const MARKER: u8 = 10;
    pub(crate) const LITERAL: u8 = 11;
    pub(crate) const PROTECTED: u8 = 18;
    pub(crate) const AEAD: u8 = 20;
}

/// One packet.
pub(crate) struct Packet<'a> {
    pub(crate) tag: u8,
    pub(crate) body: Body<'a>,
}

/// A packet's body: a part of the message, or put together from the parts it was written in.
pub(crate) enum Body<'a> {
    Whole(&'a [u8]),
    /// May be plaintext, so it is wiped.
    Parts(Zeroizing<Vec<u8>>),
}

impl Deref for Body<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Whole(body) => body,
            Self::Parts(body) => body,
        }
    }
}

/// How long a body is, as its header says.
enum Length {
    Whole(usize),
    /// This many bytes, and then another length.
    Part(usize),
    /// To the end of what there is.
    Rest,
}

impl<'a> Packet<'a> {
    /// The first packet and what comes after it ([RFC 9580], section 4.2).
    ///
    /// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-4.2
    pub(crate) fn first(message: &'a [u8]) -> Result<(Self, &'a [u8]), ImportError> {
        first(message).ok_or(ImportError::MALFORMED)
    }
}

fn first(message: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let (&head, rest) = message.split_first()?;
    let (tag, length, rest) = match head >> 6 {
        0b11 => {
            let (length, rest) = new_length(rest)?;
            (head & 0x3f, length, rest)
        }
        0b10 => {
            let (length, rest) = old_length(head & 3, rest)?;
            ((head >> 2) & 0xf, length, rest)
        }
        _ => return None,
    };
    let in_parts = matches!(
        tag,
        tag::COMPRESSED | tag::ENCRYPTED | tag::LITERAL | tag::PROTECTED
    );
    let (body, rest) = match length {
        Length::Whole(length) => {
            let (body, rest) = rest.split_at_checked(length)?;
            (Body::Whole(body), rest)
        }
        // Only data packets may be written before their length is known.
        _ if !in_parts => return None,
        Length::Rest => (Body::Whole(rest), &[][..]),
        Length::Part(length) => parts(length, rest)?,
    };
    Some((Packet { tag, body }, rest))
}

/// Puts a body together. It never outgrows what it was reserved, so that no copy of it stays behind.
fn parts(mut length: usize, mut rest: &[u8]) -> Option<(Body<'_>, &[u8])> {
    let mut body = Zeroizing::new(Vec::with_capacity(rest.len()));
    loop {
        let (part, after) = rest.split_at_checked(length)?;
        body.extend_from_slice(part);
        let (next, after) = new_length(after)?;
        match next {
            Length::Part(next) => (length, rest) = (next, after),
            Length::Whole(last) => {
                let (part, after) = after.split_at_checked(last)?;
                body.extend_from_slice(part);
                return Some((Body::Parts(body), after));
            }
            Length::Rest => return None,
        }
    }
}

fn new_length(bytes: &[u8]) -> Option<(Length, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    Some(match first {
        0..192 => (Length::Whole(first.into()), rest),
        192..224 => {
            let (&second, rest) = rest.split_first()?;
            let length = (usize::from(first) - 192) * 256 + usize::from(second) + 192;
            (Length::Whole(length), rest)
        }
        224..255 => (Length::Part(1 << (first & 0x1f)), rest),
        255 => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            (Length::Whole(length), rest)
        }
    })
}

fn old_length(kind: u8, bytes: &[u8]) -> Option<(Length, &[u8])> {
    Some(match kind {
        0 => {
            let (&length, rest) = bytes.split_first()?;
            (Length::Whole(length.into()), rest)
        }
        1 => {
            let (length, rest) = bytes.split_first_chunk::<2>()?;
            (Length::Whole(u16::from_be_bytes(*length).into()), rest)
        }
        2 => {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            (Length::Whole(length), rest)
        }
        _ => (Length::Rest, bytes),
    })
}
