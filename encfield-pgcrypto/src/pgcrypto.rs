//! The reader.

use std::fmt;

use zeroize::Zeroizing;

use crate::armor::unarmored;
use crate::contents;
use crate::error::{ImportError, ImportErrorKind};
use crate::in_the_clear::is_in_the_clear;
use crate::limits::Limits;
use crate::message::Message;

/// Opens what pgcrypto's `pgp_sym_encrypt` made under one passphrase.
///
/// Make one for a column and use it for all its rows. A row costs what its string-to-key asks for:
/// 64 to 248 KiB of hashing by pgcrypto's defaults, and twice 65 MB at the most.
pub struct Pgcrypto {
    passphrase: Zeroizing<Vec<u8>>,
    limits: Limits,
    accepts_unauthenticated: bool,
}

impl Pgcrypto {
    /// A reader for this passphrase, the second argument of `pgp_sym_encrypt`.
    ///
    /// It is bytes here as it is there: a passphrase with letters beyond ASCII is the text as the
    /// database encoded it, UTF-8 in most. It is copied, and the copy is wiped when this is dropped.
    pub fn new(passphrase: impl AsRef<[u8]>) -> Self {
        Self {
            passphrase: Zeroizing::new(passphrase.as_ref().to_vec()),
            limits: Limits::default(),
            accepts_unauthenticated: false,
        }
    }

    /// Sets how large values and plaintexts may be.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets whether values are opened that carry nothing that would show a change.
    ///
    /// For columns that were written with `disable-mdc=1`, and only where nobody else could write to
    /// the table. Whoever could may have changed such a value bit by bit, or made a protected value
    /// into an unprotected one, and what opens may not be what was stored. A wrong passphrase is told
    /// by the plaintext's form alone: one in some hundred millions passes for the right one.
    #[must_use]
    pub fn accepting_unauthenticated(mut self, accepts: bool) -> Self {
        self.accepts_unauthenticated = accepts;
        self
    }

    /// The name of the format: `pgcrypto`.
    pub fn name(&self) -> &'static str {
        "pgcrypto"
    }

    /// Opens a value: the bytes of a `bytea`, or the text that `armor` made of them.
    ///
    /// The plaintext is bytes. It was text if `pgp_sym_encrypt` made the value, in the database's
    /// encoding, or in UTF-8 under `unicode-mode=1`.
    ///
    /// # Errors
    /// - [`KeyInvalid`](ImportErrorKind::KeyInvalid) when the passphrase is empty, which pgcrypto does
    ///   not take;
    /// - [`TooLarge`](ImportErrorKind::TooLarge) when the value or its plaintext is over a limit;
    /// - [`Malformed`](ImportErrorKind::Malformed) when it is no message, or not a whole one;
    /// - [`StoredInTheClear`](ImportErrorKind::StoredInTheClear) when no passphrase is needed to read
    ///   it;
    /// - [`Unsupported`](ImportErrorKind::Unsupported) when it needs a public key or an algorithm that
    ///   is not read;
    /// - [`NotAuthenticated`](ImportErrorKind::NotAuthenticated) when it has no modification detection
    ///   code;
    /// - [`NotAuthentic`](ImportErrorKind::NotAuthentic) when the passphrase is wrong or the value was
    ///   changed.
    pub fn open(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        if self.passphrase.is_empty() {
            return Err(ImportError::new(ImportErrorKind::KeyInvalid));
        }
        if value.len() > self.limits.max_value {
            return Err(ImportError::TOO_LARGE);
        }
        let value = unarmored(value)?;
        let message = Message::read(&value, &self.limits)?;
        // Before any passphrase: with the right one such a message does not open, and "wrong
        // passphrase" would hide that everybody can read it.
        if is_in_the_clear(&message, &self.limits) {
            return Err(ImportError::new(ImportErrorKind::StoredInTheClear));
        }
        if message.session_keys.is_empty() {
            return Err(if message.has_other_keys {
                ImportError::UNSUPPORTED
            } else {
                ImportError::MALFORMED
            });
        }
        let is_protected = message.data.is_protected();
        if !is_protected && !self.accepts_unauthenticated {
            return Err(ImportError::new(ImportErrorKind::NotAuthenticated));
        }
        for packet in &message.session_keys {
            let opened = packet
                .open(&self.passphrase)
                .and_then(|session_key| message.data.open(&session_key));
            let Some(opened) = opened else { continue };
            match contents::plaintext(&opened, &self.limits) {
                // The prefix agrees with a wrong passphrase once in 2^16 times, and this is what is
                // seen then.
                Err(ImportError::MALFORMED) if !is_protected => {}
                contents => return contents,
            }
        }
        Err(ImportError::NOT_AUTHENTIC)
    }
}

/// The settings alone.
impl fmt::Debug for Pgcrypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pgcrypto")
            .field("passphrase", &format_args!("********"))
            .field("limits", &self.limits)
            .field("accepts_unauthenticated", &self.accepts_unauthenticated)
            .finish()
    }
}
