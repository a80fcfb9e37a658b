//! The lazy form: ciphertext that opens on demand.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::cipher::decrypt_here;
use crate::codec::{self, Codec};
use crate::context::Context;
use crate::encrypted::Encrypted;
use crate::error::Error;
use crate::keyring;
use crate::row::RowValues;
use crate::secret::Redacted;

/// How many bytes need no allocation of their own: those of a plaintext of 20 bytes, as most numbers and
/// names are. With their length and the column they are 80 bytes.
const SHORT: usize = 70;

/// The bytes of a value. `SmallVec` keeps its length in 8 bytes of its own.
#[derive(Clone)]
enum Bytes {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<[u8]>),
}

impl Bytes {
    #[inline]
    fn new(value: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..value.len()), u8::try_from(value.len())) {
            (Some(short), Ok(length)) => {
                short.copy_from_slice(value);
                Self::Short { length, bytes }
            }
            _ => Self::Long(value.into()),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => &bytes[..usize::from(*length)],
            Self::Long(bytes) => bytes,
        }
    }
}

/// A value as the database holds it, opened when [`Sealed::open`] asks for it.
///
/// Load it instead of [`Encrypted`] where most rows are never looked into: a list that shows one
/// value in a hundred pays for one. It can be loaded, not stored. For a nullable column write
/// `Option<Sealed<T>>`.
///
/// It has 80 bytes. A value of up to 20 bytes, of which the database holds 70, is within; a longer one is
/// allocated.
///
/// Because it opens on demand, whatever is wrong with the value shows at [`Sealed::open`] and not
/// when the row is loaded.
pub struct Sealed<T> {
    value: Bytes,
    source: &'static Source,
    // A `Sealed` holds no `T`: it is `Send` and `Sync` whatever `T` is.
    plain: PhantomData<fn() -> T>,
}

/// What is known of a column.
pub(crate) struct Source {
    /// Its place; it was asked once when the value was loaded, and has said what it is.
    pub(crate) context: fn() -> Result<Context<'static>, Error>,
    /// Whether a value may be plaintext, because the column is being encrypted where it is.
    pub(crate) may_be_plain: fn() -> bool,
}

impl<T: Codec> Sealed<T> {
    /// A value of a column whose place can be told.
    #[inline]
    pub(crate) fn new(value: &[u8], source: &'static Source) -> Self {
        Self {
            value: Bytes::new(value),
            source,
            plain: PhantomData,
        }
    }

    /// Opens the value under the keyring in force.
    ///
    /// # Errors
    /// Every kind that [`ErrorKind`](crate::ErrorKind) has for a value that is refused; see there.
    pub fn open(&self) -> Result<Encrypted<T>, Error> {
        if let Some(plain) = self.plain() {
            return plain.map(Encrypted::new);
        }
        decrypt_here(&self.context(), &self.value).map(Encrypted::new)
    }

    /// Opens a value that is bound to values of its row.
    ///
    /// # Errors
    /// [`NotAuthentic`](crate::ErrorKind::NotAuthentic) when it was sealed for another row, and
    /// every other kind that there is for a value that is refused.
    pub fn open_in(&self, row: &RowValues) -> Result<Encrypted<T>, Error> {
        if let Some(plain) = self.plain() {
            return plain.map(Encrypted::new);
        }
        let context = self.context();
        row.within(&context, |place| {
            keyring::with_current(&context, |keyring| keyring.decrypt(place, &self.value))
        })
        .map(Encrypted::new)
        .map_err(|error| context.blame(error))
    }

    /// The plain value, if it is one that a migration has not come to yet.
    fn plain(&self) -> Option<Result<T, Error>> {
        codec::plain((self.source.may_be_plain)(), &self.context(), &self.value)
    }

    /// The bytes as the database holds them: [format 1], unless somebody changed them.
    ///
    /// [format 1]: https://github.com/encfield/encfield/blob/main/docs/FORMAT.md
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.value
    }

    /// The table and column that the value was loaded from.
    #[must_use]
    pub fn context(&self) -> Context<'static> {
        match (self.source.context)() {
            Ok(context) => context,
            Err(_) => unreachable!("the column's place was told when the value was loaded"),
        }
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            source: self.source,
            plain: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_each_length_are_what_they_were() {
        let all: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for length in (0..300).chain([1_000]) {
            let bytes = Bytes::new(&all[..length]);
            assert_eq!(*bytes, all[..length]);
            assert_eq!(*bytes.clone(), all[..length]);
            assert_eq!(matches!(bytes, Bytes::Short { .. }), length <= SHORT);
        }
    }

    #[test]
    fn it_prints_nothing_of_the_value() {
        const SOURCE: &Source = &Source {
            context: || Ok(Context::new("table", "column")),
            may_be_plain: || false,
        };
        let sealed = Sealed::<String>::new(b"K1234567", SOURCE);
        assert_eq!(format!("{sealed:?}"), "********");
    }

    #[test]
    fn it_is_as_long_as_its_documentation_says() {
        assert_eq!(size_of::<Sealed<String>>(), 80);
        assert_eq!(size_of::<Option<Sealed<String>>>(), 80);
    }
}
