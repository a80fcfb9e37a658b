//! What a keyring may be used for.

use super::Keyring;
use crate::error::{Error, ErrorKind};
use crate::key::KeyState;

/// What a keyring may be used for, so that a process holds no more than it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Everything.
    All,
    /// To seal values and to fill indexes, and to look up: a process that takes data in.
    Seal,
    /// To open values and nothing else: a process that exports.
    Open,
    /// To look up and nothing else. It holds no encryption key.
    LookUp,
}

impl Role {
    /// The word for the role in the keyring's JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Seal => "seal",
            Self::Open => "open",
            Self::LookUp => "look-up",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::All, Self::Seal, Self::Open, Self::LookUp]
            .into_iter()
            .find(|role| role.word() == word)
    }
}

impl Keyring {
    /// What the keyring may be used for.
    #[must_use]
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// The same keyring for one role, with the keys that the role needs and no others.
    ///
    /// Give its JSON to the process that has the role. For [`Role::Seal`] it has the primary
    /// encryption key, and the index keys; the key could open what it seals, so encfield refuses
    /// to, which protects against mistakes and not against whoever steals the keyring. For
    /// [`Role::LookUp`] it has the index keys alone, and nobody opens anything with it.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] when this keyring has a role already, and
    /// [`ErrorKind::NoIndexKey`] for [`Role::LookUp`] when it has no index key.
    pub fn only(&self, role: Role) -> Result<Self, Error> {
        if self.0.role != Role::All {
            return Err(forbidden(self.0.role));
        }
        let (mut encryption, mut index) = (self.encryption_entries(), self.0.index.clone());
        match role {
            Role::All => {}
            Role::Seal => encryption.retain(|entry| entry.state == KeyState::Primary),
            Role::Open => index.clear(),
            Role::LookUp if index.is_empty() => return Err(Error::new(ErrorKind::NoIndexKey)),
            Role::LookUp => encryption.clear(),
        }
        Ok(Self::with_role(encryption, index, role)?.finding_data_keys(self.0.data_keys.clone()))
    }

    /// Refuses what the keyring is not for. `to` is what is about to be done.
    pub(super) fn permit(&self, to: Role) -> Result<(), Error> {
        match (self.0.role, to) {
            (Role::All, _) => Ok(()),
            (role, to) if role == to => Ok(()),
            (role, _) => Err(forbidden(role)),
        }
    }

    /// Refuses to unwrap data keys with a keyring that does not open. To seal in a scope its data key is
    /// unwrapped, so whoever seals there needs a keyring that does.
    pub(crate) fn permit_unwrapping(&self) -> Result<(), Error> {
        self.permit(Role::Open).map_err(|error| {
            error.with_note(format!(
                "its role is `{}`, and a scope's data key has to be unwrapped: install a keyring of \
                 their own for the data keys with `install_for_table`",
                self.0.role.word()
            ))
        })
    }

    /// Refuses to make tags to be stored in a keyring that may only look up.
    pub(crate) fn permit_tagging(&self) -> Result<(), Error> {
        match self.0.role {
            Role::All | Role::Seal => Ok(()),
            role => Err(forbidden(role)),
        }
    }
}

fn forbidden(role: Role) -> Error {
    Error::new(ErrorKind::Forbidden).with_note(format!("its role is `{}`", role.word()))
}
