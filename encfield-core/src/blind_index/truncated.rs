//! Tags of fewer bits.

use std::fmt;
use std::marker::PhantomData;

use super::normaliser::{FullTags, Tagging};
use super::recipe::Cost;

/// A tag of the first `BITS` bits, 1 to 255, so that several values share one.
///
/// A lookup brings along rows of other values: ask with `may_match` and drop them with
/// `keep_matching`. [`Plan`](crate::Plan) says how many bits to take, and what that buys: on values
/// of uneven frequency, such as names, very little. A unique index needs 128 bits, or whole bytes
/// above: those are asked with `matches`, as a full tag is. A tag takes `BITS` / 8 bytes, rounded up; spare bits are zero.
pub struct Truncated<K, const BITS: u16>(PhantomData<fn() -> K>);

impl<K: Tagging, const BITS: u16> Tagging for Truncated<K, BITS> {
    type Normaliser = K::Normaliser;
    const BITS: u16 = {
        assert!(
            BITS > 0 && BITS < K::BITS,
            "a truncated tag has at least one bit and fewer than the tag that it is cut from"
        );
        BITS
    };
    const COST: Option<Cost> = K::COST;

    fn identity(out: &mut String) {
        out.push_str("truncated/1(");
        out.push_str(&Self::BITS.to_string());
        out.push(',');
        K::identity(out);
        out.push(')');
    }
}

/// Two values share one in 2^128 at most: none does. The longer lengths are those of whole bytes.
macro_rules! full_tags {
    ($($bits:literal)*) => {$(
        impl<K: FullTags> FullTags for Truncated<K, $bits> {}
    )*};
}

full_tags!(128 136 144 152 160 168 176 184 192 200 208 216 224 232 240 248);

impl<K, const BITS: u16> fmt::Debug for Truncated<K, BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Truncated")
    }
}
