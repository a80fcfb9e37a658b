//! Values to and from sealed bytes, under a keyring and for a place.

use zeroize::{Zeroize, Zeroizing};

use crate::aead::{Failed, Opened, TAG_LENGTH, Take, halves};
use crate::codec::{Codec, CodecError, Encoder, Plain};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format::{self, Header};
use crate::keyring::{self, Asked, Chosen, ChosenKey, Keyring};
use crate::nonce::{self, Nonce};
use crate::row::RowValues;

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
pub(crate) fn decrypt_here<T: Codec>(column: &Context<'static>, value: &[u8]) -> Result<T, Error> {
    let mut decoded = None;
    let mut take = |opened: Opened<'_>| decoded = Some(decode(opened));
    if let Err(asked) = open_as_before(column, value, &mut take) {
        open_anew(column, value, asked, &mut take).map_err(|error| column.blame(error))?;
    }
    decoded_at(column, decoded)
}

/// Opens a value whose key this thread has not chosen before; and whatever was refused is refused here,
/// with its reason.
#[cold]
fn open_anew(
    column: &Context<'static>,
    value: &[u8],
    asked: Option<Asked>,
    take: Take<'_>,
) -> Result<(), Error> {
    keyring::with_current(column, |keyring| {
        let parts = format::parse(value)?;
        let key = keyring.opening(column, parts.key_id)?;
        open_under(&key, column, &parts, take)?;
        remember(
            asked,
            Chosen::ToOpen,
            &key,
            column,
            &parts.header,
            &parts.nonce,
        );
        Ok(())
    })
}

/// Opens a value under the key that opened one before it, if that is its key.
#[inline(always)]
fn open_as_before(
    column: &Context<'static>,
    value: &[u8],
    take: Take<'_>,
) -> Result<(), Option<Asked>> {
    let (header, nonce, ciphertext, tag) = format::split(value).ok_or(None)?;
    let (first, second) = halves(nonce);
    keyring::to_open(column, header, first, |key| {
        key.open(second, ciphertext, tag, take)
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

#[cold]
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
        opened(context, |take| self.open_with(context, value, take))
    }

    /// The same, under a compromised key too: for the engine and for what wraps data keys anew, which
    /// seal the value again, and for nothing else.
    pub(crate) fn open_even_compromised(
        &self,
        context: &Context<'_>,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        opened(context, |take| {
            let parts = format::parse(value)?;
            let key = self.opening_even_compromised(context, parts.key_id)?;
            open_under(&key, context, &parts, take)
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
        let mut decoded = None;
        let mut take = |opened: Opened<'_>| decoded = Some(decode(opened));
        self.open_with(context, value, &mut take)
            .map_err(|error| context.blame(error))?;
        decoded_at(context, decoded)
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

    fn open_with(&self, context: &Context<'_>, value: &[u8], take: Take<'_>) -> Result<(), Error> {
        let parts = format::parse(value)?;
        let key = self.opening(context, parts.key_id)?;
        open_under(&key, context, &parts, take)
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

/// Decodes what was opened; it is wiped, whatever the codec does.
fn decode<T: Codec>(opened: Opened<'_>) -> Result<T, CodecError> {
    match opened {
        Opened::Short(plaintext) => T::decode(plaintext),
        Opened::Long(plaintext) => T::decode_owned(plaintext),
    }
}

/// What was decoded, or why it was not.
#[inline]
fn decoded_at<T>(place: &Context<'_>, decoded: Option<Result<T, CodecError>>) -> Result<T, Error> {
    match decoded {
        Some(decoded) => decoded.map_err(|reason| not_decodable(place, reason)),
        None => unreachable!("what was opened was decoded"),
    }
}

/// The bytes that were opened.
fn opened(
    context: &Context<'_>,
    open: impl FnOnce(Take<'_>) -> Result<(), Error>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::default();
    open(&mut |opened: Opened<'_>| bytes = opened.into_vec())
        .map_err(|error| context.blame(error))?;
    Ok(bytes)
}

fn open_under(
    key: &ChosenKey<'_>,
    context: &Context<'_>,
    parts: &format::Parts<'_>,
    take: Take<'_>,
) -> Result<(), Error> {
    let associated = context.associated(&parts.header);
    key.cipher()
        .open(
            &parts.nonce,
            &associated,
            parts.ciphertext,
            &parts.tag,
            take,
        )
        .map_err(|Failed| Error::new(ErrorKind::NotAuthentic).with_key(parts.key_id))
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
    fn a_compromised_key_opens_for_what_seals_anew_and_for_nothing_else() {
        let (keyring, context) = (Keyring::generate(), Context::new("t", "c"));
        let old = keyring.primary_id().unwrap();
        let values = [16, 1_000].map(|length| keyring.seal(&context, &vec![7; length]).unwrap());
        let keyring = keyring.with_primary(Key::generate().unwrap()).unwrap();
        let keyring = keyring.mark_compromised(old).unwrap();
        for value in &values {
            let refused = keyring.open(&context, value).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::CompromisedKey);
            let opened = keyring.open_even_compromised(&context, value).unwrap();
            assert_eq!(*opened, vec![7; value.len() - format::OVERHEAD]);
        }
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
