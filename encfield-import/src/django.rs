//! The keys of django-fernet-fields.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::error::{ImportError, ImportErrorKind};
use crate::fernet::{FernetKey, NAME};
use crate::secret::Secret;

/// What [django-fernet-fields] gives HKDF beside the secret.
///
/// [django-fernet-fields]: https://github.com/orcasgit/django-fernet-fields
const SALT: &[u8] = b"django-fernet-fields-hkdf-salt";
const INFO: &[u8] = b"django-fernet-fields";

impl FernetKey {
    /// The key that django-fernet-fields derives from an entry of `FERNET_KEYS`, or from `SECRET_KEY`
    /// where there is none: HKDF-SHA256 of its UTF-8 bytes.
    ///
    /// Give a reader all entries, the newest first. With `FERNET_USE_HKDF = False` the entries are
    /// keys themselves: use [`FernetKey::from_text`].
    ///
    /// # Errors
    /// [`KeyInvalid`](ImportErrorKind::KeyInvalid) when the secret is empty: Django refuses that, too.
    pub fn from_django_secret(secret: &str) -> Result<Self, ImportError> {
        let invalid = || ImportError::new(NAME, ImportErrorKind::KeyInvalid);
        if secret.is_empty() {
            return Err(invalid());
        }
        let mut key = Secret::<32>::zeroed();
        Hkdf::<Sha256>::new(Some(SALT), secret.as_bytes())
            .expand(INFO, key.as_mut())
            .map_err(|_| invalid())?;
        Ok(Self::from_bytes(key.as_bytes()))
    }
}
