//! What hides a value's length, and whether there is one.

use zeroize::Zeroizing;

use crate::codec::{CodecError, Encoder, Padding, PaddingRule, unhidden};

/// What stands around a value in its plaintext.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hiding {
    padding: Option<PaddingRule>,
    null: bool,
}

/// A plaintext, which is wiped.
pub(super) type Plaintext = Zeroizing<Vec<u8>>;

impl Hiding {
    pub(super) fn padded<P: Padding>() -> Self {
        Self {
            padding: Some(P::RULE),
            null: false,
        }
    }

    /// The padding of this name, as the inventory writes it.
    pub(super) fn padded_as(name: &str) -> Option<Self> {
        let padding = Some(PaddingRule::named(name)?);
        let null = false;
        Some(Self { padding, null })
    }

    pub(super) fn with_null(self) -> Self {
        Self { null: true, ..self }
    }

    pub(super) fn hides_null(self) -> bool {
        self.null
    }

    /// The plaintext of a value, or of none where that is hidden.
    pub(super) fn cover(self, value: Option<Plaintext>) -> Option<Plaintext> {
        if self == Self::default() || (value.is_none() && !self.null) {
            return value;
        }
        let value = value.as_ref().map(|value| value.as_slice());
        let length = value.map_or(0, <[u8]>::len) + 1;
        let mut covered = Zeroizing::new(Vec::with_capacity(match self.padding {
            Some(rule) => rule.padded_len(length + 1),
            None => length,
        }));
        let mut out = Encoder::new(&mut covered);
        if self.null {
            out.write(&[u8::from(value.is_some())]);
        }
        out.write(value.unwrap_or_default());
        if let Some(rule) = self.padding {
            rule.pad(&mut out, 0);
        }
        Some(covered)
    }

    /// The value in a plaintext; none where that was hidden.
    pub(super) fn uncover(self, plaintext: &[u8]) -> Result<Option<&[u8]>, CodecError> {
        let inner = match self.padding {
            Some(rule) => rule.unpadded(plaintext)?,
            None => plaintext,
        };
        if self.null {
            unhidden(inner)
        } else {
            Ok(Some(inner))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, HiddenOption, MultipleOf, Padded, Padme};

    fn encoded(value: &impl Codec) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.encode(&mut Encoder::new(&mut bytes)).unwrap();
        bytes
    }

    #[test]
    fn what_is_covered_is_what_the_types_store() {
        let bytes = |text: &str| Some(Zeroizing::new(text.as_bytes().to_vec()));
        let padme = Hiding::padded::<Padme>();
        let hidden = Hiding::padded::<MultipleOf<64>>().with_null();
        for text in ["", "K1234567", &"x".repeat(300)] {
            let value = text.to_owned();
            let as_padme = Padded::<_, Padme>::new(value.clone());
            assert_eq!(*padme.cover(bytes(text)).unwrap(), encoded(&as_padme));
            let some = Padded::<_, MultipleOf<64>>::new(HiddenOption(Some(value)));
            let covered = hidden.cover(bytes(text)).unwrap();
            assert_eq!(*covered, encoded(&some));
            assert_eq!(hidden.uncover(&covered).unwrap(), Some(text.as_bytes()));
        }
        let none = Padded::<_, MultipleOf<64>>::new(HiddenOption::<String>(None));
        let covered = hidden.cover(None).unwrap();
        assert_eq!(*covered, encoded(&none));
        assert_eq!(hidden.uncover(&covered).unwrap(), None);
        assert_eq!(padme.cover(None), None);
        assert!(hidden.uncover(b"K1234567").is_err());
    }
}
