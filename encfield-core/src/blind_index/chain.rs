//! One normal form after another.

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::normaliser::{CompoundPart, FullTags, Normalises, Tagging};
use crate::codec::Encoder;

/// The normal form of a normal form: first `A`, then `B`, which takes text.
///
/// `Chain<Nfkc, CaseFolded>` is for names. A value without a normal form in either has no tag.
pub struct Chain<A, B>(PhantomData<fn() -> (A, B)>);

impl<A: Tagging, B: Tagging> Tagging for Chain<A, B> {
    type Normaliser = Self;
    const BITS: u16 = 256;

    fn identity(out: &mut String) {
        out.push_str("chain/1(");
        A::identity(out);
        out.push(',');
        B::identity(out);
        out.push(')');
    }
}

impl<A: FullTags, B: FullTags> FullTags for Chain<A, B> {}
impl<A: FullTags, B: FullTags> CompoundPart for Chain<A, B> {}

impl<V: ?Sized, A: Normalises<V>, B: Normalises<str>> Normalises<V> for Chain<A, B> {
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
        let mut first = Zeroizing::new(Vec::with_capacity(128));
        A::normalise(value, &mut Encoder::new(&mut first))?;
        B::normalise(std::str::from_utf8(&first).ok()?, out)
    }
}

impl<A, B> fmt::Debug for Chain<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain")
    }
}
