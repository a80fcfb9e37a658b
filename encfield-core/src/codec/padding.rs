//! How far a value is filled up.

use super::{CodecError, Encoder};

/// How far a value is filled up: [`MultipleOf`] or [`Padme`].
pub trait Padding: sealed::Sealed + 'static {
    /// The same as data.
    #[doc(hidden)]
    const RULE: PaddingRule;
}

/// To the next multiple of `N` bytes, the mark's byte included: with 64, up to 63 bytes are 64.
#[derive(Debug)]
pub struct MultipleOf<const N: usize>;

/// To a length with few significant bits, at most 12 % more: for values of very different length.
///
/// Of a length below 2^n it lets log2(n) bits show. Source: Padmé, in [Reducing Metadata Leakage from
/// Encrypted Files and Communication with PURBs](https://doi.org/10.2478/popets-2019-0056), 2019.
#[derive(Debug)]
pub struct Padme;

impl<const N: usize> Padding for MultipleOf<N> {
    const RULE: PaddingRule = {
        assert!(
            N > 1,
            "a value is padded to a multiple of two bytes or more"
        );
        PaddingRule::MultipleOf(N)
    };
}

impl Padding for Padme {
    const RULE: PaddingRule = PaddingRule::Padme;
}

/// How far a value is filled up, as it is known when the program runs.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaddingRule {
    MultipleOf(usize),
    Padme,
}

/// What ends a value; zeros follow.
const MARK: u8 = 0x80;

const ZEROS: [u8; 64] = [0; 64];

impl PaddingRule {
    /// The rule of this name, as the inventory writes it: `MultipleOf<64>` or `Padme`.
    #[cfg(feature = "engine")]
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == "Padme" {
            return Some(Self::Padme);
        }
        let number = name.strip_prefix("MultipleOf<")?.strip_suffix('>')?;
        let number = number.parse().ok().filter(|&number: &usize| number > 1)?;
        Some(Self::MultipleOf(number))
    }

    /// The length in bytes of what has this length in bytes, padded.
    pub(crate) fn padded_len(self, length: usize) -> usize {
        let multiple = match self {
            Self::MultipleOf(multiple) => multiple,
            Self::Padme => {
                let Some(exponent) = length.checked_ilog2().filter(|&exponent| exponent > 0) else {
                    return length;
                };
                // As many bits as it takes to write the exponent stay; those below are rounded up.
                1 << (exponent - (exponent.ilog2() + 1))
            }
        };
        length.checked_next_multiple_of(multiple).unwrap_or(length)
    }

    /// Fills up what was written from this place on: the byte `0x80`, and zeros.
    pub(crate) fn pad(self, out: &mut Encoder<'_>, start: usize) {
        out.write(&[MARK]);
        let length = out.written() - start;
        let mut zeros = self.padded_len(length) - length;
        while zeros > 0 {
            let some = zeros.min(ZEROS.len());
            out.write(ZEROS.get(..some).unwrap_or_default());
            zeros -= some;
        }
    }

    /// The value without its padding.
    pub(crate) fn unpadded(self, plaintext: &[u8]) -> Result<&[u8], CodecError> {
        let end = plaintext.iter().rposition(|&byte| byte != 0);
        let end = end.filter(|&end| plaintext.get(end) == Some(&MARK));
        let end = end.filter(|&end| self.padded_len(end + 1) == plaintext.len());
        let value = end.and_then(|end| plaintext.get(..end));
        value.ok_or(CodecError::new("the value is not padded as the field says"))
    }
}

mod sealed {
    pub trait Sealed {}
    impl<const N: usize> Sealed for super::MultipleOf<N> {}
    impl Sealed for super::Padme {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the definition: the exponent's own length in bits is what stays of the mantissa.
    #[test]
    fn padme_rounds_to_few_significant_bits() {
        let cases = [
            (0, 0),
            (1, 1),
            (2, 2),
            (9, 10),
            (63, 64),
            (65, 72),
            (100, 104),
            (1_000, 1_024),
            (1_025, 1_088),
            (1_000_000, 1_015_808),
        ];
        for (length, padded) in cases {
            assert_eq!(PaddingRule::Padme.padded_len(length), padded, "{length}");
        }
        for length in 1..100_000 {
            let padded = PaddingRule::Padme.padded_len(length);
            assert!(padded >= length && padded * 100 <= length * 112, "{length}");
        }
        assert_eq!(PaddingRule::Padme.padded_len(usize::MAX), usize::MAX);
    }

    #[cfg(feature = "engine")]
    #[test]
    fn a_rule_is_found_by_the_name_in_the_inventory() {
        assert_eq!(
            PaddingRule::named("MultipleOf<64>"),
            Some(PaddingRule::MultipleOf(64))
        );
        assert_eq!(PaddingRule::named("Padme"), Some(PaddingRule::Padme));
        for name in ["", "64", "MultipleOf<1>", "MultipleOf<>", "MultipleOf<64"] {
            assert_eq!(PaddingRule::named(name), None, "{name}");
        }
    }
}
