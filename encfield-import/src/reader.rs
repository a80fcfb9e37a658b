//! What every format's reader can do.

use std::fmt::Debug;

use zeroize::Zeroizing;

use crate::error::ImportError;

/// A reader of another library's values.
///
/// Use it as `Box<dyn Reader>` where the format is chosen when the program runs.
///
/// ```
/// use encfield_import::{Lockbox, LockboxKey, Reader};
///
/// # fn main() -> Result<(), encfield_import::ImportError> {
/// let key = LockboxKey::from_bytes(&[0; 32]);
/// let reader: Box<dyn Reader> = Box::new(Lockbox::new(key));
/// let value = b"4nz8vb+KROTD6l9DvxanuOqn9OJWy7LpLDTKHHoM9Ll0lx+FAg==";
/// assert_eq!(*reader.open(value)?, b"it works!");
/// # Ok(())
/// # }
/// ```
pub trait Reader: Debug + Send + Sync {
    /// What it reads, as it is named on the command line: `fernet`, `rails`, `lockbox`, `pgcrypto`.
    fn name(&self) -> &'static str;

    /// Opens one value as the column holds it: bytes, and text as its UTF-8 bytes.
    ///
    /// NULL is not a value: do not ask for it, and keep it NULL.
    ///
    /// # Errors
    /// An [`ImportError`] whose [`kind`](ImportError::kind) says why. Nothing that failed to
    /// authenticate is handed out, not in part either.
    fn open(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError>;
}
