//! Values to and from sealed bytes, under a keyring and for a place.

use zeroize::{Zeroize, Zeroizing};

use crate::codec::{Codec, Encoder, Plain};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::keyring::{ChosenKey, Keyring};
use crate::nonce::{self, Nonce};

impl Keyring {
    /// Seals bytes for a place under the primary key.
    ///
    /// The result is [format 1](https://github.com/encfield/encfield/blob/main/docs/FORMAT.md), 50
    /// bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] when the operating system gives no random bytes.
    pub fn seal(&self, context: &Context<'_>, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt(context, plaintext)
    }

    /// Opens bytes that were sealed for the same place.
    ///
    /// # Errors
    /// Every kind that [`ErrorKind`] has for a value that is refused; see there.
    pub fn open(&self, context: &Context<'_>, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        opened(context, value, |value| self.open_in_place(context, value))
    }

    /// The same, under a compromised key too: for the engine alone, which seals the value anew.
    #[cfg(feature = "engine")]
    pub(crate) fn open_even_compromised(
        &self,
        context: &Context<'_>,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        opened(context, value, |value| {
            let parts = format::parse(value)?;
            let key = self.opening_even_compromised(context, parts.key_id)?;
            open_under(&key, context, parts)
        })
    }

    /// Encodes a value and seals it for a place under the primary key.
    ///
    /// # Errors
    /// [`ErrorKind::NotEncodable`] when the type's codec refuses the value, and
    /// [`ErrorKind::Entropy`] when the operating system gives no random bytes.
    pub fn encrypt<T>(&self, context: &Context<'_>, value: &T) -> Result<Vec<u8>, Error>
    where
        T: Plain + ?Sized,
    {
        nonce::fresh()
            .and_then(|nonce| self.encrypt_with_nonce(context, &nonce, value))
            .map_err(|error| context.blame(error))
    }

    /// Opens a value that was sealed for the same place, and decodes it.
    ///
    /// # Errors
    /// Every kind that [`ErrorKind`] has for a value that is refused; see there.
    pub fn decrypt<T: Codec>(&self, context: &Context<'_>, value: &[u8]) -> Result<T, Error> {
        self.decrypt_owned(context, value.to_vec())
    }

    /// [`Keyring::decrypt`] for a caller that has a buffer to give: opened where it lies, and wiped.
    pub(crate) fn decrypt_owned<T: Codec>(
        &self,
        context: &Context<'_>,
        value: Vec<u8>,
    ) -> Result<T, Error> {
        let mut value = Zeroizing::new(value);
        let plaintext = self
            .open_in_place(context, &mut value)
            .map_err(|error| context.blame(error))?;
        T::decode(plaintext).map_err(|reason| {
            context.blame(Error::new(ErrorKind::NotDecodable).with_note(reason.reason()))
        })
    }

    /// Never with a nonce that was used before: the vectors' way in, and [`Keyring::encrypt`]'s.
    fn encrypt_with_nonce<T>(
        &self,
        context: &Context<'_>,
        nonce: &Nonce,
        value: &T,
    ) -> Result<Vec<u8>, Error>
    where
        T: Plain + ?Sized,
    {
        let key = self.sealing(context)?;
        let header = format::header(key.id());
        let mut sealed = format::begin(&header, nonce, value.plain_len());
        let tag = value
            .write_plain(&mut Encoder::new(&mut sealed))
            .map_err(|reason| Error::new(ErrorKind::NotEncodable).with_note(reason.reason()))
            .and_then(|()| {
                let associated_data = context.associated_data(&header);
                let body = sealed.get_mut(format::BODY_OFFSET..).unwrap_or_default();
                // Fails on lengths alone: 64 GiB of plaintext.
                key.cipher()
                    .seal(nonce, &associated_data, body)
                    .map_err(|_| Error::new(ErrorKind::NotEncodable).with_note("over 64 GiB"))
            });
        match tag {
            Ok(tag) => {
                // A plaintext longer than announced has used the tag's room.
                sealed.extend_from_slice(&tag);
                Ok(sealed)
            }
            Err(error) => {
                sealed.zeroize();
                Err(error)
            }
        }
    }

    fn open_in_place<'v>(
        &self,
        context: &Context<'_>,
        value: &'v mut [u8],
    ) -> Result<&'v [u8], Error> {
        let parts = format::parse(value)?;
        let key = self.opening(context, parts.key_id)?;
        open_under(&key, context, parts)
    }
}

