//! The bytes of a key.

use zeroize::Zeroizing;

/// `N` secret bytes, kept on the heap so that a move copies no secret, and wiped on drop.
///
/// It has no `Debug`: what holds one prints something else.
#[derive(Clone)]
pub(crate) struct Secret<const N: usize>(Box<Zeroizing<[u8; N]>>);

impl<const N: usize> Secret<N> {
    pub(crate) fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; N])))
    }

    pub(crate) fn copied_from(bytes: &[u8; N]) -> Self {
        let mut secret = Self::zeroed();
        secret.as_mut().copy_from_slice(bytes);
        secret
    }

    /// The bytes that `2 * N` hexadecimal digits spell, in either case, if they do.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let mut secret = Self::zeroed();
        let decoded = base16ct::mixed::decode(text, secret.as_mut()).ok()?;
        (decoded.len() == N).then_some(secret)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}
