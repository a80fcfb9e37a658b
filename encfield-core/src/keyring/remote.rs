//! A wrapped keyring whose key-encryption key is far away.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Keyring;
use super::wrapped::Wrapped;
use crate::error::{Error, ErrorKind};

/// A key-encryption key that is asked over the network: that of a cloud's key management.
///
/// The asynchronous sibling of [`KeyEncryption`](crate::KeyEncryption), for any executor.
pub trait RemoteKeyEncryption: Send + Sync {
    /// What the key is called, as it is written beside what it wrapped: `kms:alias/app`.
    fn name(&self) -> String;

    /// Wraps some bytes, up to a few kilobytes.
    ///
    /// # Errors
    /// [`ErrorKind::NotWrapped`], made with [`not_wrapped`](Self::not_wrapped), and
    /// [`ErrorKind::KeyServiceUnavailable`], made with [`unavailable`](Self::unavailable).
    fn wrap(&self, plaintext: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> + Send;

    /// Unwraps what [`wrap`](Self::wrap) returned.
    ///
    /// Put a limit on how long it waits: [`RemoteKeyring`] waits for it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyServiceUnavailable`], made with [`unavailable`](Self::unavailable), when the
    /// service does not answer, is overloaded or fails: then, and only then, a keyring that is held
    /// goes on. [`ErrorKind::NotUnwrapped`], made with [`refused`](Self::refused), when it answers no:
    /// another key wrapped it, it was changed, the key is switched off, the program may not use it.
    fn unwrap(
        &self,
        wrapped: &[u8],
    ) -> impl Future<Output = Result<Zeroizing<Vec<u8>>, Error>> + Send;

    /// That the service unwraps this not, with a reason that holds no secret.
    fn refused(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::NotUnwrapped).with_note(format!("{}: {reason}", self.name()))
    }

    /// That the service wraps nothing, with a reason that holds no secret.
    fn not_wrapped(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::NotWrapped).with_note(format!("{}: {reason}", self.name()))
    }

    /// That the service does not answer, with a reason that holds no secret.
    fn unavailable(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::KeyServiceUnavailable).with_note(format!("{}: {reason}", self.name()))
    }
}

/// Keyrings that a remote key-encryption key unwraps, held for a while.
///
/// The service is asked at start-up, and again when what is held is older than its lifetime. When it
/// does not answer then, the program goes on with what it holds, up to a limit of its own: a service
/// that is down for an hour takes no program down with it. When it answers no, that is an error, and
/// what was held is let go.
///
/// Each wrapped text is held apart, so one of these serves several keyrings, and none is ever taken
/// for another. Of a text that is asked for no more, the keys are held until the limit.
///
/// ```
/// use std::time::Duration;
/// use encfield_core::{Error, RemoteKeyEncryption, RemoteKeyring};
///
/// # async fn start(kms: impl RemoteKeyEncryption, wrapped_json: &str) -> Result<(), Error> {
/// let remote = RemoteKeyring::new(kms)
///     .with_lifetime(Duration::from_secs(3600))
///     .with_grace(Duration::from_secs(24 * 3600));
/// remote.keyring(wrapped_json).await?.into_keyring().install()?;
///
/// // Every few minutes: a keyring that was rotated is taken up.
/// let now = remote.keyring(wrapped_json).await?;
/// if let Some(failure) = now.failure() {
///     eprintln!("going on with the keys at hand: {failure}");
/// }
/// now.into_keyring().replace()
/// # }
/// ```
pub struct RemoteKeyring<K> {
    wrapping: K,
    lifetime: Duration,
    grace: Duration,
    /// By the text that each was unwrapped from.
    held: Mutex<BTreeMap<Text, Held>>,
}

/// SHA-256 of a wrapped text.
type Text = [u8; 32];

#[derive(Clone)]
struct Held {
    keyring: Keyring,
    /// When the service was asked for it, by a clock that never goes backwards.
    since: Instant,
}

/// A keyring out of a [`RemoteKeyring`], and whether the service confirmed it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Unwrapped {
    keyring: Keyring,
    failure: Option<Error>,
}