/// A copy of the value, opened where it lies.
fn opened(
    context: &Context<'_>,
    value: &[u8],
    open: impl FnOnce(&mut [u8]) -> Result<&[u8], Error>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut value = Zeroizing::new(value.to_vec());
    let length = open(&mut value)
        .map_err(|error| context.blame(error))?
        .len();
    // The same buffer goes out, its ends cut off; they are wiped with it.
    value.drain(..format::BODY_OFFSET);
    value.truncate(length);
    Ok(value)
}

fn open_under<'v>(
    key: &ChosenKey<'_>,
    context: &Context<'_>,
    parts: format::Parts<'v>,
) -> Result<&'v [u8], Error> {
    let associated_data = context.associated_data(&parts.header);
    key.cipher()
        .open(&parts.nonce, &associated_data, parts.ciphertext, &parts.tag)
        .map_err(|_| Error::new(ErrorKind::NotAuthentic).with_key(parts.key_id))?;
    Ok(parts.ciphertext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    /// Twelve cases by an independent reference, bound values included.
    const VECTORS: &str = include_str!("../tests/vectors/format1.json");

    fn bytes(hex: &json::Value) -> Vec<u8> {
        base16ct::lower::decode_vec(hex.as_str().unwrap()).unwrap()
    }

    #[test]
    fn format_1_agrees_with_an_independent_reference_byte_for_byte() {
        let vectors: json::Value = json::from_str(VECTORS).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        for case in cases {
            let keyring = Keyring::new(Key::from_hex(case["key"].as_str().unwrap()).unwrap());
            let bound: Vec<_> = case["bound"]
                .as_array()
                .unwrap()
                .iter()
                .map(bytes)
                .collect();
            let bound: Vec<_> = bound.iter().map(Vec::as_slice).collect();
            let context = Context::new(
                case["table"].as_str().unwrap(),
                case["column"].as_str().unwrap(),
            )
            .with_bound(&bound);
            let nonce: Nonce = bytes(&case["nonce"]).try_into().unwrap();
            let (plaintext, value) = (bytes(&case["plaintext"]), bytes(&case["value"]));

            let sealed = keyring
                .encrypt_with_nonce(&context, &nonce, &plaintext)
                .unwrap();
            assert_eq!(sealed, value, "case {}", case["id"]);
            assert_eq!(*keyring.open(&context, &value).unwrap(), plaintext);
            // The bound values are part of the place.
            let unbound = Context::new(context.table(), context.column());
            assert_eq!(keyring.open(&unbound, &value).is_ok(), bound.is_empty());
        }
        println!("{} cases of format 1", cases.len());
        assert!(cases.len() >= 12);
    }

    #[test]
    fn sealing_makes_one_allocation_of_the_exact_size() {
        let keyring = Keyring::generate();
        let context = Context::new("t", "c");
        for length in [0, 1, 15, 16, 1_000] {
            let sealed = keyring.seal(&context, &vec![7; length]).unwrap();
            assert_eq!(sealed.len(), format::OVERHEAD + length);
            assert_eq!(
                sealed.capacity(),
                sealed.len(),
                "grown or shrunk on the way"
            );
        }
    }

    #[test]
    fn a_value_longer_than_announced_is_still_sealed_whole() {
        struct Liar;
        impl Codec for Liar {
            fn encoded_len(&self) -> usize {
                0
            }
            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), crate::CodecError> {
                (0..1_000).for_each(|_| out.write(b"more"));
                Ok(())
            }
            fn decode(plaintext: &[u8]) -> Result<Self, crate::CodecError> {
                assert_eq!(plaintext, b"more".repeat(1_000));
                Ok(Self)
            }
        }
        let (keyring, context) = (Keyring::generate(), Context::new("t", "c"));
        let sealed = keyring.encrypt(&context, &Liar).unwrap();
        keyring.decrypt::<Liar>(&context, &sealed).unwrap();
    }

    #[test]
    fn no_two_values_are_alike() {
        let (keyring, context) = (Keyring::generate(), Context::new("t", "c"));
        let sealed = || keyring.seal(&context, b"same").unwrap();
        let (one, other) = (sealed(), sealed());
        assert_eq!(one[..10], other[..10]);
        assert_ne!(one[10..34], other[10..34]);
        assert_ne!(one[34..], other[34..]);
    }

    #[test]
    fn an_empty_keyring_says_that_it_got_no_random_bytes() {
        let empty = Keyring::without_keys();
        let context = Context::new("t", "c");
        let value = Keyring::generate().seal(&context, b"x").unwrap();
        let kinds = [
            empty.seal(&context, b"x").unwrap_err().kind(),
            empty.open(&context, &value).unwrap_err().kind(),
            empty.to_json().unwrap_err().kind(),
            empty.primary_id().unwrap_err().kind(),
            empty.clone().install().unwrap_err().kind(),
            empty.replace().unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::Entropy; 6]);
    }
}
