//! Messages that look encrypted and are not.

use crate::contents;
use crate::encrypted::{CODE, CODE_HEADER, Encrypted, repeats};
use crate::error::ImportErrorKind;
use crate::limits::Limits;
use crate::message::Message;
use crate::packet::tag;
use crate::session_key::SessionKey;

/// The lengths in bytes that blocks of OpenPGP's ciphers have.
const BLOCKS: [usize; 2] = [8, 16];

/// Whether anybody could read the message without its passphrase.
///
/// A pgcrypto that does not look at what its cipher answers goes on with a key stream of zeros when
/// the cipher fails, so that everything it encrypts stays as it is: the data, and the session key where
/// there is one. The message's cipher is not asked: with `sess-key=1` it is not known before the key
/// is.
pub(crate) fn is_in_the_clear(message: &Message<'_>, limits: &Limits) -> bool {
    data_is(&message.data, limits) || a_key_is(message, limits)
}

/// Whether the encrypted data is what it should be once decrypted: a prefix that repeats its end, a
/// packet that opens as it does for pgcrypto, and the modification detection code's header.
///
/// Ciphertext looks so by chance less than once in 2^38 times without a code, and in 2^54 with it:
/// 16 bits of the prefix, 7 of the packet's tag, 8 of a length that fits and 7 of the literal's format
/// and name.
fn data_is(data: &Encrypted<'_>, limits: &Limits) -> bool {
    let stored = data.as_stored();
    BLOCKS.into_iter().any(|block| {
        let Some((prefix, packets)) = stored.split_at_checked(block + 2) else {
            return false;
        };
        if repeats(prefix).is_none() {
            return false;
        }
        let packets = match data {
            Encrypted::Unprotected(_) => packets,
            Encrypted::Protected(_) => {
                let end = packets.len().checked_sub(CODE);
                match end.and_then(|end| packets.split_at_checked(end)) {
                    Some((packets, code)) if code.starts_with(&CODE_HEADER) => packets,
                    _ => return false,
                }
            }
        };
        is_plaintext(packets, limits)
    })
}

/// Whether packets are those that pgcrypto encrypts. Its headers are of the new kind, which has no
/// length that fits whatever comes.
fn is_plaintext(packets: &[u8], limits: &Limits) -> bool {
    const LITERAL: u8 = 0xc0 | tag::LITERAL;
    const COMPRESSED: u8 = 0xc0 | tag::COMPRESSED;

    matches!(packets.first(), Some(&(LITERAL | COMPRESSED)))
        && match contents::plaintext(packets, limits) {
            Ok(_) => true,
            // It goes on to unpack, so it is no chance.
            Err(error) => error.kind() == ImportErrorKind::TooLarge,
        }
}

/// Whether an encrypted session key is a key as it is, and opens the data.
fn a_key_is(message: &Message<'_>, limits: &Limits) -> bool {
    message.session_keys.iter().any(|packet| {
        SessionKey::read(packet.encrypted())
            .and_then(|key| message.data.open(&key))
            .is_some_and(|opened| message.data.is_protected() || is_plaintext(&opened, limits))
    })
}
