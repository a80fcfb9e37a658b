//! The name of a key.

use std::fmt;

/// Eight bytes that name a key, derived from the key itself.
///
/// Every value carries the id of the key that sealed it. An id says nothing about its key, so it
/// may be logged. It prints as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; KeyId::LENGTH]);

impl KeyId {
    /// The length of an id in bytes.
    pub const LENGTH: usize = 8;

    /// An id from its bytes, as they stand in a value from offset 2.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LENGTH] {
        self.0
    }

    /// The id that 16 lower-case hexadecimal digits spell, if they do.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        let decoded = base16ct::lower::decode(text, &mut bytes).ok()?;
        (decoded.len() == Self::LENGTH).then_some(Self(bytes))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
