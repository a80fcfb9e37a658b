//! The one key that a value is sealed or opened under.

use std::sync::Arc;

use super::{EncryptionKey, Keyring, Role};
use crate::aead::Cipher;
use crate::context::Context;
use crate::data_key::DataKey;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;

/// The key for a value: one of the keyring's own, or the data key of a scope.
pub(crate) enum ChosenKey<'k> {
    Own(&'k EncryptionKey),
    Data(Arc<DataKey>),
}

impl ChosenKey<'_> {
    pub(crate) fn id(&self) -> KeyId {
        match self {
            Self::Own(key) => key.id(),
            Self::Data(key) => key.id(),
        }
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        match self {
            Self::Own(key) => key.cipher(),
            Self::Data(key) => key.cipher(),
        }
    }
}

impl Keyring {
    /// The key that seals a value for this place.
    pub(crate) fn sealing(&self, place: &Context<'_>) -> Result<ChosenKey<'_>, Error> {
        self.permit(Role::Seal)?;
        let Some(scope) = place.scope() else {
            return self.first().map(ChosenKey::Own);
        };
        let data_keys = self.0.data_keys.as_ref();
        let data_keys = data_keys.ok_or_else(|| Error::new(ErrorKind::NoDataKeys))?;
        data_keys.of_scope(scope).map(ChosenKey::Data)
    }

    /// The key that opens a value of this place with this id. An id names one key; none is tried.
    ///
    /// A value of another scope than the place's is refused like one that does not authenticate. One
    /// that was sealed before its field had a scope is not: it has the keyring's own key.
    pub(crate) fn opening(&self, place: &Context<'_>, id: KeyId) -> Result<ChosenKey<'_>, Error> {
        self.permit(Role::Open)?;
        match self.own(id)? {
            Some(key) => Ok(ChosenKey::Own(key)),
            None => self.of_a_scope(place, id),
        }
    }

    /// The same for the engine and for what wraps data keys anew, to which alone a compromised key still
    /// opens: so that its values can be sealed again.
    pub(crate) fn opening_even_compromised(
        &self,
        place: &Context<'_>,
        id: KeyId,
    ) -> Result<ChosenKey<'_>, Error> {
        self.permit(Role::Open)?;
        match self.own_in_any_state(id)? {
            Some(key) => Ok(ChosenKey::Own(key)),
            None => self.of_a_scope(place, id),
        }
    }

    /// Whether a value can be sealed for this place, as far as that can be told without making a data key.
    #[cfg(feature = "engine")]
    pub(crate) fn could_seal(&self, place: &Context<'_>) -> Result<(), Error> {
        self.permit(Role::Seal)?;
        match (place.scope(), &self.0.data_keys) {
            (None, _) => self.first().map(drop),
            (Some(scope), Some(_)) => scope.text().map(drop),
            (Some(_), None) => Err(Error::new(ErrorKind::NoDataKeys)),
        }
    }

    /// Whether a key with this id is the keyring's own, and no data key.
    pub(crate) fn is_own(&self, id: KeyId) -> Result<bool, Error> {
        Ok(self.own_in_any_state(id)?.is_some())
    }

    /// The data key with this id, which must be of the place's scope.
    fn of_a_scope(&self, place: &Context<'_>, id: KeyId) -> Result<ChosenKey<'_>, Error> {
        let data_keys = self.0.data_keys.as_ref();
        let unknown = || Error::new(ErrorKind::UnknownKey).with_key(id);
        let key = data_keys.ok_or_else(unknown)?.with_id(id)?;
        match place.scope() {
            Some(scope) if scope.text()? != key.scope() => {
                Err(Error::new(ErrorKind::NotAuthentic).with_key(id))
            }
            _ => Ok(ChosenKey::Data(key)),
        }
    }
}
