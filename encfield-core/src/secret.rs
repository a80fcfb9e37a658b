//! What must not be printed: the mask, and the bytes of a key.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};

/// Prints `********` and nothing else, whatever it stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// 32 secret bytes, kept on the heap so that a move copies no secret, and wiped on drop.
#[derive(Clone)]
pub(crate) struct SecretBytes(Box<Zeroizing<[u8; SecretBytes::LENGTH]>>);

impl SecretBytes {
    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; Self::LENGTH])))
    }

    /// Fresh bytes from the operating system.
    pub(crate) fn generate() -> Result<Self, Error> {
        let mut secret = Self::zeroed();
        getrandom::fill(secret.as_mut()).map_err(|_| Error::new(ErrorKind::Entropy))?;
        Ok(secret)
    }

    /// The bytes that 64 lower-case hexadecimal digits spell, if they do.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut secret = Self::zeroed();
        let decoded = base16ct::lower::decode(text, secret.as_mut()).ok()?;
        (decoded.len() == Self::LENGTH).then_some(secret)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8; Self::LENGTH] {
        &mut self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}
