//! All keys of a program.

mod chosen;
mod document;
mod entry;
mod file;
mod installed;
mod life;
#[cfg(feature = "argon2")]
mod passphrase;
mod recent;
mod remote;
mod role;
mod source;
mod wrapped;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use crate::aead::Cipher;
use crate::data_key::FindDataKey;
use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyState};
use crate::key_id::KeyId;

pub(crate) use self::chosen::ChosenKey;
use self::entry::Entry;
pub use self::file::KeyringFile;
pub(crate) use self::installed::with_current;
pub use self::life::{KeyRecord, Purpose};
#[cfg(feature = "argon2")]
pub use self::passphrase::Passphrase;
pub(crate) use self::recent::{Asked, Chosen, remember, remember_tag, to_open, to_seal, to_tag};
pub use self::remote::{RemoteKeyEncryption, RemoteKeyring, Unwrapped};
pub use self::role::Role;
pub use self::wrapped::{KeyEncryption, LocalKey};

/// The keys of a program: one primary encryption key, any number of older ones, and, apart from
/// them, index keys.
///
/// A keyring is a handle that is cheap to clone. Its keys are wiped when the last handle goes, and
/// it prints their ids and states alone.
///
/// ```
/// use encfield_core::Keyring;
///
/// # fn main() -> Result<(), encfield_core::Error> {
/// // Once, by hand: make a keyring and keep its JSON where you keep secrets.
/// let json = Keyring::generate().to_json()?;
///
/// // In the program, once, at start-up; `Keyring::from_env()?` reads it from the environment.
/// Keyring::from_json(&json)?.install()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Keyring(Arc<Entries>);

struct Entries {
    /// The primary key first, the others in the order of their ids.
    encryption: Vec<EncryptionKey>,
    /// The primary key first, if there is any.
    index: Vec<Entry>,
    role: Role,
    data_keys: Option<Arc<dyn FindDataKey>>,
}

// What finds data keys changes behind a lock, and is never half of something.
impl UnwindSafe for Entries {}
impl RefUnwindSafe for Entries {}

/// An encryption key in a keyring, its cipher prepared once.
#[derive(Clone)]
pub(crate) struct EncryptionKey {
    entry: Entry,
    cipher: Cipher,
}

impl Keyring {
    /// A keyring with a new primary encryption key and a new primary index key.
    ///
    /// Write [`Keyring::to_json`] down before you store anything: values sealed under a lost key
    /// are lost. When the operating system gives no random bytes the keyring comes out empty, and
    /// whatever is done with it fails with [`ErrorKind::Entropy`].
    #[must_use]
    pub fn generate() -> Self {
        let fresh = || -> Result<Self, Error> {
            let (encryption, index) = (Key::generate()?, Key::generate()?);
            Self::from_entries(
                vec![Entry::new(encryption, KeyState::Primary)],
                vec![Entry::new(index, KeyState::Primary)],
            )
        };
        fresh().unwrap_or_else(|_| Self::without_keys())
    }

    /// What [`Keyring::generate`] gives when the operating system gives no random bytes.
    pub(crate) fn without_keys() -> Self {
        Self(Arc::new(Entries {
            encryption: vec![],
            index: vec![],
            role: Role::All,
            data_keys: None,
        }))
    }

    /// A keyring with this primary encryption key and no other key.
    #[must_use]
    pub fn new(primary: Key) -> Self {
        let entry = Entry {
            key: primary,
            state: KeyState::Primary,
            created: None,
        };
        Self(Arc::new(Entries {
            encryption: vec![EncryptionKey::new(entry)],
            index: vec![],
            role: Role::All,
            data_keys: None,
        }))
    }

    /// Checks what must hold of the keys together, and prepares their ciphers.
    fn from_entries(encryption: Vec<Entry>, index: Vec<Entry>) -> Result<Self, Error> {
        Self::with_role(encryption, index, Role::All)
    }

