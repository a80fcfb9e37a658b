//! A message: the packets that give its key, and its encrypted data.

use crate::contents;
use crate::encrypted::Encrypted;
use crate::error::{ImportError, ImportErrorKind};
use crate::limits::Limits;
use crate::packet::{Packet, tag};
use crate::session_key::SessionKeyPacket;

/// How many session key packets are looked at. pgcrypto writes one. Each may ask for two times 65 MB
/// of hashing, which is all that a hostile value gets out of them.
const MAX_SESSION_KEYS: usize = 4;

/// An encrypted message ([RFC 9580], section 10.3).
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-10.3
pub(crate) struct Message<'a> {
    /// Those that can be read, the first few.
    pub(crate) session_keys: Vec<SessionKeyPacket>,
    /// Whether there are ways to the session key that are not read here: a public key, other ciphers.
    pub(crate) has_other_keys: bool,
    pub(crate) data: Encrypted<'a>,
}

impl<'a> Message<'a> {
    pub(crate) fn read(mut bytes: &'a [u8], limits: &Limits) -> Result<Self, ImportError> {
        let mut session_keys = Vec::new();
        let mut has_other_keys = false;
        let mut seen = 0;
        loop {
            let whole = bytes;
            let (packet, rest) = Packet::first(bytes)?;
            bytes = rest;
            let data = match packet.tag {
                tag::SYMMETRIC_KEY_SESSION_KEY => {
                    seen += 1;
                    if seen <= MAX_SESSION_KEYS {
                        match SessionKeyPacket::read(&packet.body) {
                            Ok(session_key) => session_keys.push(session_key),
                            Err(error) if error.kind() == ImportErrorKind::Unsupported => {
                                has_other_keys = true;
                            }
                            Err(error) => return Err(error),
                        }
                    }
                    continue;
                }
                tag::PUBLIC_KEY_SESSION_KEY => {
                    has_other_keys = true;
                    continue;
                }
                tag::MARKER => continue,
                tag::PROTECTED => match packet.body.first() {
                    Some(1) => Encrypted::Protected(packet.body),
                    Some(2) => return Err(ImportError::UNSUPPORTED),
                    _ => return Err(ImportError::MALFORMED),
                },
                tag::ENCRYPTED => Encrypted::Unprotected(packet.body),
                tag::AEAD | tag::SIGNATURE | tag::ONE_PASS_SIGNATURE => {
                    return Err(ImportError::UNSUPPORTED);
                }
                tag::LITERAL | tag::COMPRESSED => return Err(not_encrypted(whole, limits)),
                _ => return Err(ImportError::MALFORMED),
            };
            if !rest.is_empty() {
                return Err(ImportError::MALFORMED);
            }
            return Ok(Self {
                session_keys,
                has_other_keys,
                data,
            });
        }
    }
}

/// Literal data where encrypted data should be: in the clear if it is that, and not a changed byte.
fn not_encrypted(packets: &[u8], limits: &Limits) -> ImportError {
    match contents::plaintext(packets, limits) {
        Ok(_) => ImportError::new(ImportErrorKind::StoredInTheClear),
        Err(error) => error,
    }
}
