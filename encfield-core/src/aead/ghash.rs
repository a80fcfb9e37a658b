//! GHASH, as POLYVAL over blocks that are turned around ([RFC 8452], appendix A).
//!
//! It is what the crate `ghash` makes of `polyval`, without what a short text does not need: no state is
//! copied for each hash, and whoever has few blocks turns them around where it suits.
//!
//! [RFC 8452]: https://www.rfc-editor.org/rfc/rfc8452

use std::cell::{RefCell, RefMut};

use polyval::hazmat::FieldElement;
use polyval::universal_hash::{Reset, UniversalHash};
use polyval::{Block, Key, Polyval};
use zeroize::Zeroize;

use super::blocks::BLOCK;

/// How many blocks of a long text are turned around together; see [`turn`].
const TOGETHER: usize = 32;

/// GHASH under one key, which is wiped on drop.
///
/// One state serves one hash after the other, so that none is copied to begin: POLYVAL's has 144 bytes.
pub(super) struct GHash(RefCell<Polyval>);

/// GHASH in the middle of a text.
pub(super) struct Hashing<'h>(RefMut<'h, Polyval>);

impl GHash {
    pub(super) fn new(key: &[u8; BLOCK]) -> Self {
        let mut element = FieldElement::from(*key).reverse().mulx();
        let mut key = Key::from(element);
        let ghash = Self(RefCell::new(Polyval::new(&key)));
        element.zeroize();
        key.as_mut_slice().zeroize();
        ghash
    }

    /// Begins with nothing absorbed.
    #[inline]
    pub(super) fn begin(&self) -> Hashing<'_> {
        let mut polyval = self.0.borrow_mut();
        polyval.reset();
        Hashing(polyval)
    }
}

impl Hashing<'_> {
    /// Takes in blocks that were turned around before.
    #[inline]
    pub(super) fn update_turned(&mut self, turned: &[[u8; BLOCK]]) {
        self.0.update(Block::cast_slice_from_core(turned));
    }

    /// Takes in bytes that are no secret. Zeros follow where they end within a block.
    pub(super) fn update_padded(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<BLOCK>();
        let mut turned = [[0; BLOCK]; TOGETHER];
        for some in whole.chunks(TOGETHER) {
            for (to, from) in turned.iter_mut().zip(some) {
                *to = turn(*from);
            }
            self.update_turned(&turned[..some.len()]);
        }
        if !rest.is_empty() {
            let mut last = [0; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            self.update_turned(&[turn(last)]);
        }
    }

    /// The hash, turned around.
    #[inline]
    pub(super) fn finish(self) -> [u8; BLOCK] {
        self.0.clone().finalize().into()
    }
}

/// The block, its last byte first.
///
/// A processor that has just written two words reads them together as a vector after a pause alone: this
/// is for a block that is read later.
#[inline]
pub(super) fn turn(block: [u8; BLOCK]) -> [u8; BLOCK] {
    u128::from_be_bytes(block).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> [u8; BLOCK] {
        base16ct::lower::decode_vec(text)
            .unwrap()
            .try_into()
            .unwrap()
    }

    /// Test case 2 of the paper that proposes GCM.
    #[test]
    fn ghash_agrees_with_a_published_case() {
        let ghash = GHash::new(&hex("66e94bd4ef8a2c3b884cfa59ca342b2e"));
        let blocks = [
            hex("0388dace60b6a392f328c2b971b2fe78"),
            hex("00000000000000000000000000000080"),
        ];
        let expected = hex("f38cbb1ad69223dcc3457ae5b6b0f885");
        let mut padded = ghash.begin();
        padded.update_padded(blocks.as_flattened());
        assert_eq!(turn(padded.finish()), expected);
        let mut turned = ghash.begin();
        turned.update_turned(&[[0; BLOCK], [0; BLOCK], turn(blocks[0]), turn(blocks[1])]);
        assert_eq!(turn(turned.finish()), expected);
    }

    #[test]
    fn a_hash_begins_anew_whatever_was_hashed_before() {
        let ghash = GHash::new(&[7; BLOCK]);
        let hash = |bytes: &[u8]| {
            let mut hashing = ghash.begin();
            hashing.update_padded(bytes);
            hashing.finish()
        };
        let long: Vec<u8> = (0..=255).cycle().take(5_000).collect();
        let first = hash(&long);
        hash(b"something else");
        ghash.begin().update_padded(b"what is not finished");
        assert_eq!(hash(&long), first);
        // Each step, in whatever pieces of whole blocks.
        for step in [16, 48, 64, 512, 528] {
            let mut hashing = ghash.begin();
            long.chunks(step)
                .for_each(|some| hashing.update_padded(some));
            assert_eq!(hashing.finish(), first, "{step}");
        }
    }
}
