//! The one error of the crate.

use std::fmt;

/// Why a value could not be imported: one opaque type.
///
/// It prints as one sentence that says what to do next. It holds its kind and nothing else: no bytes
/// of a value, a passphrase or a plaintext, and no error of another crate. Match on
/// [`ImportError::kind`] to tell the cases apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ImportError(ImportErrorKind);

/// What kind of failure an [`ImportError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportErrorKind {
    /// The value is not of the format: plaintext, cut short, or with bytes that do not belong.
    Malformed,
    /// The value does not authenticate: the passphrase is wrong, or the value was changed.
    ///
    /// These causes look the same on purpose.
    NotAuthentic,
    /// The value names a key that is not there.
    UnknownKey,
    /// The value is of the format and uses a part of it that is not read.
    Unsupported,
    /// The value, or what it unpacks to, is larger than the [`Limits`](crate::Limits) allow.
    TooLarge,
    /// The value carries nothing that would show a change, and this was not asked for.
    NotAuthenticated,
    /// The value looks encrypted and holds its plaintext, or its key, as it is.
    StoredInTheClear,
    /// The key cannot be one of this format.
    KeyInvalid,
}

impl ImportError {
    pub(crate) const fn new(kind: ImportErrorKind) -> Self {
        Self(kind)
    }

    pub(crate) const MALFORMED: Self = Self::new(ImportErrorKind::Malformed);
    pub(crate) const NOT_AUTHENTIC: Self = Self::new(ImportErrorKind::NotAuthentic);
    pub(crate) const UNSUPPORTED: Self = Self::new(ImportErrorKind::Unsupported);
    pub(crate) const TOO_LARGE: Self = Self::new(ImportErrorKind::TooLarge);

    /// The kind of failure, to decide what to do about it.
    pub const fn kind(&self) -> ImportErrorKind {
        self.0
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ImportErrorKind::Malformed => {
                "the value is not a whole message of pgcrypto: look whether this row was ever \
                 encrypted, and whether its column cut it short"
            }
            ImportErrorKind::NotAuthentic => {
                "the value does not authenticate: try the passphrase that this row was written \
                 with, and if it is right, restore the row from a backup"
            }
            ImportErrorKind::UnknownKey => {
                "the value names a key that is not here: add the key it was written with"
            }
            ImportErrorKind::Unsupported => {
                "the value is an OpenPGP message of a kind that is not imported (a public key, a \
                 signature, or an algorithm that pgcrypto does not write): open it with GnuPG"
            }
            ImportErrorKind::TooLarge => {
                "the value, or what it unpacks to, is over a limit: raise the limit if the value \
                 is honest"
            }
            ImportErrorKind::NotAuthenticated => {
                "the value has no modification detection code (disable-mdc=1), so that nothing \
                 would show a change: accept unauthenticated values if the table can be trusted"
            }
            ImportErrorKind::StoredInTheClear => {
                "the value looks encrypted and was stored in the clear (CVE-2026-14663): treat it \
                 as disclosed, and read it with pgcrypto's ignore-cipher-failure=1"
            }
            ImportErrorKind::KeyInvalid => {
                "the key cannot be one of this format: look where it is configured"
            }
        })
    }
}

impl fmt::Debug for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImportError({:?})", self.0)
    }
}

impl std::error::Error for ImportError {}
