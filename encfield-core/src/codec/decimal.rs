//! Decimal fractions.

use rust_decimal::Decimal;

use super::erase::erase;
use super::{Codec, CodecError, Encoder, exactly};

/// In the first byte, beside the scale: the number is negative, or a negative zero.
const NEGATIVE: u8 = 0x80;

const NO_DECIMAL: CodecError = CodecError::new("a decimal has a scale from 0 to 28");

/// Sign and scale, then the 96-bit mantissa: `1.10` stays apart from `1.1`, and `-0` from `0`.
impl Codec for Decimal {
    fn encoded_len(&self) -> usize {
        13
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let parts = self.unpack();
        let scale = u8::try_from(parts.scale)
            .ok()
            .filter(|scale| u32::from(*scale) <= Self::MAX_SCALE)
            .ok_or(NO_DECIMAL)?;
        out.write(&[if parts.negative {
            scale | NEGATIVE
        } else {
            scale
        }]);
        for word in [parts.hi, parts.mid, parts.lo] {
            out.write(&word.to_be_bytes());
        }
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let [first, mantissa @ ..] = exactly::<13>(plaintext, "a decimal has 13 bytes")?;
        let scale = u32::from(first & !NEGATIVE);
        if scale > Self::MAX_SCALE {
            return Err(NO_DECIMAL);
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l] = mantissa;
        let word = |bytes| u32::from_be_bytes(bytes);
        let (hi, mid, lo) = (word([a, b, c, d]), word([e, f, g, h]), word([i, j, k, l]));
        // `from_parts` takes the sign off a zero, so it is set afterwards.
        let mut decimal = Self::from_parts(lo, mid, hi, false, scale);
        decimal.set_sign_negative(first & NEGATIVE != 0);
        Ok(decimal)
    }

    fn wipe(&mut self) {
        erase(self, Self::ZERO);
    }
}
