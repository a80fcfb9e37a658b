//! The one error of the library.

use std::borrow::Cow;
use std::fmt;

use crate::key_id::KeyId;

/// Why something was refused: one opaque type for the whole library.
///
/// It prints as one sentence that names the table, the column and the key id where they are known
/// and says what to do next. It never holds, prints or wraps plaintext, key or ciphertext bytes.
/// Match on [`Error::kind`] to tell the cases apart.
#[derive(Clone)]
pub struct Error(Box<Detail>);

#[derive(Clone)]
struct Detail {
    kind: ErrorKind,
    place: Option<(Cow<'static, str>, Cow<'static, str>)>,
    key: Option<KeyId>,
    note: Option<Cow<'static, str>>,
}

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No keyring is installed in this process.
    NoKeyring,
    /// A keyring is installed already.
    KeyringInstalled,
    /// The environment variable or the file that should hold the keyring could not be read.
    KeyringSource,
    /// The keyring file could not be made or changed.
    KeyringNotWritten,
    /// The file of the keyring or of its passphrase can be read by other users of the machine.
    KeyringPermissions,
    /// The keyring's JSON is malformed or contradicts itself.
    KeyringInvalid,
    /// The value names a key that is not in the keyring.
    UnknownKey,
    /// The value names a key that is marked `compromised`.
    CompromisedKey,
    /// The column holds something that encfield did not write, plaintext for example.
    NotCiphertext,
    /// The value was written in a format that this version does not know.
    UnsupportedFormat,
    /// The value is shorter than the shortest value there can be.
    Truncated,
    /// The value does not authenticate: it was changed, or sealed for another column or table.
    ///
    /// All these causes look the same on purpose.
    NotAuthentic,
    /// The value opened, but its bytes are not an encoding of the field's type.
    NotDecodable,
    /// The value cannot be encoded.
    NotEncodable,
    /// The column's table and column names could not be told.
    UnknownContext,
    /// The keyring has no index key that a blind index could be filled or looked up under.
    NoIndexKey,
    /// The value has no normal form, and the blind index must not be NULL; or a part that is looked
    /// up is too short for the token index.
    NotIndexable,
    /// The write sets a column and leaves a blind index of it behind.
    IndexNotFilled,
    /// A key in the keyring is in a state in which this cannot be done with it.
    KeyState,
    /// A key cannot be removed, because values still need it.
    KeyInUse,
    /// A wrapped key or keyring could not be unwrapped.
    NotUnwrapped,
    /// A key or keyring could not be wrapped. Nothing was written.
    NotWrapped,
    /// The service that holds the key-encryption key does not answer.
    KeyServiceUnavailable,
    /// The keyring has a role that does not allow this.
    Forbidden,
    /// The database has no such column, or it does not hold bytes.
    ColumnInvalid,
    /// No index of the database begins with a blind index, so that each lookup reads the whole table.
    IndexMissing,
    /// Two models store the same column in different ways.
    ModelsDisagree,
    /// A value is to be sealed in a scope, and the keyring has no data keys.
    NoDataKeys,
    /// The scope has no value, or one that is too long.
    ScopeInvalid,
    /// The data key of the value's scope was destroyed, and with it the value.
    Shredded,
    /// The table of data keys could not be asked.
    DataKeyStore,
    /// A row of the table of data keys was changed, or swapped with another one.
    DataKeyInvalid,
    /// The file of destroyed data keys cannot be read or written.
    Tombstones,
    /// The database refused a statement of the engine's, or went away.
    Database,
    /// A value of another library's could not be read.
    NotImported,
    /// Another job works on the same column, or was called the same.
    JobsContradict,
    /// The operating system gave no random bytes.
    Entropy,
    /// The process's memory could not be locked, or core dumps not be forbidden.
    Memory,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Detail {
            kind,
            place: None,
            key: None,
            note: None,
        }))
    }

    pub(crate) fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    pub(crate) fn with_key(mut self, key: KeyId) -> Self {
        self.0.key = Some(key);
        self
    }

    pub(crate) fn at(
        mut self,
        table: impl Into<Cow<'static, str>>,
        column: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.place = Some((table.into(), column.into()));
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The SQL name of the table whose value was refused, with its schema where it has one.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.0.place.as_ref().map(|(table, _)| table.as_ref())
    }

    /// The SQL name of the column whose value was refused.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.0.place.as_ref().map(|(_, column)| column.as_ref())
    }

    /// The id of the key that the value names, or of the keyring's entry that was refused.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.0.key
    }
}

