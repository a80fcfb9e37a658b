//! Values to and from sealed bytes, under a keyring and for a place.

use zeroize::{Zeroize, Zeroizing};

use crate::aead::{Failed, TAG_LENGTH, halves};
use crate::codec::{Codec, CodecError, Encoder, Plain};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format::{self, Header};
use crate::keyring::{self, Asked, Chosen, ChosenKey, Keyring};
use crate::nonce::{self, Nonce};
use crate::row::RowValues;
use crate::secret::Wiped;

/// Encodes a value and seals it for a column under the keyring in force, bound to the row if there is
/// one.
pub(crate) fn encrypt_here<T>(
    column: &Context<'static>,
    row: Option<&RowValues>,
    value: &T,
) -> Result<Vec<u8>, Error>
where
    T: Plain + ?Sized,
{
    let sealed = nonce::fresh().and_then(|nonce| {
        if let Some(row) = row {
            return row.within(column, |place| {
                keyring::with_current(column, |keyring| {
                    keyring.encrypt_with_nonce(place, &nonce, value)
                })
            });
        }
        let (first, second) = halves(&nonce);
        let sealed = keyring::to_seal(column, first, |key| {
            seal_into(key.header(), &nonce, value, |body| key.seal(second, body))
        });
        let asked = match sealed {
            Ok(sealed) => return sealed,
            Err(asked) => asked,
        };
        keyring::with_current(column, |keyring| {
            let key = keyring.sealing(column)?;
            let header = format::header(key.id());
            remember(asked, Chosen::ToSeal, &key, column, &header, &nonce);
            keyring.encrypt_with_nonce(column, &nonce, value)
        })
    });
    sealed.map_err(|error| column.blame(error))
}

/// Opens a value of a column under the keyring in force, decodes it, and wipes what was opened.
pub(crate) fn decrypt_here<T: Codec>(
    column: &Context<'static>,
    mut value: Vec<u8>,
) -> Result<T, Error> {
    let mut decoded = None;
    let mut show = |plaintext: &[u8]| decoded = Some(T::decode(plaintext));
    let opened = open_as_before(column, &mut value, &mut show);
    match (decoded, opened) {
        (Some(Ok(decoded)), _) => Ok(decoded),
        (Some(Err(reason)), _) => Err(not_decodable(column, reason)),
        (None, opened) => decrypt_anew(column, value, opened.err().flatten()),
    }
}

/// Opens a value whose key this thread has not chosen before; and whatever was refused is refused here,
/// with its reason.
#[cold]
fn decrypt_anew<T: Codec>(
    column: &Context<'static>,
    mut value: Vec<u8>,
    asked: Option<Asked>,
) -> Result<T, Error> {
    let opened = keyring::with_current(column, |keyring| {
        let parts = format::parse(&mut value)?;
        let key = keyring.opening(column, parts.key_id)?;
        let (header, nonce) = (parts.header, parts.nonce);
        let length = open_under(&key, column, parts)?.len();
        remember(asked, Chosen::ToOpen, &key, column, &header, &nonce);
        Ok(length)
    });
    let length = opened.map_err(|error| column.blame(error))?;
    decode(column, &mut value, length)
}

/// Opens a value under the key that opened one before it, if that is its key.
#[inline(always)]
fn open_as_before(
    column: &Context<'static>,
    value: &mut [u8],
    show: &mut dyn FnMut(&[u8]),
) -> Result<(), Option<Asked>> {
    let (header, nonce, ciphertext, tag) = format::split(value).ok_or(None)?;
    let (first, second) = halves(nonce);
    keyring::to_open(column, header, first, |key| {
        key.open_to(second, ciphertext, tag, show)
    })?
    .map_err(|Failed| None)
}

/// Remembers the key for the next value, where that was asked for and it is no scope's.
fn remember(
    asked: Option<Asked>,
    chosen: Chosen,
    key: &ChosenKey<'_>,
    column: &Context<'static>,
    header: &Header,
    nonce: &Nonce,
) {
    let (Some(asked), ChosenKey::Own(key)) = (asked, key) else {
        return;
    };
    let (first, _) = halves(nonce);
    if let Some(key) = key.cipher().column(first, &column.associated(header)) {
        keyring::remember(asked, chosen, column, first, key);
    }
}

fn not_decodable(place: &Context<'_>, reason: CodecError) -> Error {
    place.blame(Error::new(ErrorKind::NotDecodable).with_note(reason.reason()))
}

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

    /// The same, under a compromised key too: for the engine and for what wraps data keys anew, which
    /// seal the value again, and for nothing else.
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
        let mut value = value.to_vec();
        let length = self
            .open_in_place(context, &mut value)
            .map_err(|error| context.blame(error))?
            .len();
        decode(context, &mut value, length)
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
        seal_into(&header, nonce, value, |body| {
            key.cipher().seal(nonce, &context.associated(&header), body)
        })
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

/// Encodes a value behind its header and its nonce, and seals it where it lies.
fn seal_into<T>(
    header: &Header,
    nonce: &Nonce,
    value: &T,
    seal: impl FnOnce(&mut [u8]) -> Result<[u8; TAG_LENGTH], Failed>,
) -> Result<Vec<u8>, Error>
where
    T: Plain + ?Sized,
{
    let mut sealed = format::begin(header, nonce, value.plain_len());
    let tag = value
        .write_plain(&mut Encoder::new(&mut sealed))
        .map_err(|reason| Error::new(ErrorKind::NotEncodable).with_note(reason.reason()))
        .and_then(|()| {
            let body = sealed.get_mut(format::BODY_OFFSET..).unwrap_or_default();
            // Fails on lengths alone: 64 GiB of plaintext.
            seal(body)
                .map_err(|Failed| Error::new(ErrorKind::NotEncodable).with_note("over 64 GiB"))
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

/// Decodes a value that was opened where it lies, and wipes it.
fn decode<T: Codec>(place: &Context<'_>, value: &mut [u8], length: usize) -> Result<T, Error> {
    let plaintext = value.get_mut(format::BODY_OFFSET..).unwrap_or_default();
    // From here on the plaintext is wiped, whatever the codec does.
    let plaintext = Wiped(plaintext.get_mut(..length).unwrap_or_default());
    T::decode(plaintext.0).map_err(|reason| not_decodable(place, reason))
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
    let associated = context.associated(&parts.header);
    key.cipher()
        .open(&parts.nonce, &associated, parts.ciphertext, &parts.tag)
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
            fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
                (0..1_000).for_each(|_| out.write(b"more"));
                Ok(())
            }
            fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
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
        assert_ne!(one[22..34], other[22..34]);
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
