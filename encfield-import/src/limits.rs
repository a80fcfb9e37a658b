//! What a value can make a reader do at most.

use crate::error::ImportErrorKind;

/// Bounds on the work and memory that one value can cost.
///
/// Use smaller ones where the values are known to be small. A value that exceeds one is refused with
/// [`TooLarge`](ImportErrorKind::TooLarge).
///
/// ```
/// use encfield_import::Limits;
///
/// let limits = Limits { max_plaintext: 64 * 1024, ..Limits::default() };
/// assert_eq!(limits.max_value, 64 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes that a value may have as the column holds it. 64 MiB by default.
    pub max_value: usize,
    /// The most bytes that a value may open to, after it was decompressed. 64 MiB by default.
    pub max_plaintext: usize,
    /// How deep objects or packets may be nested. 4 by default, which is what a Rails message with a
    /// data key of its own needs. More than 127 has no effect on JSON.
    pub max_depth: usize,
}

impl Limits {
    /// That a value of so many bytes may be looked at.
    pub(crate) fn admit(&self, value: &[u8]) -> Result<(), ImportErrorKind> {
        within(value.len(), self.max_value)
    }

    /// That so many bytes may be handed out.
    pub(crate) fn admit_plaintext(&self, length: usize) -> Result<(), ImportErrorKind> {
        within(length, self.max_plaintext)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_value: 64 * 1024 * 1024,
            max_plaintext: 64 * 1024 * 1024,
            max_depth: 4,
        }
    }
}

fn within(length: usize, max: usize) -> Result<(), ImportErrorKind> {
    if length > max {
        return Err(ImportErrorKind::TooLarge);
    }
    Ok(())
}
