//! Internet addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::erase::erase;
use super::{Codec, CodecError, Encoder, exactly};

impl Codec for Ipv4Addr {
    fn encoded_len(&self) -> usize {
        4
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(&self.octets());
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        exactly::<4>(plaintext, "an IPv4 address has 4 bytes").map(Self::from)
    }

    fn wipe(&mut self) {
        erase(self, Self::UNSPECIFIED);
    }
}

impl Codec for Ipv6Addr {
    fn encoded_len(&self) -> usize {
        16
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(&self.octets());
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        exactly::<16>(plaintext, "an IPv6 address has 16 bytes").map(Self::from)
    }

    fn wipe(&mut self) {
        erase(self, Self::UNSPECIFIED);
    }
}

/// As wide for version 4 as for version 6: which one it is does not show.
impl Codec for IpAddr {
    fn encoded_len(&self) -> usize {
        17
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        match self {
            Self::V4(address) => {
                out.write(&[4]);
                out.write(&address.octets());
                out.write(&[0; 12]);
            }
            Self::V6(address) => {
                out.write(&[6]);
                out.write(&address.octets());
            }
        }
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        match exactly::<17>(plaintext, "an IP address has 17 bytes")? {
            [4, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => {
                Ok(Self::V4(Ipv4Addr::new(a, b, c, d)))
            }
            [6, address @ ..] => Ok(Self::V6(address.into())),
            _ => Err(CodecError::new(
                "an IP address is of version 4, padded with zeros, or 6",
            )),
        }
    }

    fn wipe(&mut self) {
        // The longer form, so that every byte is overwritten.
        erase(self, Self::V6(Ipv6Addr::UNSPECIFIED));
    }
}
