//! Why a scrubber cannot be made.

use std::fmt;

/// Why a [`Scrubber`](crate::Scrubber) cannot be made. It quotes no secret, and no name either: a name that
/// is none may be a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    /// Which of the names, from 0. Not the name: somebody may have passed a value there.
    position: usize,
    /// The variable that holds a secret.
    variable: String,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name has other characters than letters, digits, spaces, `_`, `-` and `.`.
    NotAName,
    /// A secret has less than 8 bytes; to mask it would blank half of the log.
    SecretTooShort,
}

impl Error {
    pub(crate) fn not_a_name(position: usize) -> Self {
        Self {
            kind: ErrorKind::NotAName,
            position,
            variable: String::new(),
        }
    }

    pub(crate) fn secret_too_short(variable: Option<&str>) -> Self {
        Self {
            kind: ErrorKind::SecretTooShort,
            position: 0,
            variable: variable.unwrap_or_default().to_owned(),
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
                "the name at position {} is not the name of a field; register names of letters, digits, \
                 spaces, `_`, `-` and `.`, and register values with `secret`",
                self.position + 1
            ),
            ErrorKind::SecretTooShort if self.variable.is_empty() => f.write_str(
                "a secret has less than 8 bytes, and to mask it would blank ordinary words; register \
                 the name of the field that holds it",
            ),
            ErrorKind::SecretTooShort => write!(
                f,
                "the variable {} holds less than 8 bytes, and to mask them would blank ordinary words; \
                 set a longer secret, or do not register it",
                self.variable
            ),
        }
    }
}

impl std::error::Error for Error {}
