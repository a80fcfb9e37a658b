//! The engine of encfield: keys, format 1, codecs, and Diesel's column types.
//!
//! Applications depend on the crate `encfield`, which shows all of this and adds the macros.
//!
//! Inside, arrows run one way: error, key id, secret, nonce, aead, key, keyring, context, format,
//! codec, cipher, field, encrypted, sealed. `diesel` sits on top and alone names Diesel.

mod aead;
mod cipher;
mod codec;
mod context;
mod diesel;
mod encrypted;
mod error;
mod field;
mod format;
mod key;
mod key_id;
mod keyring;
mod nonce;
mod sealed;
mod secret;

#[cfg(feature = "serde_json")]
pub use crate::codec::Json;
pub use crate::codec::{Codec, CodecError, Encoder, Plain};
pub use crate::context::Context;
pub use crate::diesel::{
    CiphertextIsStoredNeverCompared, EncryptedColumn, FormerName, Renamed, SealAs, sql_types,
};
pub use crate::encrypted::Encrypted;
pub use crate::error::{Error, ErrorKind};
pub use crate::field::Field;
pub use crate::key::{Key, KeyState};
pub use crate::key_id::KeyId;
pub use crate::keyring::Keyring;
pub use crate::sealed::Sealed;
pub use crate::secret::Redacted;
