//! What was opened.

use std::ops::Deref;

use zeroize::Zeroizing;

/// A plaintext, which is wiped when whoever got it is done with it.
pub(crate) enum Opened<'a> {
    /// On the stack, where it is wiped.
    Short(&'a [u8]),
    /// In a buffer of its own length, for whoever would copy it otherwise.
    Long(Zeroizing<Vec<u8>>),
}

/// What takes it. One closure for every type, so that what opens a value is not compiled for each.
pub(crate) type Take<'t> = &'t mut dyn FnMut(Opened<'_>);

impl Opened<'_> {
    pub(crate) fn into_vec(self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Short(plaintext) => Zeroizing::new(plaintext.to_vec()),
            Self::Long(plaintext) => plaintext,
        }
    }
}

impl Deref for Opened<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(plaintext) => plaintext,
            Self::Long(plaintext) => plaintext,
        }
    }
}
