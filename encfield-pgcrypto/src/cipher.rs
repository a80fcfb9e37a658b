//! The ciphers, in OpenPGP's cipher feedback mode.

use cfb_mode::Decryptor;
use cfb_mode::cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit};

/// The zeros that every encryption here starts from. The largest block has 16 bytes.
const ZEROS: [u8; 16] = [0; 16];

/// A symmetric-key algorithm ([RFC 9580], section 9.3).
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-9.3
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    TripleDes,
    Cast5,
    Blowfish,
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    /// The cipher with this number, if it is one that is read.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        Some(match id {
            2 => Self::TripleDes,
            3 => Self::Cast5,
            4 => Self::Blowfish,
            7 => Self::Aes128,
            8 => Self::Aes192,
            9 => Self::Aes256,
            _ => return None,
        })
    }

    /// The length of its key in bytes.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Cast5 | Self::Blowfish | Self::Aes128 => 16,
            Self::TripleDes | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// The length of its block in bytes.
    pub(crate) fn block_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Cast5 | Self::Blowfish => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// Decrypts in place, starting from zeros. `None` when the key has another length.
    pub(crate) fn decrypt(self, key: &[u8], data: &mut [u8]) -> Option<()> {
        self.decrypt_after(key, ZEROS.get(..self.block_len())?, data)
    }

    /// Decrypts in place, starting from the block of ciphertext that came before.
    pub(crate) fn decrypt_after(self, key: &[u8], block: &[u8], data: &mut [u8]) -> Option<()> {
        if key.len() != self.key_len() {
            return None;
        }
        match self {
            Self::TripleDes => feedback::<des::TdesEde3>(key, block, data),
            Self::Cast5 => feedback::<cast5::Cast5>(key, block, data),
            Self::Blowfish => feedback::<blowfish::Blowfish>(key, block, data),
            Self::Aes128 => feedback::<aes::Aes128>(key, block, data),
            Self::Aes192 => feedback::<aes::Aes192>(key, block, data),
            Self::Aes256 => feedback::<aes::Aes256>(key, block, data),
        }
    }
}

fn feedback<C: BlockCipherEncrypt + KeyInit>(
    key: &[u8],
    block: &[u8],
    data: &mut [u8],
) -> Option<()> {
    let cipher = C::new_from_slice(key).ok()?;
    Decryptor::inner_iv_slice_init(cipher, block)
        .ok()?
        .decrypt(data);
    Some(())
}
