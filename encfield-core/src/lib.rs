//! The engine of encfield: keys, format 1, codecs, and Diesel's column types.
//!
//! Applications depend on the crate `encfield`, which shows all of this and adds the macros.
//!
//! Inside, arrows run one way: error, memory, key id, secret, whole file, nonce, aead, key, scope, context, data
//! key, keyring, format, codec, wipe, sensitive, mask, redaction, row, cipher, data keys, blind index,
//! field, encrypted, sealed, custody. `diesel` sits on top and alone names Diesel.

// A table can have 128 columns, and a macro takes them one by one.
#![recursion_limit = "256"]

mod aead;
mod blind_index;
mod cipher;
mod codec;
mod context;
mod custody;
mod data_key;
mod data_keys;
mod diesel;
mod encrypted;
mod error;
mod field;
mod format;
mod key;
mod key_id;
mod keyring;
pub mod mask;
#[cfg(feature = "memory")]
pub mod memory;
mod nonce;
mod redaction;
mod row;
mod scope;
mod sealed;
mod secret;
mod sensitive;
mod set_associative;
mod whole_file;
mod wipe;

#[cfg(feature = "argon2")]
pub use crate::blind_index::Slow;
pub use crate::blind_index::{
    Bytes, CaseFolded, Chain, Choice, CompoundPart, Digits, Email, Exact, FewValues, FirstLetter,
    FullTags, IndexValue, LastFour, ManyValues, NGrams, Nfkc, Normaliser, Normalises, Plan,
    Prefixes, Skew, Tag, Tagging, Text, Tokeniser, Truncated, Year,
};
#[cfg(feature = "phonenumber")]
pub use crate::blind_index::{E164, E164In};
#[cfg(feature = "serde_json")]
pub use crate::codec::Json;
pub use crate::codec::{
    Codec, CodecError, Encoder, HiddenOption, HiddenOptionRef, MultipleOf, Padded, PaddedRef,
    Padding, Padme, Plain,
};
pub use crate::context::Context;
pub use crate::data_keys::{DataKeyRecord, DataKeyStore, DataKeys, Tombstones, Wanted};
#[cfg(feature = "engine")]
pub use crate::diesel::engine;
pub use crate::diesel::{
    CatalogueBackend, CatalogueConnection, CellBackend, CiphertextExpressionMethods,
    CiphertextIsStoredNeverCompared, CiphertextType, ColumnRecord, Compound, DataKeyConnection,
    DataKeyTable, EncryptedColumn, FormerName, HasDataKeyTable, IndexDomain,
    IndexExpressionMethods, IndexJoin, IndexLookup, IndexOf, IndexRecord, IndexSource, IndexType,
    Indexed, IndexedColumn, Inventory, Migrating, NullableIndex, Renamed, Report, SealAs,
    SealedUnder, SensitiveModel, Shared, SharesTagsWith, StoredAs, StoredColumn, TableColumns,
    TagIsStoredNeverCompared, TaggedAs, check, sql_types, tokens,
};
pub use crate::encrypted::{Encrypted, InRow};
pub use crate::error::{Error, ErrorKind};
pub use crate::field::Field;
pub use crate::key::{Key, KeyState};
pub use crate::key_id::KeyId;
#[cfg(feature = "argon2")]
pub use crate::keyring::Passphrase;
pub use crate::keyring::{
    KeyEncryption, KeyRecord, Keyring, KeyringFile, LocalKey, Purpose, RemoteKeyEncryption,
    RemoteKeyring, Role, Unwrapped,
};
pub use crate::row::RowValues;
pub use crate::scope::{Scope, ScopeValue};
pub use crate::sealed::Sealed;
pub use crate::secret::Redacted;
pub use crate::sensitive::Sensitive;
pub use crate::wipe::Wipe;

/// What the macros' output names. Nothing here is for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::diesel::made_by_the_model::{
        tag_left_apart, tag_of, tag_of_hidden, tag_of_optional,
    };
    pub use crate::redaction::{Names, Refused, SerializesItsSecrets, Shown, nested, redact};
    pub use serde;
    pub use zeroize::{Zeroize, ZeroizeOnDrop};
}
