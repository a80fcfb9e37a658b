//! The encrypted data of a message.

use std::ops::Deref;

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::packet::Body;
use crate::session_key::SessionKey;

/// The header of a modification detection code packet, which has no other form.
pub(crate) const CODE_HEADER: [u8; 2] = [0xd3, 0x14];

/// The length of that packet in bytes: the header and SHA-1's output.
pub(crate) const CODE: usize = 22;

/// The bytes of the prefix that are written twice.
const REPEATED: usize = 2;

/// A packet of encrypted data.
pub(crate) enum Encrypted<'a> {
    /// Symmetrically encrypted and integrity protected, version 1 ([RFC 9580], section 5.13.1).
    ///
    /// The body begins after the version, which is not encrypted.
    ///
    /// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-5.13.1
    Protected(Body<'a>),
    /// Symmetrically encrypted ([RFC 9580], section 5.7): nothing shows a change.
    ///
    /// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-5.7
    Unprotected(Body<'a>),
}

/// What was encrypted: packets, without the random prefix and the code around them.
pub(crate) struct Opened {
    bytes: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
}

impl Deref for Opened {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }
}

impl Encrypted<'_> {
    /// Whether a modification detection code shows what was changed.
    pub(crate) fn is_protected(&self) -> bool {
        matches!(self, Self::Protected(_))
    }

    /// The body as it lies in the message, and the bytes of it that are no packets at the end.
    pub(crate) fn as_stored(&self) -> &[u8] {
        match self {
            // The length of the version, which comes before it.
            Self::Protected(body) => body.get(1..).unwrap_or_default(),
            Self::Unprotected(body) => body,
        }
    }

    /// Decrypts. `None` when the key is not the right one, or the code does not agree.
    ///
    /// Nothing of a protected packet is looked at before its code agrees: a reader that stops early
    /// tells by it what it saw.
    pub(crate) fn open(&self, session: &SessionKey) -> Option<Opened> {
        let mut bytes = Zeroizing::new(self.as_stored().to_vec());
        let prefix = session.cipher.block_len() + REPEATED;
        let end = match self {
            Self::Protected(_) => {
                session.cipher.decrypt(&session.key, &mut bytes)?;
                let end = bytes.len().checked_sub(CODE)?;
                is_code_of(&bytes, end)?;
                end
            }
            Self::Unprotected(_) => {
                let stored = self.as_stored();
                let (head, rest) = bytes.split_at_mut_checked(prefix)?;
                session.cipher.decrypt(&session.key, head)?;
                repeats(head)?;
                // The old mode starts anew after the prefix, from the ciphertext's last whole block.
                let block = stored.get(REPEATED..prefix)?;
                session.cipher.decrypt_after(&session.key, block, rest)?;
                bytes.len()
            }
        };
        (prefix <= end).then_some(Opened {
            bytes,
            start: prefix,
            end,
        })
    }
}

/// Whether the packet at `end` is the code of all that is before it, prefix included.
fn is_code_of(bytes: &[u8], end: usize) -> Option<()> {
    let (data, code) = bytes.split_at_checked(end)?;
    let (header, code) = code.split_first_chunk::<2>()?;
    let own = Sha1::new()
        .chain_update(data)
        .chain_update(header)
        .finalize();
    let same = own.as_slice().ct_eq(code) & header.ct_eq(&CODE_HEADER);
    bool::from(same).then_some(())
}

/// Whether the last two bytes of a prefix are the two before them.
pub(crate) fn repeats(prefix: &[u8]) -> Option<()> {
    let (rest, last) = prefix.split_last_chunk::<REPEATED>()?;
    rest.ends_with(last).then_some(())
}
