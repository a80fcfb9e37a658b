//! Readers for values that other libraries encrypted, for a table that moves to encfield.
//!
//! Each reader opens the values of one format: [`Fernet`] for Fernet tokens and for
//! django-fernet-fields, [`Rails`] for Active Record Encryption, [`Lockbox`] for the Ruby gem lockbox.
//! There is no writer: what was opened is to be sealed by encfield and stored again.
//!
//! ```
//! use encfield_import::{Fernet, FernetKey, Reader};
//!
//! # fn main() -> Result<(), encfield_import::ImportError> {
//! let key = FernetKey::from_text("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=")?;
//! let reader = Fernet::new(key);
//! let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
//! assert_eq!(*reader.open(token.as_bytes())?, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! # What a reader holds to
//!
//! - Nothing is opened that does not authenticate, but for what the caller accepts by name. Every failure
//!   to authenticate looks the same.
//! - [`Limits`] bound what a value can make the reader do, whatever it says of itself.
//! - Opened bytes come in `Zeroizing`, which wipes them. Keys are wiped, too.
//! - An [`ImportError`] never holds a byte of a value or a key. `Debug` of a reader prints how many
//!   keys it has.
//!
//! # What it cannot do
//!
//! - None of these formats binds a value to its table, column and row. Somebody who can write to the
//!   database may have swapped two values, and both open. The exception is lockbox with associated data.
//! - What opens is bytes, as the library wrote them. A number or a date is in that library's encoding.
//!
//! Inside, arrows run one way: error, limits, reader, secret, aead, zlib, then a format each.

mod aead;
mod django;
mod error;
mod fernet;
mod limits;
mod lockbox;
mod rails;
mod reader;
mod secret;
mod zlib;

pub use crate::error::{ImportError, ImportErrorKind};
pub use crate::fernet::{Fernet, FernetKey};
pub use crate::limits::Limits;
pub use crate::lockbox::{Lockbox, LockboxKey};
pub use crate::rails::{Rails, RailsDigest, RailsKey};
pub use crate::reader::Reader;
