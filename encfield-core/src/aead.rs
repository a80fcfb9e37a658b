//! XAES-256-GCM, in place.

mod blocks;
mod gcm;
mod ghash;
mod opened;
mod subkeys;

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes256Enc, Block};
use smallvec::SmallVec;
use zeroize::{Zeroize, Zeroizing};

use self::gcm::Gcm;
pub(crate) use self::opened::{Opened, Take};
pub(crate) use self::subkeys::{Column, changed, changes, let_go};
use crate::nonce::Nonce;
use crate::secret::{Redacted, SecretBytes};

/// The length of an authentication tag in bytes.
pub(crate) const TAG_LENGTH: usize = 16;

/// The half of a nonce that picks the subkey.
pub(crate) type Half = [u8; 12];

/// What a value begins with: its mark, its format and the id of its key.
pub(crate) type Head = [u8; 10];

/// The associated data of a value. Stays on the stack for names of ordinary length.
pub(crate) type AssociatedData = SmallVec<[u8; 256]>;

/// What is authenticated beside a value.
pub(crate) trait Associated {
    /// What the associated data is made of, where other values have the same.
    fn lasting(&self) -> Option<Lasting<'_>>;

    /// The associated data itself.
    fn encode(&self) -> AssociatedData;
}

/// Associated data that is made of a header, a table and a column, and of nothing else.
pub(crate) struct Lasting<'a> {
    pub(crate) header: &'a Head,
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
}

/// XAES-256-GCM ([C2SP]) under one key, its key schedule and subkey mask made once.
///
/// The first half of a 24-byte nonce picks a subkey, and AES-256-GCM under that subkey takes the
/// second half. Each thread keeps the subkeys that it used last.
///
/// [C2SP]: https://github.com/C2SP/C2SP/blob/main/XAES-256-GCM.md
#[derive(Clone)]
pub(crate) struct Cipher(Arc<Xaes>);

/// What makes subkeys.
struct Xaes {
    aes: Aes256Enc,
    /// The specification's K1.
    mask: Zeroizing<[u8; 16]>,
}

/// The operation failed. Nothing says why: every failure to authenticate looks the same.
#[derive(Debug)]
pub(crate) struct Failed;

impl Cipher {
    pub(crate) fn new(key: &SecretBytes) -> Self {
        Self(Arc::new(Xaes::new(key)))
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives the tag.
    pub(crate) fn seal(
        &self,
        nonce: &Nonce,
        associated: &impl Associated,
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        let (first, second) = halves(nonce);
        subkeys::with(&self.0, first, |subkey| {
            subkey.behind(associated, |gcm, absorbed| {
                gcm.seal(absorbed, second, buffer)
            })
        })
    }

    /// What seals and opens the values that have this in common, and this half of their nonces.
    pub(crate) fn column(&self, half: &Half, associated: &impl Associated) -> Option<Rc<Column>> {
        let lasting = associated.lasting()?;
        Some(subkeys::with(&self.0, half, |subkey| {
            Rc::clone(subkey.column(&lasting, associated))
        }))
    }

    /// Gives the plaintext to the closure, if the tag is right.
    pub(crate) fn open(
        &self,
        nonce: &Nonce,
        associated: &impl Associated,
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        take: Take<'_>,
    ) -> Result<(), Failed> {
        let (first, second) = halves(nonce);
        subkeys::with(&self.0, first, |subkey| {
            subkey.behind(associated, |gcm, absorbed| {
                gcm.open(absorbed, second, ciphertext, tag, take)
            })
        })
    }
}

/// What picks the subkey, and what AES-256-GCM takes under it.
#[inline]
pub(crate) fn halves(nonce: &Nonce) -> (&Half, &Half) {
    match nonce.as_chunks() {
        ([first, second], []) => (first, second),
        _ => unreachable!("a nonce has 24 bytes"),
    }
}

impl Xaes {
    /// Steps 1 and 2 of the specification.
    fn new(key: &SecretBytes) -> Self {
        let aes = Aes256Enc::new(key.as_bytes().into());
        let mut block = Block::default();
        aes.encrypt_block(&mut block);
        let mut l = u128::from_be_bytes(block.into());
        block.as_mut_slice().zeroize();
        // Without a branch on the secret bit.
        let mask = Zeroizing::new(((l << 1) ^ ((l >> 127) * 0b1000_0111)).to_be_bytes());
        l.zeroize();
        Self { aes, mask }
    }

    /// Steps 3 to 6: AES-256-GCM under the subkey that the first half of a nonce picks.
    fn subkey(&self, half: &Half) -> Gcm {
        let mut blocks = [Block::default(); 2];
        for (number, block) in (1_u8..).zip(&mut blocks) {
            block[..4].copy_from_slice(&[0, number, b'X', 0]);
            block[4..].copy_from_slice(half);
            for (byte, mask) in block.iter_mut().zip(self.mask.iter()) {
                *byte ^= mask;
            }
        }
        self.aes.encrypt_blocks(&mut blocks);
        let mut key = Zeroizing::new([0; 32]);
        for (part, block) in key.chunks_exact_mut(16).zip(&mut blocks) {
            part.copy_from_slice(block);
            block.as_mut_slice().zeroize();
        }
        Gcm::new(&key)
    }
}

impl Drop for Xaes {
    fn drop(&mut self) {
        changed();
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cipher").field(&Redacted).finish()
    }
}

#[cfg(test)]
mod tests;
