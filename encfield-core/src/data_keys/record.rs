//! A data key as the table holds it: wrapped.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use crate::context::Context;
use crate::data_key::DataKey;
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::key_id::KeyId;
use crate::keyring::{self, Keyring};
use crate::secret::Redacted;

/// A row of the table of data keys.
///
/// `{:?}` prints neither the wrapped key nor whose it is.
#[derive(Clone)]
pub struct DataKeyRecord {
    /// The data key's id.
    pub key_id: KeyId,
    /// The scope, as `name=value`.
    pub scope: String,
    /// The wrapped key; nothing once it was destroyed.
    pub wrapped_key: Option<Vec<u8>>,
    /// When it was made, in seconds since 1970. Nothing depends on it: a clock can be wrong.
    pub created_at: i64,
    /// When it was destroyed, likewise.
    pub shredded_at: Option<i64>,
}

/// How a wrapped key is opened: as every value is, or under a compromised key too.
type Open = fn(&Keyring, &Context<'_>, &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;

/// The column of the wrapped keys.
const COLUMN: &str = "wrapped_key";

/// Now, in seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

impl DataKeyRecord {
    /// A record of a new data key.
    pub(super) fn wrap(table: &str, key: &Key, scope: &str) -> Result<Self, Error> {
        Ok(Self {
            key_id: key.id(),
            scope: scope.to_owned(),
            wrapped_key: Some(seal(table, scope, key.id(), key.bytes())?),
            created_at: now(),
            shredded_at: None,
        })
    }

    /// Refuses a keyring that could wrap a data key and not unwrap it: before a row is written.
    pub(super) fn permit_unwrapping(table: &str) -> Result<(), Error> {
        let place = Context::new(table, COLUMN);
        keyring::with_current(&place, Keyring::permit_unwrapping)
            .map_err(|error| place.blame(error))
    }

    /// The data key. It must be the scope's, where one is given.
    ///
    /// A wrapped key is bound to its id and scope, so that rows cannot be swapped.
    pub(super) fn unwrap(&self, table: &str, scope: Option<&str>) -> Result<DataKey, Error> {
        let key = self.open(table, scope.unwrap_or(&self.scope), Keyring::open)?;
        if key.id() != self.key_id {
            return Err(self.invalid());
        }
        Ok(DataKey::new(&key, self.scope.clone()))
    }

    /// The wrapped key, wrapped again under the primary key of the keyring in force.
    ///
    /// A compromised key unwraps here, and nowhere else: without it every value of the scope would stay
    /// locked for good.
    pub(crate) fn rewrapped(&self, table: &str) -> Result<Vec<u8>, Error> {
        let key = self.open(table, &self.scope, Keyring::open_even_compromised)?;
        if key.id() != self.key_id {
            return Err(self.invalid());
        }
        seal(table, &self.scope, self.key_id, key.bytes())
    }

    fn open(&self, table: &str, scope: &str, open: Open) -> Result<Key, Error> {
        let wrapped = match (&self.wrapped_key, self.shredded_at) {
            (None, Some(_)) => {
                return Err(Error::new(ErrorKind::Shredded).with_key(self.key_id));
            }
            (Some(wrapped), None) => wrapped,
            // It was destroyed and came back, or it went without being destroyed.
            _ => return Err(self.invalid()),
        };
        let opened = at(table, scope, self.key_id, |place| {
            keyring::with_current(place, |keyring| {
                keyring.permit_unwrapping()?;
                open(keyring, place, wrapped)
            })
        });
        let opened = opened.map_err(|error| match error.kind() {
            ErrorKind::NotAuthentic
            | ErrorKind::NotCiphertext
            | ErrorKind::Truncated
            | ErrorKind::UnsupportedFormat => self.invalid(),
            _ => error,
        })?;
        let bytes = opened.as_slice().try_into().map_err(|_| self.invalid())?;
        Ok(Key::from_bytes(Zeroizing::new(bytes)))
    }

    fn invalid(&self) -> Error {
        Error::new(ErrorKind::DataKeyInvalid).with_key(self.key_id)
    }
}

impl fmt::Debug for DataKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKeyRecord")
            .field("key_id", &self.key_id)
            .field("scope", &Redacted)
            .field("wrapped_key", &Redacted)
            .field("created_at", &self.created_at)
            .field("shredded_at", &self.shredded_at)
            .finish()
    }
}

/// The id of the key that a data key is wrapped under, if it is a wrapped one.
pub(crate) fn wrapped_by(wrapped: &[u8]) -> Option<KeyId> {
    let id = wrapped.get(2..)?.first_chunk()?;
    wrapped
        .starts_with(&crate::format::MARK_AND_FORMAT)
        .then(|| KeyId::from_bytes(*id))
}

/// The id of the key that data keys are wrapped under from now on.
pub(crate) fn wrapping_key(table: &str) -> Result<KeyId, Error> {
    let place = Context::new(table, COLUMN);
    keyring::with_current(&place, Keyring::primary_id).map_err(|error| place.blame(error))
}

fn seal(table: &str, scope: &str, id: KeyId, key: &[u8]) -> Result<Vec<u8>, Error> {
    at(table, scope, id, |place| {
        keyring::with_current(place, |keyring| keyring.seal(place, key))
    })
}

/// Runs the closure with the place of a wrapped key.
fn at<R>(
    table: &str,
    scope: &str,
    id: KeyId,
    run: impl FnOnce(&Context<'_>) -> Result<R, Error>,
) -> Result<R, Error> {
    let id = id.to_bytes();
    let bound = [scope.as_bytes(), id.as_slice()];
    let place = Context::new(table, COLUMN).with_bound(&bound);
    run(&place).map_err(|error| place.blame(error))
}
