//! UUIDs.

use ::uuid::Uuid;

use super::erase::erase;
use super::{Codec, CodecError, Encoder, exactly};

impl Codec for Uuid {
    fn encoded_len(&self) -> usize {
        16
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(self.as_bytes());
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        exactly(plaintext, "a UUID has 16 bytes").map(Self::from_bytes)
    }

    fn wipe(&mut self) {
        erase(self, Self::nil());
    }
}
