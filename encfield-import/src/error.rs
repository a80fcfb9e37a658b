//! The one error of the crate.

use std::fmt;

/// Why a value or a key was refused: one opaque type for all readers.
///
/// It prints as one sentence that names the reader and says what to do next. It never holds, prints
/// or wraps a byte of a value or a key. Match on [`ImportError::kind`] to tell the cases apart.
#[derive(Clone)]
pub struct ImportError {
    reader: &'static str,
    kind: ImportErrorKind,
}

/// What kind of failure an [`ImportError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImportErrorKind {
    /// The value is not in the format: plaintext for example, or cut short.
    Malformed,
    /// The value does not authenticate: it was changed, or no key that was given wrote it.
    ///
    /// All these causes look the same on purpose.
    NotAuthentic,
    /// The value names a key that the reader was not given.
    UnknownKey,
    /// The value uses a part of the format that is not read.
    Unsupported,
    /// The value, what it opens to, or its nesting is beyond the reader's [`Limits`](crate::Limits).
    TooLarge,
    /// The message has no authentication at all: whoever could write to the database could change it.
    NotAuthenticated,
    /// The library stored the value in the clear, and the reader was not told to accept that.
    StoredInTheClear,
    /// A key is not of the length or in the encoding that the format asks for.
    KeyInvalid,
}

impl ImportError {
    pub(crate) fn new(reader: &'static str, kind: ImportErrorKind) -> Self {
        Self { reader, kind }
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ImportErrorKind {
        self.kind
    }
}

impl ImportErrorKind {
    /// What happened, and what to do next.
    fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => (
                "the value is not in the format that is read here",
                "find out what wrote it: it may be plaintext, of another library, or cut short",
            ),
            Self::NotAuthentic => (
                "the value does not authenticate",
                "give the reader every key that was in use; if one of them is right, the value was \
                 changed: restore the row from a backup",
            ),
            Self::UnknownKey => (
                "the value names a key that was not given",
                "give the reader that key as well",
            ),
            Self::Unsupported => (
                "the value uses a part of the format that is not read here",
                "let the library that wrote it store it again without that part, and import it then",
            ),
            Self::TooLarge => (
                "the value is beyond a limit",
                "raise the limit by `with_limits` if you expect values like this one",
            ),
            Self::NotAuthenticated => (
                "the message has no authentication",
                "whoever could write to the database could change it: compare it with a trusted copy, \
                 or tell the reader to accept such messages",
            ),
            Self::StoredInTheClear => (
                "the value was stored in the clear",
                "tell the reader to accept it if the library that wrote it stores such values so",
            ),
            Self::KeyInvalid => (
                "the key is not valid",
                "give it in the length and encoding that the library itself takes",
            ),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, next) = self.kind.sentence();
        write!(f, "encfield-import: {}: {what}; {next}", self.reader)
    }
}

/// What a `main` that returns the error prints, and an `unwrap`: so it says what to do, too.
impl fmt::Debug for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportError")
            .field("kind", &self.kind)
            .field("message", &format_args!("{self}"))
            .finish()
    }
}

impl std::error::Error for ImportError {}
