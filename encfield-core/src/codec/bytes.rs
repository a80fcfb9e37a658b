//! Bytes, as they are.

use std::borrow::Cow;

use zeroize::{Zeroize, Zeroizing};

use super::{Codec, CodecError, Encoder, Plain, exactly};

impl Plain for [u8] {
    fn plain_len(&self) -> usize {
        self.len()
    }

    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(self);
        Ok(())
    }
}

/// Types that own bytes and can be made from a slice of them.
macro_rules! owned_bytes {
    ($($type:ty { $($own:tt)* })*) => {$(
        impl Codec for $type {
            fn encoded_len(&self) -> usize {
                self.len()
            }

            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
                (**self).write_plain(out)
            }

            fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
                Ok(plaintext.into())
            }

            $($own)*

            fn from_plain_column(bytes: &[u8]) -> Result<Self, CodecError> {
                Self::decode(bytes)
            }

            fn wipe(&mut self) {
                self.zeroize();
            }
        }
    )*};
}

owned_bytes! {
    Vec<u8> {
        fn decode_owned(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Self, CodecError> {
            Ok(std::mem::take(&mut *plaintext))
        }
    }
    Box<[u8]> {}
}

impl<const N: usize> Codec for [u8; N] {
    fn encoded_len(&self) -> usize {
        N
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.as_slice().write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        exactly(plaintext, "a byte array has its own length and no other")
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Codec for Cow<'_, [u8]> {
    fn encoded_len(&self) -> usize {
        self.len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        (**self).write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        Vec::decode(plaintext).map(Cow::Owned)
    }

    /// Wipes bytes that this value owns; borrowed bytes are their owner's.
    fn wipe(&mut self) {
        if let Cow::Owned(bytes) = self {
            bytes.zeroize();
        }
    }
}

/// Encoded as what is inside; wiped on drop by itself.
impl<T: Codec + Zeroize> Codec for Zeroizing<T> {
    fn encoded_len(&self) -> usize {
        (**self).encoded_len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        (**self).encode(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        T::decode(plaintext).map(Self::new)
    }

    fn decode_owned(plaintext: Zeroizing<Vec<u8>>) -> Result<Self, CodecError> {
        T::decode_owned(plaintext).map(Self::new)
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}