impl ErrorKind {
    /// The kinds that a job lists a row for, and so writes down.
    #[cfg(feature = "engine")]
    const OF_ROWS: [Self; 21] = [
        Self::UnknownKey,
        Self::CompromisedKey,
        Self::NotCiphertext,
        Self::UnsupportedFormat,
        Self::Truncated,
        Self::NotAuthentic,
        Self::NotDecodable,
        Self::NotEncodable,
        Self::UnknownContext,
        Self::NotIndexable,
        Self::IndexNotFilled,
        Self::KeyState,
        Self::KeyInUse,
        Self::NotUnwrapped,
        Self::ColumnInvalid,
        Self::ScopeInvalid,
        Self::Shredded,
        Self::DataKeyInvalid,
        Self::NotImported,
        Self::JobsContradict,
        Self::Database,
    ];

    /// The kind that a row was listed with, by its name in Rust.
    #[cfg(feature = "engine")]
    pub(crate) fn named(name: &str) -> Self {
        let mut kinds = Self::OF_ROWS.into_iter();
        kinds
            .find(|kind| format!("{kind:?}") == name)
            .unwrap_or(Self::Database)
    }

    /// What happened, without a subject, and what to do next.
    fn sentence(self) -> (&'static str, &'static str) {
        match self {
            Self::NoKeyring => (
                "no keyring is installed",
                "call `Keyring::from_env()?.install()?` once at start-up",
            ),
            Self::KeyringInstalled => (
                "a keyring is installed already",
                "install once at start-up and use `Keyring::replace` to swap it",
            ),
            Self::KeyringSource => (
                "the keyring could not be read",
                "set ENCFIELD_KEYRING to the keyring's JSON or ENCFIELD_KEYRING_FILE to its path",
            ),
            Self::KeyringNotWritten => (
                "the keyring file could not be written",
                "look at its folder: rights, room, and whether it is the right one; then do it again",
            ),
            Self::KeyringPermissions => (
                "other users can read the file",
                "make it readable by its owner alone",
            ),
            Self::KeyringInvalid => (
                "the keyring is not valid",
                "mend it or make a new one with `Keyring::generate`",
            ),
            Self::UnknownKey => (
                "the key is not in the keyring",
                "add it as an `active` key, or restore the keyring that held it",
            ),
            Self::CompromisedKey => (
                "the key is marked compromised",
                "re-encrypt its values: whoever holds that key can forge them",
            ),
            Self::NotCiphertext => (
                "the column holds bytes that encfield did not write",
                "migrate plaintext before you read it, and find out who wrote it",
            ),
            Self::UnsupportedFormat => (
                "the value is in a format that this version of encfield does not know",
                "update encfield",
            ),
            Self::Truncated => (
                "the value is cut short",
                "look at the column's type and length, and restore the row from a backup",
            ),
            Self::NotAuthentic => (
                "the value does not authenticate",
                "it was changed, or copied from another place: restore the row from a backup; \
                 after a rename of the table or column, name the old one with `Renamed`",
            ),
            Self::NotDecodable => (
                "the opened bytes are not an encoding of the field's type",
                "give the field the type that it was stored with",
            ),
            Self::NotEncodable => (
                "the value has no encoding",
                "store a value that its codec accepts",
            ),
            Self::UnknownContext => (
                "the names of table and column could not be told",
                "state them with `Renamed` in the column's SQL type",
            ),
            Self::NoIndexKey => (
                "the keyring has no index key",
                "make one with `Keyring::with_primary_index_key`, or use `Keyring::generate`, which does",
            ),
            Self::NotIndexable => (
                "there is nothing to make a tag of",
                "give a value that the index's normaliser accepts, or let the index column be NULL",
            ),
            Self::IndexNotFilled => (
                "the write would leave a blind index behind",
                "name it with `#[sensitive(index = ..)]`, or store with `Indexed`; nothing was written",
            ),
            Self::KeyState => (
                "the key's state does not allow it",
                "look at the states with `Keyring::keys`",
            ),
            Self::KeyInUse => (
                "the key is still needed",
                "store its values again under the primary key first; `remove_forced` gives them up",
            ),
            Self::NotUnwrapped => (
                "it could not be unwrapped",
                "use the key-encryption key or the passphrase that wrapped it, or a copy that is whole",
            ),
            Self::NotWrapped => (
                "it could not be wrapped",
                "nothing was written; mend what the key-encryption key says",
            ),
            Self::KeyServiceUnavailable => (
                "the service of the key-encryption key does not answer",
                "ask again when it does; a keyring that is installed stays",
            ),
            Self::Forbidden => (
                "the keyring is not for this",
                "give the process a keyring with the role that it needs, made with `Keyring::only`",
            ),
            Self::ColumnInvalid => (
                "the database has no such column, or it does not hold bytes",
                "run the migration that adds it: `BLOB`, `BYTEA` or `VARBINARY(32)` for an index",
            ),
            Self::IndexMissing => (
                "no index of the database begins with the column, and each lookup reads the whole table",
                "run the statement in a migration",
            ),
            Self::ModelsDisagree => (
                "two models store the column in different ways",
                "give both the same type, `index = ..`, `bind = ..`, `pad = ..` and `hide_null`",
            ),
            Self::NoDataKeys => (
                "the keyring has no data keys for a scope",
                "give it some with `Keyring::with_data_keys` before you install it",
            ),
            Self::ScopeInvalid => (
                "the scope of the value cannot be told",
                "give the field of `scope = ..` a value before you store",
            ),
            Self::Shredded => (
                "its data key was shredded",
                "nothing opens the value any more, and its scope takes no new one: delete it",
            ),
            Self::DataKeyStore => (
                "the table of data keys could not be asked",
                "make it with `DataKeys::create_table`, and look at the connection that it is given",
            ),
            Self::DataKeyInvalid => (
                "the data key does not authenticate",
                "its row was changed, or swapped with another one: restore it from a backup",
            ),
            Self::Tombstones => (
                "the file of destroyed data keys cannot be used",
                "restore it, or make a new one with `Tombstones::create`",
            ),
            Self::Database => (
                "the database refused",
                "look at its log and at the connection, and do it again: a job goes on where it was",
            ),
            Self::NotImported => (
                "another library's value could not be read",
                "the row is as it was; see what the reader says",
            ),
            Self::JobsContradict => (
                "another job is in the way",
                "let it finish, or forget it with `Job::forget`; or give this one another name",
            ),
            Self::Entropy => (
                "the operating system gave no random bytes",
                "nothing was sealed; try again when its random number generator works",
            ),
            Self::Memory => (
                "the process's memory could not be protected",
                "lift the limit on locked memory (`LimitMEMLOCK=infinity` in systemd, `ulimit -l \
                 unlimited`), or run without and encrypt swap",
            ),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, next) = self.0.kind.sentence();
        f.write_str("encfield: ")?;
        if let Some((table, column)) = &self.0.place {
            write!(f, "{table}.{column}: ")?;
        }
        f.write_str(what)?;
        match (&self.0.note, self.0.key) {
            (Some(note), Some(key)) => write!(f, " ({note}; key {key})")?,
            (Some(note), None) => write!(f, " ({note})")?,
            (None, Some(key)) => write!(f, " (key {key})")?,
            (None, None) => {}
        }
        write!(f, "; {next}")
    }
}

/// What a `main` that returns the error prints, and an `unwrap`: so it says what to do, too.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &format_args!("{self}"))
            .finish()
    }
}

impl std::error::Error for Error {}
