//! The lazy form: ciphertext that opens on demand.

use std::fmt;
use std::marker::PhantomData;

use smallvec::SmallVec;

use crate::cipher::decrypt_here;
use crate::codec::{self, Codec};
use crate::context::Context;
use crate::encrypted::Encrypted;
use crate::error::Error;
use crate::keyring;
use crate::row::RowValues;
use crate::secret::Redacted;

/// How many bytes need no allocation of their own: those of a plaintext of 30 bytes, as most names and
/// numbers are.
const SHORT: usize = 80;

/// A value as the database holds it, opened when [`Sealed::open`] asks for it.
///
/// Load it instead of [`Encrypted`] where most rows are never looked into: a list that shows one
/// value in a hundred pays for one. It can be loaded, not stored. For a nullable column write
/// `Option<Sealed<T>>`.
///
/// It has 96 bytes. A value of up to 30 bytes, as the database holds 80 of them, is within; a longer one
/// is allocated.
///
/// Because it opens on demand, whatever is wrong with the value shows at [`Sealed::open`] and not
/// when the row is loaded.
pub struct Sealed<T> {
    value: SmallVec<[u8; SHORT]>,
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
            value: SmallVec::from_slice(value),
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
