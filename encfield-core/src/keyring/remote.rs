//! A wrapped keyring whose key-encryption key is far away.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
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
    /// [`ErrorKind::NotUnwrapped`], made with [`RemoteKeyEncryption::refused`].
    fn wrap(&self, plaintext: &[u8]) -> impl Future<Output = Result<Vec<u8>, Error>> + Send;

    /// Unwraps what [`wrap`](Self::wrap) returned.
    ///
    /// # Errors
    /// [`ErrorKind::NotUnwrapped`], made with [`RemoteKeyEncryption::refused`], also when the service
    /// does not answer.
    fn unwrap(
        &self,
        wrapped: &[u8],
    ) -> impl Future<Output = Result<Zeroizing<Vec<u8>>, Error>> + Send;

    /// An error with a reason that holds no secret.
    fn refused(&self, reason: &'static str) -> Error {
        Error::new(ErrorKind::NotUnwrapped).with_note(format!("{}: {reason}", self.name()))
    }
}

/// Keyrings that a remote key-encryption key unwraps, held for a while.
///
/// The service is asked at start-up, and again when what is held is older than its lifetime. When it
/// does not answer then, the program goes on with what it holds, up to a limit of its own: a service
/// that is down for an hour takes no program down with it.
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
    held: Mutex<Option<Held>>,
}

struct Held {
    keyring: Keyring,
    /// Which text it was unwrapped from.
    text: [u8; 32],
    /// By a clock that never goes backwards.
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
            held: Mutex::new(None),
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
    /// What the key-encryption key says, when nothing is held or only what is older than the grace;
    /// and [`ErrorKind::KeyringInvalid`] and [`ErrorKind::NotUnwrapped`] as
    /// [`Keyring::from_wrapped_json`]: a text that is wrong is no reason to go on with an old one.
    pub async fn keyring(&self, wrapped_json: &str) -> Result<Unwrapped, Error> {
        let text = Sha256::digest(wrapped_json).into();
        let (held, age) = self.held();
        if let Some((keyring, of)) = &held
            && age < self.lifetime
            && *of == text
        {
            return Ok(Unwrapped {
                keyring: keyring.clone(),
                failure: None,
            });
        }
        let wrapped = Wrapped::from_json(wrapped_json)?.of(&self.wrapping.name())?;
        match (self.wrapping.unwrap(&wrapped).await, held) {
            (Ok(json), _) => {
                let keyring = Wrapped::keyring(&json)?;
                *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Held {
                    keyring: keyring.clone(),
                    text,
                    since: Instant::now(),
                });
                Ok(Unwrapped {
                    keyring,
                    failure: None,
                })
            }
            (Err(failure), Some((keyring, _))) if age < self.grace => Ok(Unwrapped {
                keyring,
                failure: Some(failure),
            }),
            (Err(failure), _) => Err(failure),
        }
    }

    /// What is held, and how old it is.
    fn held(&self) -> (Option<(Keyring, [u8; 32])>, Duration) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some(held) => (
                Some((held.keyring.clone(), held.text)),
                held.since.elapsed(),
            ),
            None => (None, Duration::MAX),
        }
    }
}

impl<K: RemoteKeyEncryption> fmt::Debug for RemoteKeyring<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeyring")
            .field("wrapping", &self.wrapping.name())
            .finish_non_exhaustive()
    }
}
