//! What a type's value looks like as bytes, before it is sealed.
//!
//! One file a family of types. `docs/FORMAT.md` writes each encoding down, and vectors freeze it.

mod bytes;
#[cfg(any(feature = "chrono", feature = "time"))]
mod calendar;
mod clock;
mod erase;
mod net;
mod padded;
mod padding;
mod plain_column;
mod scalar;
mod text;

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "rust_decimal")]
mod decimal;
#[cfg(feature = "serde_json")]
mod json;
#[cfg(feature = "phonenumber")]
mod phone;
#[cfg(feature = "secrecy")]
mod secret_box;
#[cfg(feature = "time")]
mod time;
#[cfg(feature = "uuid")]
mod uuid;

use std::borrow::Cow;
use std::fmt;

use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "serde_json")]
pub use self::json::Json;
#[cfg(feature = "engine")]
pub(crate) use self::padded::unhidden;
pub use self::padded::{HiddenOption, HiddenOptionRef, Padded, PaddedRef};
#[cfg(feature = "engine")]
pub(crate) use self::padding::PaddingRule;
pub use self::padding::{MultipleOf, Padding, Padme};

pub(crate) use self::plain_column::plain;

/// A type that can be encrypted: how its value becomes bytes, and how it comes back.
///
/// Implement it for a type of your own, and the type can be `#[sensitive]` or stand inside
/// [`Encrypted`](crate::Encrypted). Most types delegate to one that has a codec already:
///
/// ```
/// use encfield_core::{Codec, CodecError, Encoder};
///
/// #[derive(Debug, PartialEq)]
/// struct Iban(String);
///
/// impl Codec for Iban {
///     fn encoded_len(&self) -> usize {
///         self.0.encoded_len()
///     }
///
///     fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
///         self.0.encode(out)
///     }
///
///     fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
///         let text = String::decode(plaintext)?;
///         if text.len() < 15 {
///             return Err(CodecError::new("an IBAN has at least 15 characters"));
///         }
///         Ok(Iban(text))
///     }
///
///     fn wipe(&mut self) {
///         self.0.wipe();
///     }
/// }
///
/// # use encfield_core::{Context, Keyring};
/// let keyring = Keyring::generate();
/// let place = Context::new("accounts", "iban");
/// let stored = keyring.encrypt(&place, &Iban("DE02120300000000202051".into()))?;
/// assert_eq!(keyring.decrypt::<Iban>(&place, &stored)?, Iban("DE02120300000000202051".into()));
/// # Ok::<(), encfield_core::Error>(())
/// ```
///
/// The bytes are kept for years: never change an encoding, make a new type instead. The ciphertext
/// is as long as the plaintext plus 50 bytes, so give a type of few values a fixed width.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no encoding to be encrypted in",
    label = "this type cannot be encrypted",
    note = "implement `encfield::Codec` for it, wrap a serde type in `encfield::Json`, or enable the feature of encfield that is named like the type's crate"
)]
pub trait Codec: Sized {
    /// How many bytes [`encode`](Codec::encode) will write.
    ///
    /// Exact where that is cheap. A value that turns out longer is still encoded, at the price of
    /// an allocation and a copy.
    fn encoded_len(&self) -> usize;

    /// Writes the value's bytes.
    ///
    /// # Errors
    /// A [`CodecError`] for a value that has no encoding; nothing is stored then.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError>;

    /// The value that these bytes encode.
    ///
    /// # Errors
    /// A [`CodecError`] when the bytes are not what [`encode`](Codec::encode) writes. The bytes are
    /// authentic: somebody who held the key sealed them, maybe for a field of another type.
    fn decode(plaintext: &[u8]) -> Result<Self, CodecError>;

    /// The value that these bytes encode, from a buffer that it may keep.
    ///
    /// Long values come this way. A type that is made of the bytes as they are takes them over and saves a
    /// copy, as text does; any other need not say anything.
    ///
    /// # Errors
    /// As [`decode`](Codec::decode).
    fn decode_owned(plaintext: Zeroizing<Vec<u8>>) -> Result<Self, CodecError> {
        Self::decode(&plaintext)
    }

    /// The value that stands in plain in a column of bytes that is being encrypted where it is, see
    /// [`Migrating`](crate::Migrating).
    ///
    /// # Errors
    /// A [`CodecError`], unless a type says otherwise: text and bytes do.
    fn from_plain_column(_: &[u8]) -> Result<Self, CodecError> {
        Err(CodecError::new("a value of this type is not read in plain"))
    }

    /// Overwrites the value's secret bytes; called when an [`Encrypted`](crate::Encrypted) is
    /// dropped. Does nothing unless a type says otherwise.
    fn wipe(&mut self) {}
}

/// Where a [`Codec`] writes, the buffer in which the value will be sealed; and where a
/// [`Normaliser`](crate::Normaliser) writes.
///
/// When the buffer must grow, the old one is wiped.
pub struct Encoder<'a> {
    value: &'a mut Vec<u8>,
    /// How long the buffer was before anything was written.
    start: usize,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(value: &'a mut Vec<u8>) -> Self {
        let start = value.len();
        Self { value, start }
    }

    /// How many bytes were written.
    fn written(&self) -> usize {
        self.value.len() - self.start
    }

    /// Appends bytes to the encoding.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) {
        if bytes.len() > self.value.capacity() - self.value.len() {
            self.grow(bytes.len());
        }
        self.value.extend_from_slice(bytes);
    }

    /// Moves to a larger buffer, and wipes the one that it leaves.
    #[cold]
    fn grow(&mut self, more: usize) {
        let needed = self.value.len() + more;
        let mut larger = Vec::with_capacity(needed.max(self.value.capacity() * 2));
        larger.extend_from_slice(self.value);
        std::mem::swap(self.value, &mut larger);
        larger.zeroize();
    }

    /// Appends a character as UTF-8.
    pub fn write_char(&mut self, character: char) {
        self.write(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl fmt::Debug for Encoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// Why a value has no encoding, or bytes are no value of a type.
///
/// Holds a fixed text only, so that no part of a value can get into an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError(&'static str);

impl CodecError {
    /// An error with a reason that names no value: "an IBAN has at least 15 characters".
    #[must_use]
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }

    pub(crate) fn reason(self) -> Cow<'static, str> {
        Cow::Borrowed(self.0)
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for CodecError {}

/// What can be sealed by reference: every [`Codec`], and `str` and `[u8]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no encoding",
    label = "this type cannot be encrypted, and nothing can be bound to it",
    note = "implement `encfield::Codec` for it, or enable the feature of encfield that is named like the type's crate"
)]
pub trait Plain {
    /// See [`Codec::encoded_len`].
    #[doc(hidden)]
    fn plain_len(&self) -> usize;

    /// See [`Codec::encode`].
    #[doc(hidden)]
    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError>;
}

impl<T: Codec> Plain for T {
    fn plain_len(&self) -> usize {
        self.encoded_len()
    }

    fn write_plain(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.encode(out)
    }
}

/// The bytes of a fixed width that an encoding must have.
fn exactly<const N: usize>(plaintext: &[u8], reason: &'static str) -> Result<[u8; N], CodecError> {
    plaintext.try_into().map_err(|_| CodecError::new(reason))
}
