//! The life of a key in a keyring: added, promoted, retired, compromised, removed.

use std::time::SystemTime;

use super::{Entry, Keyring};
use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyState};
use crate::key_id::KeyId;

/// What a key is for. A key has one purpose for all its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// It seals and opens values.
    Encryption,
    /// Tags of blind indexes are made under it.
    Index,
}

/// What a keyring says of a key, without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    id: KeyId,
    state: KeyState,
    purpose: Purpose,
    created: Option<SystemTime>,
}

impl KeyRecord {
    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What the key may still be used for.
    #[must_use]
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// What the key is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// When the key was made, if that was written down. Nothing depends on it: a clock can be wrong.
    #[must_use]
    pub fn created(&self) -> Option<SystemTime> {
        self.created
    }
}

impl Keyring {
    /// Every key of the keyring: the encryption keys, then the index keys, each the primary first.
    pub fn keys(&self) -> impl Iterator<Item = KeyRecord> + '_ {
        let record = |purpose| {
            move |entry: &Entry| KeyRecord {
                id: entry.key.id(),
                state: entry.state,
                purpose,
                created: entry.created,
            }
        };
        let encryption = self.0.encryption.iter().map(|key| &key.entry);
        encryption
            .map(record(Purpose::Encryption))
            .chain(self.0.index.iter().map(record(Purpose::Index)))
    }

    /// The same keyring with one more encryption key, which opens what was sealed under it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when the key is in the keyring already, or when its state is a
    /// second `primary`.
    pub fn with_key(&self, key: Key, state: KeyState) -> Result<Self, Error> {
        let mut encryption = self.encryption_entries();
        encryption.push(Entry::new(key, state));
        self.of(encryption, self.0.index.clone())
    }

    /// The same keyring with this key as its primary; the primary before it becomes `active`.
    ///
    /// Everything that was sealed still opens, and new values are sealed under the new key. The
    /// index keys stay. Install it with [`Keyring::replace`] in a running program, after every
    /// program that reads the values has a keyring with the new key in it.
    ///
    /// ```
    /// use encfield_core::{Key, Keyring};
    ///
    /// # fn main() -> Result<(), encfield_core::Error> {
    /// let today = Keyring::generate();
    /// let tomorrow = today.with_primary(Key::generate()?)?;
    /// assert_eq!(tomorrow.encryption_keys().count(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A key that is in the keyring already is promoted: give it to every program as `active`
    /// first, then make it the primary.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when the key is marked compromised in the keyring, or is an
    /// index key.
    pub fn with_primary(&self, key: Key) -> Result<Self, Error> {
        self.refuse_empty()?;
        let encryption = promoted(self.encryption_entries(), key)?;
        self.of(encryption, self.0.index.clone())
    }

    /// The same keyring with one more index key, under which lookups find what was stored with it.
    ///
    /// Give a new index key to every program as `active` first: all of them must look for its tags
    /// before any stores one.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when the key is in the keyring already, when its state is a
    /// second `primary`, or when it is not `primary` and there is no other.
    pub fn with_index_key(&self, key: Key, state: KeyState) -> Result<Self, Error> {
        let mut index = self.0.index.clone();
        index.push(Entry::new(key, state));
        self.of(self.encryption_entries(), index)
    }

    /// The same keyring with this key as its primary index key; the one before becomes `active`.
    ///
    /// New tags are made under it, and a lookup asks for the tags under every index key that is not
    /// compromised, so that what was stored before is still found. A unique constraint compares tags
    /// of one key alone: until the index is filled anew, a value that is there under the old key can
    /// be stored once more under the new one.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when the key is marked compromised in the keyring, or is an
    /// encryption key.
    pub fn with_primary_index_key(&self, key: Key) -> Result<Self, Error> {
        self.refuse_empty()?;
        let index = promoted(self.0.index.clone(), key)?;
        self.of(self.encryption_entries(), index)
    }

    pub(super) fn encryption_entries(&self) -> Vec<Entry> {
        let entries = self.0.encryption.iter().map(|key| &key.entry);
        entries.cloned().collect()
    }

    /// The same keyring with the key of this id as the primary of its purpose; the primary before it
    /// becomes `active`.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`] when there is no such key, and [`ErrorKind::KeyState`] when it is
    /// compromised.
    pub fn promote(&self, id: KeyId) -> Result<Self, Error> {
        self.moved(id, KeyState::Primary)
    }

    /// The same keyring with this key `retired`: it still opens, or is looked up under, and says that
    /// it should go.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`] when there is no such key, and [`ErrorKind::KeyState`] when it is the
    /// primary one or compromised.
    pub fn retire(&self, id: KeyId) -> Result<Self, Error> {
        self.moved(id, KeyState::Retired)
    }

    /// The same keyring with this key `compromised`: from then on it opens nothing, and no lookup asks
    /// under it. There is no way back.
    ///
    /// Store its values again first where you can; what is still sealed under it cannot be read by the
    /// program any more.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`] when there is no such key, and [`ErrorKind::KeyState`] when it is the
    /// primary one: promote another first.
    pub fn mark_compromised(&self, id: KeyId) -> Result<Self, Error> {
        self.moved(id, KeyState::Compromised)
    }

    /// The same keyring without this key, of which `values_left` values or tags are still there.
    ///
    /// Count them with [`sealed_under`](crate::CiphertextExpressionMethods::sealed_under) in every
    /// column; backups count as well. For a key whose values shall be unreadable from then on, see
    /// [`Keyring::remove_forced`].
    ///
    /// # Errors
    /// [`ErrorKind::KeyInUse`] when values are left, [`ErrorKind::UnknownKey`] when there is no such
    /// key, and [`ErrorKind::KeyState`] when it is neither retired nor compromised.
    pub fn remove(&self, id: KeyId, values_left: u64) -> Result<Self, Error> {
        if values_left > 0 {
            let note = format!("{values_left} values are left");
            return Err(Error::new(ErrorKind::KeyInUse).with_note(note).with_key(id));
        }
        self.remove_forced(id)
    }

    /// The same keyring without this key: **what is sealed under it can never be read again**.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownKey`] when there is no such key, and [`ErrorKind::KeyState`] when it is
    /// neither retired nor compromised: a key that is in use is never removed by mistake.
    pub fn remove_forced(&self, id: KeyId) -> Result<Self, Error> {
        match self.record(id)?.state {
            KeyState::Retired | KeyState::Compromised => {}
            state => return Err(cannot(id, state, "be removed", "retire it first")),
        }
        let (mut encryption, mut index) = (self.encryption_entries(), self.0.index.clone());
        encryption.retain(|entry| entry.key.id() != id);
        index.retain(|entry| entry.key.id() != id);
        self.of(encryption, index)
    }

    fn record(&self, id: KeyId) -> Result<KeyRecord, Error> {
        let mut keys = self.keys();
        let found = keys.find(|key| key.id == id);
        found.ok_or_else(|| Error::new(ErrorKind::UnknownKey).with_key(id))
    }

    /// The state machine: what may become what.
    fn moved(&self, id: KeyId, to: KeyState) -> Result<Self, Error> {
        let key = self.record(id)?;
        match (key.state, to) {
            (KeyState::Compromised, _) => {
                return Err(cannot(id, key.state, "change", "use another key"));
            }
            (KeyState::Primary, KeyState::Retired | KeyState::Compromised) => {
                return Err(cannot(id, key.state, "stop", "promote another key first"));
            }
            _ => {}
        }
        let (mut encryption, mut index) = (self.encryption_entries(), self.0.index.clone());
        let entries = match key.purpose {
            Purpose::Encryption => &mut encryption,
            Purpose::Index => &mut index,
        };
        for entry in entries.iter_mut() {
            if entry.key.id() == id {
                entry.state = to;
            } else if to == KeyState::Primary && entry.state == KeyState::Primary {
                entry.state = KeyState::Active;
            }
        }
        self.of(encryption, index)
    }

    /// A keyring of these keys that can do what this one can.
    fn of(&self, encryption: Vec<Entry>, index: Vec<Entry>) -> Result<Self, Error> {
        let keyring = Self::with_role(encryption, index, self.0.role)?;
        Ok(match &self.0.data_keys {
            None => keyring,
            data_keys => keyring.finding_data_keys(data_keys.clone()),
        })
    }

    /// Refuses what [`Keyring::generate`] gives without random bytes.
    pub(super) fn refuse_empty(&self) -> Result<(), Error> {
        if self.0.encryption.is_empty() && self.0.index.is_empty() {
            return Err(Error::new(ErrorKind::Entropy));
        }
        Ok(())
    }
}

fn cannot(id: KeyId, state: KeyState, what: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::KeyState)
        .with_note(format!("a key that is {state} cannot {what}, {remedy}"))
        .with_key(id)
}

/// The entries with this key as the primary one, and the primary before it active.
fn promoted(mut entries: Vec<Entry>, key: Key) -> Result<Vec<Entry>, Error> {
    let id = key.id();
    let is_primary = |entry: &&mut Entry| entry.state == KeyState::Primary;
    for entry in entries.iter_mut().filter(is_primary) {
        entry.state = KeyState::Active;
    }
    match entries.iter_mut().find(|entry| entry.key.id() == id) {
        Some(entry) if entry.state == KeyState::Compromised => {
            return Err(Error::new(ErrorKind::KeyringInvalid)
                .with_note("a compromised key cannot be primary")
                .with_key(id));
        }
        Some(entry) => entry.state = KeyState::Primary,
        None => entries.push(Entry::new(key, KeyState::Primary)),
    }
    Ok(entries)
}
