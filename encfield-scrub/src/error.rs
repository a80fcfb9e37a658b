//! Why a scrubber cannot be made.

use std::fmt;

/// Why a [`Scrubber`](crate::Scrubber) cannot be made. It quotes no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    name: String,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name has other characters than letters, digits, `_`, `-` and `.`.
    NotAName,
    /// A secret has less than 8 bytes; to mask it would blank half of the log.
    SecretTooShort,
}

impl Error {
    pub(crate) fn not_a_name(name: &str) -> Self {
        Self {
            kind: ErrorKind::NotAName,
            name: name.to_owned(),
        }
    }

    pub(crate) fn secret_too_short(variable: Option<&str>) -> Self {
        Self {
            kind: ErrorKind::SecretTooShort,
            name: variable.unwrap_or_default().to_owned(),
        }
    }

    /// What went wrong, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::NotAName => write!(
                f,
                "{:?} is not the name of a field; register names of letters, digits, `_`, `-` and `.`, \
                 and register values with `secret`",
                self.name
            ),
            ErrorKind::SecretTooShort if self.name.is_empty() => f.write_str(
                "a secret has less than 8 bytes, and to mask it would blank ordinary words; register \
                 the name of the field that holds it",
            ),
            ErrorKind::SecretTooShort => write!(
                f,
                "the variable {} holds less than 8 bytes, and to mask them would blank ordinary words; \
                 set a longer secret, or do not register it",
                self.name
            ),
        }
    }
}

impl std::error::Error for Error {}
