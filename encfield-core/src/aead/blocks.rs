//! A few blocks on the stack, wiped on drop.

use zeroize::Zeroize;

use super::gcm::NONCE;

/// The length of a block in bytes.
pub(super) const BLOCK: usize = 16;

/// A text with zeros behind it; or the mask of a tag, and a keystream behind it.
#[repr(align(16))]
pub(super) struct Blocks<const N: usize>(pub(super) [[u8; BLOCK]; N]);

impl<const N: usize> Blocks<N> {
    #[inline]
    pub(super) const fn zeros() -> Self {
        Self([[0; BLOCK]; N])
    }

    /// Takes a text that has `N` blocks.
    #[inline]
    pub(super) fn take(&mut self, text: &[u8]) {
        // The compiler knows the one length, and the other by what is left of it.
        if let Ok(text) = <&[[u8; BLOCK]; N]>::try_from(text.as_chunks().0) {
            self.0 = *text;
            return;
        }
        let (whole, rest) = text.as_chunks();
        for (to, from) in self.0.iter_mut().zip(whole) {
            *to = *from;
        }
        if let Some(last) = self.0.last_mut() {
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
        }
    }

    /// Takes the counter blocks, from the first on.
    #[inline]
    pub(super) fn count(&mut self, nonce: &[u8; NONCE]) {
        for (counter, block) in (1_u32..).zip(&mut self.0) {
            block[..NONCE].copy_from_slice(nonce);
            block[NONCE..].copy_from_slice(&counter.to_be_bytes());
        }
    }

    /// The text alone, which has this length.
    #[inline]
    pub(super) fn text(&self, length: usize) -> &[u8] {
        &self.0.as_flattened()[..length]
    }

    /// Applies the keystream behind the mask. What lies behind the text is its keystream then.
    #[inline]
    pub(super) fn apply<const M: usize>(&mut self, stream: &Blocks<M>) {
        for (block, other) in self.0.iter_mut().zip(&stream.0[1..]) {
            *block = xor(*block, *other);
        }
    }

    /// Makes what lies behind a text of this length zeros.
    #[inline]
    pub(super) fn end(&mut self, length: usize) {
        let beyond = self.0.as_flattened().len() - length;
        if let Some(last) = self.0.last_mut() {
            // Fewer than a block are beyond a text of as many blocks.
            let kept = u128::MAX >> (beyond * 8 % 128);
            *last = (u128::from_le_bytes(*last) & kept).to_le_bytes();
        }
    }
}

impl<const N: usize> Drop for Blocks<N> {
    #[inline]
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

#[inline]
pub(super) fn xor(one: [u8; BLOCK], other: [u8; BLOCK]) -> [u8; BLOCK] {
    (u128::from_ne_bytes(one) ^ u128::from_ne_bytes(other)).to_ne_bytes()
}
