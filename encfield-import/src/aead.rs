//! AES-256-GCM, as Rails and lockbox use it.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The length of the key in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// The length of a nonce in bytes.
pub(crate) const NONCE_LENGTH: usize = 12;

/// The length of a tag in bytes. GCM allows shorter ones, which can be guessed; none is read here.
pub(crate) const TAG_LENGTH: usize = 16;

/// A message taken apart. Its arrays have the only lengths that there are.
pub(crate) struct Sealed<'a> {
    pub(crate) nonce: &'a [u8; NONCE_LENGTH],
    pub(crate) ciphertext: &'a [u8],
    pub(crate) tag: &'a [u8; TAG_LENGTH],
}

impl Sealed<'_> {
    /// The plaintext, if the tag is right under `key`. Nothing says why it is not.
    pub(crate) fn open(
        &self,
        key: &Secret<KEY_LENGTH>,
        associated_data: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = Box::new(Aes256Gcm::new(key.as_bytes().into()));
        let mut buffer = Zeroizing::new(self.ciphertext.to_vec());
        cipher
            .decrypt_inout_detached(
                self.nonce.into(),
                associated_data,
                InOutBuf::from(buffer.as_mut_slice()),
                self.tag.into(),
            )
            .ok()?;
        Some(buffer)
    }
}
