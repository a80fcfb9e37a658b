//! Numbers, characters and truth values: a fixed width for each type, so that length says nothing.

use zeroize::Zeroize;

use super::{Codec, CodecError, Encoder, exactly};

/// Types with `to_be_bytes` and `from_be_bytes`.
macro_rules! big_endian {
    ($($type:ident: $width:literal, $reason:literal;)*) => {$(
        impl Codec for $type {
            fn encoded_len(&self) -> usize {
                $width
            }

            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
                out.write(&self.to_be_bytes());
                Ok(())
            }

            fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
                exactly::<$width>(plaintext, $reason).map(Self::from_be_bytes)
            }

            fn wipe(&mut self) {
                self.zeroize();
            }
        }
    )*};
}

big_endian! {
    u8: 1, "a `u8` has 1 byte";
    i8: 1, "an `i8` has 1 byte";
    u16: 2, "a `u16` has 2 bytes";
    i16: 2, "an `i16` has 2 bytes";
    u32: 4, "a `u32` has 4 bytes";
    i32: 4, "an `i32` has 4 bytes";
    u64: 8, "a `u64` has 8 bytes";
    i64: 8, "an `i64` has 8 bytes";
    u128: 16, "a `u128` has 16 bytes";
    i128: 16, "an `i128` has 16 bytes";
    // IEEE 754 bits: the payload of a NaN and the sign of a zero are kept.
    f32: 4, "an `f32` has 4 bytes";
    f64: 8, "an `f64` has 8 bytes";
}

/// Types whose width depends on the machine: stored as the 8-byte type, so that a value written on
/// one machine can be read on another.
macro_rules! machine_words {
    ($($type:ident as $wide:ident, $reason:literal;)*) => {$(
        impl Codec for $type {
            fn encoded_len(&self) -> usize {
                8
            }

            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
                $wide::try_from(*self).map_err(|_| CodecError::new($reason))?.encode(out)
            }

            fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
                let wide = exactly(plaintext, $reason).map($wide::from_be_bytes)?;
                Self::try_from(wide).map_err(|_| CodecError::new($reason))
            }

            fn wipe(&mut self) {
                self.zeroize();
            }
        }
    )*};
}

machine_words! {
    usize as u64, "a `usize` has 8 bytes and fits the machine's word";
    isize as i64, "an `isize` has 8 bytes and fits the machine's word";
}

impl Codec for bool {
    fn encoded_len(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        u8::from(*self).encode(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        match plaintext {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(CodecError::new("a `bool` is one byte, 0 or 1")),
        }
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

/// The code point, in four bytes: as UTF-8 its length would tell scripts apart.
impl Codec for char {
    fn encoded_len(&self) -> usize {
        4
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        u32::from(*self).encode(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let code_point = u32::from_be_bytes(exactly(plaintext, "a `char` has 4 bytes")?);
        Self::from_u32(code_point).ok_or(CodecError::new(
            "a `char` is a code point that is no surrogate",
        ))
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}
