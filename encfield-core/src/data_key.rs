//! The key of one scope, and where a keyring gets it from.

use std::fmt;
use std::sync::Arc;

use crate::aead::Cipher;
use crate::error::Error;
use crate::key::Key;
use crate::key_id::KeyId;
use crate::scope::Scope;

/// The key that the values of one scope are sealed under, its cipher prepared.
pub(crate) struct DataKey {
    id: KeyId,
    cipher: Cipher,
    scope: String,
}

/// Where a keyring finds data keys.
pub(crate) trait FindDataKey: fmt::Debug + Send + Sync {
    /// The data key of a scope, made on first use.
    fn of_scope(&self, scope: &Scope) -> Result<Arc<DataKey>, Error>;

    /// The data key with this id.
    fn with_id(&self, id: KeyId) -> Result<Arc<DataKey>, Error>;

    /// The table that they are in.
    fn table(&self) -> &str;

    /// Asks the table something, and says whether it can be asked at all: without a connection of their
    /// own nobody knows.
    fn answers(&self) -> Result<bool, Error>;
}

impl DataKey {
    pub(crate) fn new(key: &Key, scope: String) -> Self {
        Self {
            id: key.id(),
            cipher: key.cipher(),
            scope,
        }
    }

    pub(crate) fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    /// The scope's text.
    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }
}
