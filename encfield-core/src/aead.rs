//! XAES-256-GCM, in place.

use std::fmt;

use xaes_256_gcm::Xaes256Gcm;
use xaes_256_gcm::aead::inout::InOutBuf;
use xaes_256_gcm::aead::{AeadInOut, KeyInit};

use crate::nonce::Nonce;
use crate::secret::{Redacted, SecretBytes};

/// The length of an authentication tag in bytes.
pub(crate) const TAG_LENGTH: usize = 16;

/// XAES-256-GCM ([C2SP]) under one key, its key schedule and subkey mask made once.
///
/// A subkey per value comes from the first half of its 24-byte nonce, so random nonces stay safe
/// for any number of values.
///
/// [C2SP]: https://github.com/C2SP/C2SP/blob/main/XAES-256-GCM.md
#[derive(Clone)]
pub(crate) struct Cipher(Box<Xaes256Gcm>);

/// The operation failed. Nothing says why: every failure to authenticate looks the same.
#[derive(Debug)]
pub(crate) struct Failed;

impl Cipher {
    pub(crate) fn new(key: &SecretBytes) -> Self {
        Self(Box::new(Xaes256Gcm::new(key.as_bytes().into())))
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives the tag.
    pub(crate) fn seal(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        self.0
            .encrypt_inout_detached(nonce.into(), associated_data, InOutBuf::from(buffer))
            .map(Into::into)
            .map_err(|_| Failed)
    }

    /// Turns the ciphertext in `buffer` into plaintext, if the tag is right; else leaves it be.
    pub(crate) fn open(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        self.0
            .decrypt_inout_detached(
                nonce.into(),
                associated_data,
                InOutBuf::from(buffer),
                tag.into(),
            )
            .map_err(|_| Failed)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cipher").field(&Redacted).finish()
    }
}
