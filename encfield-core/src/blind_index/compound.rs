//! Several values in one tag.

use super::normaliser::{CompoundPart, FullTags, IndexValue, Tagging, normal_form};
use crate::codec::Encoder;
use crate::context::pae;

/// For each number of columns: a tuple of normalisers, and a tuple of values for them.
macro_rules! compound {
    ($($count:literal: $(($normaliser:ident, $value:ident, $position:tt)),*;)*) => {$(
        impl<$($normaliser: CompoundPart),*> Tagging for ($($normaliser,)*) {
            type Normaliser = ($($normaliser::Normaliser,)*);
            const BITS: u16 = 256;

            fn identity(out: &mut String) {
                out.push_str("compound/1(");
                $(
                    if $position > 0 {
                        out.push(',');
                    }
                    $normaliser::identity(out);
                )*
                out.push(')');
            }
        }

        impl<$($normaliser: CompoundPart),*> FullTags for ($($normaliser,)*) {}

        /// PAE of the parts: no two lists of parts have the same form.
        impl<$($normaliser, $value: IndexValue<$normaliser>),*> IndexValue<($($normaliser,)*)>
            for ($($value,)*)
        {
            fn normalise_into(&self, out: &mut Encoder<'_>) -> Option<()> {
                let parts = [$(normal_form::<$normaliser>(&self.$position)?),*];
                pae(parts.iter().map(|part| part.as_ref()), $count, |bytes| out.write(bytes));
                Some(())
            }
        }
    )*};
}

compound! {
    2: (A, X, 0), (B, Y, 1);
    3: (A, X, 0), (B, Y, 1), (C, Z, 2);
    4: (A, X, 0), (B, Y, 1), (C, Z, 2), (D, W, 3);
}
