#![doc = include_str!("../README.md")]

#[cfg(feature = "serde_json")]
pub use encfield_core::Json;
#[cfg(feature = "engine")]
pub use encfield_core::engine;
pub use encfield_core::{
    Bytes, CaseFolded, Chain, Choice, CiphertextExpressionMethods, CiphertextIsStoredNeverCompared,
    CiphertextType, Codec, CodecError, ColumnRecord, Compound, Context, DataKeyConnection,
    DataKeyRecord, DataKeyStore, DataKeyTable, DataKeys, Digits, Email, Encoder, Encrypted,
    EncryptedColumn, Error, ErrorKind, Exact, FewValues, Field, FirstLetter, FormerName, FullTags,
    HasDataKeyTable, HiddenOption, InRow, IndexDomain, IndexExpressionMethods, IndexJoin,
    IndexLookup, IndexOf, IndexRecord, IndexSource, IndexType, IndexValue, Indexed, IndexedColumn,
    Inventory, Key, KeyEncryption, KeyId, KeyRecord, KeyState, Keyring, KeyringFile, LastFour,
    LocalKey, ManyValues, Migrating, MultipleOf, NGrams, Nfkc, Normaliser, Normalises,
    NullableIndex, Padded, Padding, Padme, Plain, Plan, Prefixes, Purpose, RemoteKeyEncryption,
    RemoteKeyring, Renamed, Report, Role, RowValues, Scope, ScopeValue, SealAs, Sealed,
    SealedUnder, SensitiveModel, Shared, SharesTagsWith, Skew, StoredAs, StoredColumn,
    TableColumns, Tag, TagIsStoredNeverCompared, TaggedAs, Tagging, Text, Tokeniser, Tombstones,
    Truncated, Unwrapped, Wanted, Year, sql_types, tokens,
};
#[cfg(feature = "phonenumber")]
pub use encfield_core::{E164, E164In};
#[cfg(feature = "argon2")]
pub use encfield_core::{Passphrase, Slow};
/// Makes a Diesel model transparent: fields marked `#[sensitive]` are plain in the program and
/// ciphertext in the database.
///
/// It stands above the derives. The struct keeps its fields and their types, and gets a `Debug` that
/// prints `********` for each sensitive field, whatever its value; a `Debug` in the derive list is
/// taken out.
///
/// ```
/// use diesel::prelude::*;
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield::sql_types::Ciphertext;
///
///     profiles (id) {
///         id -> Integer,
///         passport_number -> Nullable<Ciphertext<passport_number>>,
///     }
/// }
///
/// #[encfield::model]
/// #[derive(Queryable, Selectable, Insertable, AsChangeset)]
/// #[diesel(table_name = profiles)]
/// struct Profile {
///     id: i32,
///     #[sensitive]
///     passport_number: Option<String>,
/// }
///
/// let profile = Profile { id: 1, passport_number: Some("K1234567".into()) };
/// assert_eq!(format!("{profile:?}"), "Profile { id: 1, passport_number: ******** }");
/// ```
pub use encfield_derive::model;

/// What the macros' output names. Nothing here is for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use encfield_core::{HiddenOptionRef, PaddedRef, Redacted};
}

/// The guide's examples are tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../docs/guide/coming-from.md")]
    mod coming_from {}
    #[doc = include_str!("../docs/guide/declare.md")]
    mod declare {}
    #[doc = include_str!("../docs/guide/keys.md")]
    mod keys {}
    #[doc = include_str!("../docs/guide/migrating.md")]
    mod migrating {}
    #[doc = include_str!("../docs/guide/query.md")]
    mod query {}
    #[doc = include_str!("../docs/guide/rotating.md")]
    mod rotating {}
    #[doc = include_str!("../docs/guide/searching.md")]
    mod searching {}
    #[doc = include_str!("../docs/guide/store.md")]
    mod store {}
}
