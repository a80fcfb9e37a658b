#![doc = include_str!("../README.md")]

#[cfg(feature = "serde_json")]
pub use encfield_core::Json;
#[cfg(feature = "engine")]
pub use encfield_core::engine;
pub use encfield_core::mask;
#[cfg(feature = "memory")]
pub use encfield_core::memory;
pub use encfield_core::{
    Bytes, CaseFolded, CatalogueBackend, CatalogueConnection, CellBackend, Chain, Choice,
    CiphertextExpressionMethods, CiphertextIsStoredNeverCompared, CiphertextType, Codec,
    CodecError, ColumnRecord, Compound, CompoundPart, Context, DataKeyConnection, DataKeyRecord,
    DataKeyStore, DataKeyTable, DataKeys, Digits, Email, Encoder, Encrypted, EncryptedColumn,
    Error, ErrorKind, Exact, FewValues, Field, FirstLetter, FormerName, FullTags, HasDataKeyTable,
    HiddenOption, InRow, IndexDomain, IndexExpressionMethods, IndexJoin, IndexLookup, IndexOf,
    IndexRecord, IndexSource, IndexType, IndexValue, Indexed, IndexedColumn, Inventory, Key,
    KeyEncryption, KeyId, KeyRecord, KeyState, Keyring, KeyringFile, LastFour, LocalKey,
    ManyValues, Migrating, MultipleOf, NGrams, Nfkc, Normaliser, Normalises, NullableIndex, Padded,
    Padding, Padme, Plain, Plan, Prefixes, Purpose, RemoteKeyEncryption, RemoteKeyring, Renamed,
    Report, Role, RowValues, Scope, ScopeValue, SealAs, Sealed, SealedUnder, Sensitive,
    SensitiveModel, Shared, SharesTagsWith, Skew, StoredAs, StoredColumn, TableColumns, Tag,
    TagIsStoredNeverCompared, TaggedAs, Tagging, Text, Tokeniser, Tombstones, Truncated, Unwrapped,
    Wanted, Wipe, Year, check, inventory, sql_types, tokens,
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
#[cfg(feature = "scrub")]
pub use encfield_scrub as scrub;
/// Forms and JSON with sensitive fields: parsed, refused and logged without a value.
#[cfg(feature = "web")]
pub use encfield_web as web;

/// A type that prints no sensitive value and wipes them on drop: a form, a command, an answer.
///
/// For types that are no Diesel models; [`model`](macro@model) is for those. Mark the fields, and list
/// `Sensitive` where `Debug` would be.
///
/// ```
/// use encfield::Sensitive;
///
/// #[derive(Sensitive, serde::Deserialize)]
/// struct SignUp {
///     country: String,
///     #[sensitive(show = last4)]
///     phone_number: String,
///     #[sensitive]
///     passport_number: Option<String>,
/// }
///
/// let mut form = SignUp {
///     country: "IN".into(),
///     phone_number: "+919876543210".into(),
///     passport_number: Some("K1234567".into()),
/// };
/// assert_eq!(
///     format!("{form:?}"),
///     r#"SignUp { country: "IN", phone_number: ********3210, passport_number: ******** }"#,
/// );
/// // The sensitive fields are wiped on drop, so a field is taken out and not moved out.
/// let passport_number = std::mem::take(&mut form.passport_number);
/// # assert_eq!(passport_number.as_deref(), Some("K1234567"));
/// ```
pub use encfield_derive::Sensitive;

/// A span that records `********` for a function's sensitive arguments.
///
/// Write it where `#[tracing::instrument]` would stand, and name the arguments; without names it hides
/// all. The other arguments are recorded as usual, and an `#[instrument(..)]` below it keeps its
/// options. What prints spans (logs, span traces, error reports) then shows no sensitive value. The
/// program depends on the crate `tracing`.
///
/// ```
/// use encfield::sensitive_variables;
///
/// #[sensitive_variables(phone_number, passport_number)]
/// async fn sign_up(country: &str, phone_number: &str, passport_number: &str) {
///     // The span is sign_up{country="IN" phone_number=******** passport_number=********}.
/// }
/// ```
///
/// What the function itself logs is its own; and an error that `err` records is printed as it is.
pub use encfield_derive::sensitive_variables;

/// What the macros' output names. Nothing here is for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use encfield_core::__private::*;
    pub use encfield_core::{HiddenOptionRef, PaddedRef, Redacted};
    pub use encfield_derive::no_span_beside;
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
    #[doc = include_str!("../docs/guide/leaks.md")]
    mod leaks {}
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