    /// The same, of a keyring that can do what the role says alone.
    fn with_role(encryption: Vec<Entry>, index: Vec<Entry>, role: Role) -> Result<Self, Error> {
        let invalid = |note: &'static str| Error::new(ErrorKind::KeyringInvalid).with_note(note);
        let mut ids: Vec<_> = encryption
            .iter()
            .chain(&index)
            .map(|entry| entry.key.id())
            .collect();
        ids.sort_unstable();
        if let Some(&[twice, _]) = ids
            .windows(2)
            .find(|pair| pair.first() == pair.last())
            .and_then(|pair| pair.first_chunk::<2>())
        {
            return Err(invalid("the same key stands in it twice").with_key(twice));
        }
        let primaries = |entries: &[Entry]| {
            entries
                .iter()
                .filter(|entry| entry.state == KeyState::Primary)
                .count()
        };
        match (encryption.len(), primaries(&encryption)) {
            (0, _) if role == Role::LookUp && !index.is_empty() => {}
            (0, _) => return Err(invalid("it has no encryption key")),
            (_, 0) => return Err(invalid("no encryption key is `primary`")),
            (_, 1) => {}
            _ => return Err(invalid("more than one encryption key is `primary`")),
        }
        match (index.len(), primaries(&index)) {
            (0, _) | (_, 1) => {}
            (_, 0) => return Err(invalid("no index key is `primary`")),
            _ => return Err(invalid("more than one index key is `primary`")),
        }
        let mut encryption: Vec<_> = encryption.into_iter().map(EncryptionKey::new).collect();
        encryption.sort_by_key(|key| (key.entry.state != KeyState::Primary, key.id()));
        let mut index = index;
        index.sort_by_key(|entry| (entry.state != KeyState::Primary, entry.key.id()));
        Ok(Self(Arc::new(Entries {
            encryption,
            index,
            role,
            data_keys: None,
        })))
    }

    /// The id of the key that seals new values.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] for a keyring that [`Keyring::generate`] could not fill.
    pub fn primary_id(&self) -> Result<KeyId, Error> {
        self.first().map(EncryptionKey::id)
    }

    /// The encryption keys' ids and states, the primary first.
    pub fn encryption_keys(&self) -> impl Iterator<Item = (KeyId, KeyState)> + '_ {
        self.0
            .encryption
            .iter()
            .map(|key| (key.id(), key.entry.state))
    }

    /// The index keys' ids and states, the primary first; they never seal or open anything.
    pub fn index_keys(&self) -> impl Iterator<Item = (KeyId, KeyState)> + '_ {
        let entries = self.0.index.iter();
        entries.map(|entry| (entry.key.id(), entry.state))
    }

    /// The index keys that tags are looked for under, the primary first.
    pub(crate) fn live_index_keys(&self) -> impl Iterator<Item = &Key> {
        let live = |entry: &&Entry| entry.state != KeyState::Compromised;
        self.0.index.iter().filter(live).map(|entry| &entry.key)
    }

    /// The primary encryption key, whatever it may be used for here.
    fn first(&self) -> Result<&EncryptionKey, Error> {
        let first = self.0.encryption.first();
        first.ok_or_else(|| match self.permit(Role::Seal) {
            Err(forbidden) => forbidden,
            Ok(()) => Error::new(ErrorKind::Entropy),
        })
    }

    /// The same keyring, which finds the data keys of scopes here.
    #[must_use]
    pub(crate) fn finding_data_keys(&self, data_keys: Option<Arc<dyn FindDataKey>>) -> Self {
        Self(Arc::new(Entries {
            encryption: self.0.encryption.clone(),
            index: self.0.index.clone(),
            role: self.0.role,
            data_keys,
        }))
    }

    /// What finds the data keys of scopes, if anything does.
    pub(crate) fn data_keys(&self) -> Option<&Arc<dyn FindDataKey>> {
        self.0.data_keys.as_ref()
    }

    /// The keyring's own key with this id, if it may open.
    fn own(&self, id: KeyId) -> Result<Option<&EncryptionKey>, Error> {
        match self.own_in_any_state(id)? {
            Some(key) if key.entry.state == KeyState::Compromised => {
                Err(Error::new(ErrorKind::CompromisedKey).with_key(id))
            }
            key => Ok(key),
        }
    }

    /// The keyring's own key with this id.
    fn own_in_any_state(&self, id: KeyId) -> Result<Option<&EncryptionKey>, Error> {
        let (primary, others) = self
            .0
            .encryption
            .split_first()
            .ok_or_else(|| Error::new(ErrorKind::Entropy))?;
        Ok(if primary.id() == id {
            Some(primary)
        } else {
            others
                .binary_search_by_key(&id, EncryptionKey::id)
                .ok()
                .and_then(|found| others.get(found))
        })
    }
}

impl EncryptionKey {
    fn new(entry: Entry) -> Self {
        let cipher = entry.key.cipher();
        Self { entry, cipher }
    }

    pub(crate) fn id(&self) -> KeyId {
        self.entry.key.id()
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        &self.cipher
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring ")?;
        f.debug_map().entries(self.encryption_keys()).finish()
    }
}
