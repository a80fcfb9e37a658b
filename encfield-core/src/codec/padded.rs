//! Encodings that hide how long a value is, and whether there is one.

use std::fmt;
use std::marker::PhantomData;

use super::{Codec, CodecError, Encoder, Padding, Plain};
use crate::secret::Redacted;

/// A value whose ciphertext does not tell its length: filled up to a length that many values share.
///
/// It is the type behind `#[sensitive(pad = 64)]` and `#[sensitive(pad = padme)]`; in the explicit
/// style write `Encrypted<Padded<String, MultipleOf<64>>>`. What is padded and how is part of the
/// column's encoding, like the field's type: a value that was stored without padding is refused, and
/// a padded one is refused where text is expected.
///
/// Behind the value stand the byte `0x80` and zeros ([ISO/IEC 7816-4]). Nothing is ever compressed:
/// the length of compressed data tells what is in it.
///
/// It leaks the padded length.
///
/// [ISO/IEC 7816-4]: https://www.iso.org/standard/77180.html
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Padded<T, P> {
    value: T,
    padding: PhantomData<fn() -> P>,
}

impl<T, P> Padded<T, P> {
    /// A value to be padded.
    pub const fn new(value: T) -> Self {
        Self {
            value,
            padding: PhantomData,
        }
    }

    /// The value.
    pub const fn as_inner(&self) -> &T {
        &self.value
    }

    /// The value, out of its padding.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Codec, P: Padding> Codec for Padded<T, P> {
    fn encoded_len(&self) -> usize {
        PaddedRef::<T, P>::new(&self.value).plain_len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        PaddedRef::<T, P>::new(&self.value).write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        T::decode(P::RULE.unpadded(plaintext)?).map(Self::new)
    }

    fn wipe(&mut self) {
        self.value.wipe();
    }
}

/// A value by reference, on its way to being padded: what the model stores.
#[doc(hidden)]
pub struct PaddedRef<'v, T: ?Sized, P> {
    value: &'v T,
    padding: PhantomData<fn() -> P>,
}

impl<'v, T: ?Sized, P> PaddedRef<'v, T, P> {
    pub fn new(value: &'v T) -> Self {
        Self {
            value,
            padding: PhantomData,
        }
    }
}

impl<T: Plain + ?Sized, P: Padding> Plain for PaddedRef<'_, T, P> {
    fn plain_len(&self) -> usize {
        P::RULE.padded_len(self.value.plain_len() + 1)
    }

    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let start = out.written();
        self.value.write_plain(out)?;
        P::RULE.pad(out, start);
        Ok(())
    }
}

/// A value or none, with no difference to be seen: `None` is stored as a ciphertext, too.
///
/// It is the type behind `#[sensitive(hide_null)]`; in the explicit style write
/// `Encrypted<Padded<HiddenOption<String>, MultipleOf<64>>>` for a column that is NOT NULL. Without
/// padding a `None` shows by its length.
///
/// One byte stands in front: 0 for none, 1 for a value.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct HiddenOption<T>(pub Option<T>);

impl<T: Codec> Codec for HiddenOption<T> {
    fn encoded_len(&self) -> usize {
        HiddenOptionRef(self.0.as_ref()).plain_len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        HiddenOptionRef(self.0.as_ref()).write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        match unhidden(plaintext)? {
            None => Ok(Self(None)),
            Some(value) => T::decode(value).map(|value| Self(Some(value))),
        }
    }

    fn wipe(&mut self) {
        if let Some(value) = &mut self.0 {
            value.wipe();
        }
    }
}

/// The value inside of a hidden option, if there is one.
pub(crate) fn unhidden(plaintext: &[u8]) -> Result<Option<&[u8]>, CodecError> {
    match plaintext.split_first() {
        Some((0, [])) => Ok(None),
        Some((1, value)) => Ok(Some(value)),
        _ => Err(CodecError::new("an option is a zero, or a one and a value")),
    }
}

/// A value or none by reference: what the model stores.
#[doc(hidden)]
pub struct HiddenOptionRef<'v, T: ?Sized>(pub Option<&'v T>);

impl<T: Plain + ?Sized> Plain for HiddenOptionRef<'_, T> {
    fn plain_len(&self) -> usize {
        1 + self.0.map_or(0, Plain::plain_len)
    }

    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(&[u8::from(self.0.is_some())]);
        self.0.map_or(Ok(()), |value| value.write_plain(out))
    }
}

macro_rules! redacted {
    ($({$($generics:tt)*} $type:ty;)*) => {$(
        impl<$($generics)*> fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&Redacted, f)
            }
        }
    )*};
}

redacted! {
    {T, P} Padded<T, P>;
    {T} HiddenOption<T>;
    {T: ?Sized, P} PaddedRef<'_, T, P>;
    {T: ?Sized} HiddenOptionRef<'_, T>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Keyring, MultipleOf, Padme};

    fn sealed_len<T: Codec>(value: &T) -> usize {
        let keyring = Keyring::generate();
        let sealed = keyring.encrypt(&Context::new("t", "c"), value).unwrap();
        assert!(
            keyring
                .decrypt::<T>(&Context::new("t", "c"), &sealed)
                .is_ok()
        );
        sealed.len() - crate::format::OVERHEAD
    }

    #[test]
    fn values_of_one_block_have_one_length() {
        for length in [0, 1, 30, 63] {
            let value = Padded::<_, MultipleOf<64>>::new("x".repeat(length));
            assert_eq!(sealed_len(&value), 64, "{length}");
        }
        let longer = Padded::<_, MultipleOf<64>>::new("x".repeat(64));
        assert_eq!(sealed_len(&longer), 128);
    }

    #[test]
    fn none_is_as_long_as_a_value() {
        type Hidden = Padded<HiddenOption<String>, MultipleOf<64>>;
        let some = Hidden::new(HiddenOption(Some("K1234567".into())));
        assert_eq!(
            sealed_len(&some),
            sealed_len(&Hidden::new(HiddenOption(None)))
        );
    }

    #[test]
    fn every_value_comes_back_whatever_it_ends_with() {
        for value in [&[][..], &[0], &[0x80], &[0x80, 0, 0], &[1; 63], &[0; 64]] {
            let mut bytes = Vec::new();
            let padded = Padded::<_, MultipleOf<16>>::new(value.to_vec());
            padded.encode(&mut Encoder::new(&mut bytes)).unwrap();
            assert_eq!(bytes.len(), padded.encoded_len());
            let back = Padded::<Vec<u8>, MultipleOf<16>>::decode(&bytes).unwrap();
            assert_eq!(back.into_inner(), value);
        }
    }

    #[test]
    fn a_value_without_its_padding_is_refused() {
        type P = Padded<Vec<u8>, MultipleOf<16>>;
        let unpadded = [&b""[..], b"K1234567", &[0; 16], &[0x80; 15], &[1; 16]];
        let other = [
            [&[0x80][..], &[0; 31]].concat(),
            [&[0x80][..], &[0; 14]].concat(),
        ];
        for bytes in unpadded.into_iter().chain(other.iter().map(Vec::as_slice)) {
            assert!(P::decode(bytes).is_err(), "{bytes:?}");
        }
        for bytes in [&[][..], &[0, 0], &[2], b"K1234567"] {
            assert!(HiddenOption::<Vec<u8>>::decode(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn debug_prints_the_mask() {
        assert_eq!(
            format!("{:?}", Padded::<_, Padme>::new("K1234567")),
            "********"
        );
        assert_eq!(format!("{:?}", HiddenOption(Some("K1234567"))), "********");
    }
}
