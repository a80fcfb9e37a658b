#![doc = include_str!("../README.md")]

#[cfg(feature = "serde_json")]
pub use encfield_core::Json;
pub use encfield_core::{
    CiphertextIsStoredNeverCompared, Codec, CodecError, Context, Encoder, Encrypted,
    EncryptedColumn, Error, ErrorKind, Field, FormerName, Key, KeyId, KeyState, Keyring, Plain,
    Renamed, SealAs, Sealed, sql_types,
};
pub use encfield_derive::model;

/// What the macros' output names. Nothing here is for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use encfield_core::Redacted;
}

/// The guide's examples are tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../docs/guide/declare.md")]
    mod declare {}
    #[doc = include_str!("../docs/guide/keys.md")]
    mod keys {}
    #[doc = include_str!("../docs/guide/query.md")]
    mod query {}
    #[doc = include_str!("../docs/guide/store.md")]
    mod store {}
}
