//! Keyrings under a key-encryption key.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Keyring, source};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::key::Key;

/// The version of a wrapped keyring's JSON.
const VERSION: u32 = 1;

/// The place that wrapped bytes are sealed for.
pub(super) const PLACE: Context<'static> = Context::new("encfield", "wrapped");

/// A key that keys are kept under: a local one, a passphrase, a token, a key in the cloud.
///
/// Implement it for a service of your own. What `wrap` returns is opaque to encfield: the service's
/// own ciphertext, with all that `unwrap` needs. It should be authenticated.
pub trait KeyEncryption: fmt::Debug + Send + Sync {
    /// What the key is called, as it is written beside what it wrapped: `local`, `kms:alias/app`.
    fn name(&self) -> String;

    /// Wraps some bytes, up to a few kilobytes.
    ///
    /// # Errors
    /// [`ErrorKind::NotWrapped`], made with [`not_wrapped`](Self::not_wrapped), or whatever else keeps
    /// the key from being used. What cannot be unwrapped again must not be wrapped.
    fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error>;

    /// Unwraps what [`wrap`](Self::wrap) returned.
    ///
    /// # Errors
    /// [`ErrorKind::NotUnwrapped`], made with [`refused`](Self::refused), when it was wrapped by
    /// another key or was changed.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;

    /// That something was not unwrapped, with a reason that holds no secret.
    fn refused(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::NotUnwrapped).with_note(format!("{}: {reason}", self.name()))
    }

    /// That something was not wrapped, with a reason that holds no secret.
    fn not_wrapped(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::NotWrapped).with_note(format!("{}: {reason}", self.name()))
    }
}

/// A wrapped keyring's JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapped {
    encfield_wrapped_keyring: u32,
    key_encryption: String,
    wrapped: String,
}

impl Wrapped {
    /// What the key-encryption key of this name wrapped.
    pub(super) fn new(key_encryption: String, wrapped: Vec<u8>) -> Self {
        Self {
            encfield_wrapped_keyring: VERSION,
            key_encryption,
            wrapped: base16ct::lower::encode_string(&wrapped),
        }
    }

    pub(super) fn to_json(&self) -> Result<String, Error> {
        json::to_string_pretty(self).map_err(|_| invalid("it has no JSON".to_owned()))
    }

    pub(super) fn from_json(text: &str) -> Result<Self, Error> {
        let document: Self = json::from_str(text).map_err(|error| {
            invalid(format!(
                "it is no wrapped keyring, at line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        if document.encfield_wrapped_keyring != VERSION {
            return Err(invalid("a wrapped keyring of another version".to_owned()));
        }
        Ok(document)
    }

    /// What was wrapped, for the key-encryption key of this name.
    pub(super) fn of(&self, name: &str) -> Result<Vec<u8>, Error> {
        if self.key_encryption != name {
            return Err(Error::new(ErrorKind::NotUnwrapped).with_note(format!(
                "it is wrapped by `{}`, and the key at hand is `{name}`",
                self.key_encryption,
            )));
        }
        base16ct::lower::decode_vec(&self.wrapped)
            .map_err(|_| invalid("`wrapped` is not hexadecimal".to_owned()))
    }

    /// The keyring out of what was unwrapped.
    pub(super) fn keyring(json: &[u8]) -> Result<Keyring, Error> {
        let json = std::str::from_utf8(json).map_err(|_| invalid("it is not UTF-8".to_owned()))?;
        Keyring::from_json(json)
    }
}

fn invalid(note: String) -> Error {
    Error::new(ErrorKind::KeyringInvalid).with_note(note)
}

impl Keyring {
    /// The keyring as JSON, wrapped by this key-encryption key.
    ///
    /// # Errors
    /// What the key-encryption key says, and [`ErrorKind::Entropy`].
    pub fn to_wrapped_json(&self, wrapping: &dyn KeyEncryption) -> Result<String, Error> {
        let wrapped = wrapping.wrap(self.to_json()?.as_bytes())?;
        Wrapped::new(wrapping.name(), wrapped).to_json()
    }

    /// The keyring in this JSON, which this key-encryption key wrapped.
    ///
    /// # Errors
    /// [`ErrorKind::NotUnwrapped`] with another key-encryption key, and
    /// [`ErrorKind::KeyringInvalid`] when it is no wrapped keyring or is cut short.
    pub fn from_wrapped_json(text: &str, wrapping: &dyn KeyEncryption) -> Result<Self, Error> {
        let wrapped = Wrapped::from_json(text)?.of(&wrapping.name())?;
        Wrapped::keyring(&wrapping.unwrap(&wrapped)?)
    }

    /// The keyring in a file, which this key-encryption key wrapped.
    ///
    /// # Errors
    /// As [`Keyring::from_file`] and [`Keyring::from_wrapped_json`].
    pub fn from_file_with(
        path: impl AsRef<Path>,
        wrapping: &dyn KeyEncryption,
    ) -> Result<Self, Error> {
        Self::from_wrapped_json(&source::read(path.as_ref())?, wrapping)
    }

    /// The wrapped keyring that the environment names, as [`Keyring::from_env`] names it.
    ///
    /// # Errors
    /// As [`Keyring::from_env`] and [`Keyring::from_wrapped_json`].
    pub fn from_env_with(wrapping: &dyn KeyEncryption) -> Result<Self, Error> {
        Self::from_wrapped_json(&source::from_env()?, wrapping)
    }
}

/// A key-encryption key of 32 bytes that the program holds itself.
///
/// Keep it apart from the keyring: the one in the program's secrets, the other in its files.
#[derive(Clone)]
pub struct LocalKey(Keyring);

impl LocalKey {
    /// A key-encryption key from a key that is used for nothing else.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self(Keyring::new(key))
    }
}

impl KeyEncryption for LocalKey {
    fn name(&self) -> String {
        "local".to_owned()
    }

    fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.seal(&PLACE, plaintext)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.0
            .open(&PLACE, wrapped)
            .map_err(|_| self.refused("another key wrapped it, or it was changed"))
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey")
    }
}
