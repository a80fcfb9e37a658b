//! How much a value may cost.

/// How large a value may be, how large its plaintext, and how deep it may be packed.
///
/// The defaults suit columns of text and documents. Lower them where the table is not trusted and
/// values are known to be small, raise them for larger documents.
///
/// ```
/// use encfield_pgcrypto::{Limits, Pgcrypto};
///
/// let small = Limits { max_plaintext: 4096, ..Limits::default() };
/// let pgcrypto = Pgcrypto::new("foobar").with_limits(small);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes a stored value may have, armor included. 64 MiB unless set.
    pub max_value: usize,
    /// The most bytes a plaintext may have. 64 MiB unless set.
    pub max_plaintext: usize,
    /// How many compressed packets may lie in one another. 4 unless set; pgcrypto writes one at most.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_value: 64 << 20,
            max_plaintext: 64 << 20,
            max_depth: 4,
        }
    }
}

impl Limits {
    /// The most bytes that a compressed packet may unpack to: a plaintext of the largest size and the
    /// headers around it. pgcrypto and GnuPG spend a byte on 8192 or more where they write in parts.
    pub(crate) fn max_unpacked(&self) -> usize {
        (self.max_plaintext / 512)
            .saturating_add(512)
            .saturating_add(self.max_plaintext)
    }
}