impl Unwrapped {
    /// The keyring.
    #[must_use]
    pub fn into_keyring(self) -> Keyring {
        self.keyring
    }

    /// Why the service was asked in vain, where this keyring is older than its lifetime.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }
}

impl<K: RemoteKeyEncryption> RemoteKeyring<K> {
    /// Keyrings that this key-encryption key unwraps, held for an hour, and for a day where it does
    /// not answer.
    pub const fn new(wrapping: K) -> Self {
        Self {
            wrapping,
            lifetime: Duration::from_secs(3_600),
            grace: Duration::from_secs(24 * 3_600),
            held: Mutex::new(BTreeMap::new()),
        }
    }

    /// The same, asking again when what is held is this old.
    #[must_use]
    pub fn with_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// The same, going on with what is held until it is this old, where the service fails.
    #[must_use]
    pub fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// The keyring as JSON, wrapped by the key-encryption key.
    ///
    /// # Errors
    /// What the key-encryption key says.
    pub async fn wrap(&self, keyring: &Keyring) -> Result<String, Error> {
        let json = keyring.to_json()?;
        let wrapped = self.wrapping.wrap(json.as_bytes()).await?;
        Wrapped::new(self.wrapping.name(), wrapped).to_json()
    }

    /// The keyring in this wrapped JSON: what is held of it, or else what the service unwraps.
    ///
    /// # Errors
    /// What the key-encryption key says, unless it is [`ErrorKind::KeyServiceUnavailable`] and the
    /// keyring of this very text is held and younger than the grace; and
    /// [`ErrorKind::KeyringInvalid`] and [`ErrorKind::NotUnwrapped`] as
    /// [`Keyring::from_wrapped_json`]: a text that is wrong is no reason to go on with an old one.
    pub async fn keyring(&self, wrapped_json: &str) -> Result<Unwrapped, Error> {
        let text = Sha256::digest(wrapped_json).into();
        if let Some(Held { keyring, since }) = self.held(&text)
            && since.elapsed() < self.lifetime
        {
            return Ok(Unwrapped {
                keyring,
                failure: None,
            });
        }
        let wrapped = Wrapped::from_json(wrapped_json)?.of(&self.wrapping.name())?;
        let asked = Instant::now();
        match self.wrapping.unwrap(&wrapped).await {
            Ok(json) => {
                let keyring = Wrapped::keyring(&json)?;
                self.hold(text, &keyring, asked);
                Ok(Unwrapped {
                    keyring,
                    failure: None,
                })
            }
            Err(failure) if failure.kind() == ErrorKind::KeyServiceUnavailable => {
                // Looked for now: the answer may have taken its time, or another question one.
                match self.held(&text) {
                    Some(Held { keyring, since }) if since.elapsed() < self.grace => {
                        Ok(Unwrapped {
                            keyring,
                            failure: Some(failure),
                        })
                    }
                    _ => Err(failure),
                }
            }
            Err(refused) => {
                self.all_held().remove(&text);
                Err(refused)
            }
        }
    }

    /// What is held of this text.
    fn held(&self, text: &Text) -> Option<Held> {
        let mut all = self.all_held();
        let most = self.lifetime.max(self.grace);
        all.retain(|_, held| held.since.elapsed() < most);
        all.get(text).cloned()
    }

    /// Holds a keyring that the service was asked for at this time.
    fn hold(&self, text: Text, keyring: &Keyring, asked: Instant) {
        let mut all = self.all_held();
        // A question that was asked later may have been answered sooner.
        if all.get(&text).is_none_or(|held| held.since < asked) {
            let keyring = keyring.clone();
            all.insert(
                text,
                Held {
                    keyring,
                    since: asked,
                },
            );
        }
    }

    fn all_held(&self) -> MutexGuard<'_, BTreeMap<Text, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: RemoteKeyEncryption> fmt::Debug for RemoteKeyring<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeyring")
            .field("wrapping", &self.wrapping.name())
            .finish_non_exhaustive()
    }
}
