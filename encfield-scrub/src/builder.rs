//! What a scrubber is told.

use encfield_core::Sensitive;
use zeroize::Zeroizing;

use crate::documents;
use crate::error::Error;
use crate::names::Names;
use crate::scrubber::Scrubber;
use crate::secrets::Secrets;

/// Collects what a [`Scrubber`] looks for.
#[derive(Default)]
pub struct Builder {
    names: Vec<String>,
    secrets: Vec<Known>,
}

/// A secret, and the variable that it is from.
struct Known {
    value: Zeroizing<String>,
    variable: Option<String>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("names", &self.names)
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

impl Builder {
    /// Registers a field: its value is masked wherever the name stands before it.
    ///
    /// `phone_number` is found as `phoneNumber`, `phone-number`, `phone number`, `PHONE_NUMBER` and
    /// `phone_number[]` too; before `=` or `:`, in quotes or not. It counts as a whole word:
    /// `user_phone_number` is another name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Registers several fields.
    #[must_use]
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names.extend(names.into_iter().map(N::into));
        self
    }

    /// Registers the sensitive fields of a type. A nested type has fields of its own, to be registered too.
    #[must_use]
    pub fn fields_of<T: Sensitive>(self) -> Self {
        self.names(T::FIELDS.iter().copied())
    }

    /// Registers a secret that the program knows: it is masked wherever it stands, as it is, with
    /// escapes, and percent-encoded. At least 8 bytes.
    ///
    /// The scrubber holds it until it is dropped, and then wipes it.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(Known {
            value: Zeroizing::new(secret.into()),
            variable: None,
        });
        self
    }

    /// Registers each key of a keyring, from its JSON: what `Keyring::to_json` gives, or a file has. The
    /// JSON as a whole is in no log; the text of one key may be.
    ///
    /// JSON without a key registers nothing.
    #[must_use]
    pub fn keyring(mut self, json: &str) -> Self {
        for text in documents::keys(json) {
            self = self.secret(text).secret(text.to_ascii_uppercase());
        }
        self
    }

    /// Registers the value of an environment variable, if it is set: keys, a password, a URL. Of a URL
    /// its password is registered too, and of a keyring each key.
    ///
    /// A password of less than 8 bytes is masked as a part of its URL only.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if let Ok(value) = std::env::var(&name)
            && !value.is_empty()
        {
            let value = Zeroizing::new(value);
            for password in documents::passwords(&value) {
                if password.len() >= Secrets::SHORTEST {
                    self = self.secret(password.as_str());
                }
            }
            self = self.keyring(&value);
            self.secrets.push(Known {
                value,
                variable: Some(name),
            });
        }
        self
    }

    /// A scrubber that looks for all of it.
    ///
    /// # Errors
    /// `NotAName` for a name that is none, and `SecretTooShort` for a secret of less than 8 bytes.
    pub fn build(self) -> Result<Scrubber, Error> {
        let mut secrets = Secrets::default();
        for known in &self.secrets {
            if known.value.len() < Secrets::SHORTEST {
                return Err(Error::secret_too_short(known.variable.as_deref()));
            }
            secrets.add(&known.value);
        }
        Ok(Scrubber::new(Names::new(&self.names)?, secrets))
    }
}
