//! Text: UTF-8, as it is.

use std::borrow::Cow;

use zeroize::{Zeroize, Zeroizing};

use super::{Codec, CodecError, Encoder, Plain};

/// The text that these bytes are. The error names no byte, unlike `Utf8Error`'s owner `FromUtf8Error`.
#[inline]
pub(super) fn utf8(plaintext: &[u8]) -> Result<&str, CodecError> {
    std::str::from_utf8(plaintext).map_err(|_| no_utf8())
}

fn no_utf8() -> CodecError {
    CodecError::new("text is UTF-8")
}

impl Plain for str {
    fn plain_len(&self) -> usize {
        self.len()
    }

    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(self.as_bytes());
        Ok(())
    }
}

impl Codec for String {
    fn encoded_len(&self) -> usize {
        self.len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.as_str().write_plain(out)
    }

    #[inline]
    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        utf8(plaintext).map(str::to_owned)
    }

    fn decode_owned(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Self, CodecError> {
        String::from_utf8(std::mem::take(&mut *plaintext)).map_err(|refused| {
            drop(Zeroizing::new(refused.into_bytes()));
            no_utf8()
        })
    }

    fn from_plain_column(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::decode(bytes)
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Codec for Box<str> {
    fn encoded_len(&self) -> usize {
        self.len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        (**self).write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        utf8(plaintext).map(Box::from)
    }

    fn from_plain_column(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::decode(bytes)
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Codec for Cow<'_, str> {
    fn encoded_len(&self) -> usize {
        self.len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        (**self).write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        String::decode(plaintext).map(Cow::Owned)
    }

    /// Wipes text that this value owns; borrowed text is its owner's.
    fn wipe(&mut self) {
        if let Cow::Owned(text) = self {
            text.zeroize();
        }
    }
}
