//! The keys of Active Record Encryption.

use std::fmt;

use pbkdf2::pbkdf2_hmac;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::NAME;
use crate::aead::KEY_LENGTH;
use crate::error::{ImportError, ImportErrorKind};
use crate::secret::Secret;

/// How often PBKDF2 runs in Rails. No setting changes it.
const ROUNDS: u32 = 65_536;

/// The first hexadecimal digits of the SHA-1 of a key.
const ID_LENGTH: usize = 4;

/// `config.active_record.encryption.hash_digest_class`: the hash that keys are derived with.
///
/// Before Rails 7.1 the order in which an application started decided which one it was. Where that is
/// not known, or values of both are left, give a reader the keys by both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RailsDigest {
    /// SHA-1: the default of `load_defaults "7.0"` and before.
    Sha1,
    /// SHA-256: the default from `load_defaults "7.1"` on.
    Sha256,
}

/// A key of an application: one of its primary keys, its deterministic key, or one of an attribute.
#[derive(Clone)]
pub struct RailsKey {
    secret: Secret<KEY_LENGTH>,
    id: [u8; ID_LENGTH],
}

impl RailsKey {
    /// The key that Rails derives from an entry of `active_record_encryption`'s `primary_key` or
    /// `deterministic_key`, or from an attribute's `key:`, with the `key_derivation_salt` as it is
    /// written there.
    ///
    /// Takes 65,536 rounds of PBKDF2, a few hundredths of a second: make a reader once, not one a value.
    ///
    /// # Errors
    /// [`KeyInvalid`](ImportErrorKind::KeyInvalid) when one of the texts is empty.
    pub fn derived(
        password: &str,
        key_derivation_salt: &str,
        digest: RailsDigest,
    ) -> Result<Self, ImportError> {
        if password.is_empty() || key_derivation_salt.is_empty() {
            return Err(ImportError::new(NAME, ImportErrorKind::KeyInvalid));
        }
        let derive = match digest {
            RailsDigest::Sha1 => pbkdf2_hmac::<Sha1>,
            RailsDigest::Sha256 => pbkdf2_hmac::<Sha256>,
        };
        let mut secret = Secret::zeroed();
        derive(
            password.as_bytes(),
            key_derivation_salt.as_bytes(),
            ROUNDS,
            secret.as_mut(),
        );
        Ok(Self::new(secret))
    }

    /// The key of these 32 bytes, from which nothing is derived: that of a key provider that an
    /// application wrote itself.
    #[must_use]
    pub fn from_bytes(key: &[u8; 32]) -> Self {
        Self::new(Secret::copied_from(key))
    }

    fn new(secret: Secret<KEY_LENGTH>) -> Self {
        let hash = Sha1::digest(secret.as_bytes());
        let mut digits = [0; 2 * 20];
        // The buffer has room for the whole hash, so this cannot fail; an id is only a hint.
        let _ = base16ct::lower::encode(&hash, &mut digits);
        let mut id = [0; ID_LENGTH];
        for (to, from) in id.iter_mut().zip(digits) {
            *to = from;
        }
        Self { secret, id }
    }

    pub(super) fn secret(&self) -> &Secret<KEY_LENGTH> {
        &self.secret
    }

    /// What Rails writes into the header `i` with `store_key_references`.
    pub(super) fn id(&self) -> &[u8; ID_LENGTH] {
        &self.id
    }
}

impl fmt::Debug for RailsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RailsKey(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_first_digits_of_the_keys_sha1() {
        for (byte, id) in [(3, b"89f4"), (9, b"67c2")] {
            assert_eq!(RailsKey::from_bytes(&[byte; 32]).id(), id);
        }
    }
}
