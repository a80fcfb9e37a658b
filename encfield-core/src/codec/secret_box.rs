//! The crate secrecy's text and bytes, which wipe themselves.

use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use zeroize::Zeroize;

use super::text::utf8;
use super::{Codec, CodecError, Encoder, Plain};

impl Codec for SecretString {
    fn encoded_len(&self) -> usize {
        self.expose_secret().len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.expose_secret().write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        // Boxed at its own length: `into_boxed_str` on a longer buffer would leave a copy behind.
        utf8(plaintext).map(|text| SecretBox::new(Box::from(text)))
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Codec for SecretSlice<u8> {
    fn encoded_len(&self) -> usize {
        self.expose_secret().len()
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.expose_secret().write_plain(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        Ok(Self::new(Box::from(plaintext)))
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}
