//! A key-encryption key that a person knows.

use std::fmt;

use zeroize::Zeroizing;

use super::Keyring;
use super::wrapped::{KeyEncryption, PLACE};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::secret::SecretBytes;

/// A key-encryption key from a passphrase, by Argon2id.
///
/// 64 MiB of memory and 3 passes by default, the second choice of [RFC 9106]; they are stored beside
/// what is wrapped, so that they can be raised. Whoever has the wrapped keyring can guess
/// passphrases, each at that price: use a long one.
///
/// [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106#section-4
pub struct Passphrase {
    passphrase: Zeroizing<String>,
    memory_kib: u32,
    passes: u32,
}

impl Passphrase {
    /// Version, memory and passes, and salt, in front of the sealed bytes.
    const HEADER: usize = 1 + 4 + 4 + 16;

    /// What is taken from a wrapped keyring at most: 4 GiB and 64 passes. It is not authenticated yet
    /// when it is used.
    const MOST: (u32, u32) = (1 << 22, 64);

    /// A key-encryption key from this passphrase.
    #[must_use]
    pub fn new(passphrase: impl Into<String>) -> Self {
        Self {
            passphrase: Zeroizing::new(passphrase.into()),
            memory_kib: 1 << 16,
            passes: 3,
        }
    }

    /// The same with this cost: KiB of memory, and passes.
    #[must_use]
    pub fn with_cost(self, memory_kib: u32, passes: u32) -> Self {
        Self {
            memory_kib,
            passes,
            ..self
        }
    }

    fn keyring(&self, memory_kib: u32, passes: u32, salt: &[u8]) -> Result<Keyring, Error> {
        let refused = |_| self.refused("Argon2id refuses its cost");
        let params = argon2::Params::new(memory_kib, passes, 4, Some(SecretBytes::LENGTH));
        let params = params.map_err(refused)?;
        let mut memory = Zeroizing::new(vec![argon2::Block::default(); params.block_count()]);
        let mut key = Zeroizing::new([0; SecretBytes::LENGTH]);
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into_with_memory(
                self.passphrase.as_bytes(),
                salt,
                key.as_mut_slice(),
                memory.as_mut_slice(),
            )
            .map_err(refused)?;
        Ok(Keyring::new(Key::from_bytes(key)))
    }
}

impl KeyEncryption for Passphrase {
    fn name(&self) -> String {
        "passphrase".to_owned()
    }

    fn wrap(&self, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| Error::new(ErrorKind::Entropy))?;
        let keyring = self.keyring(self.memory_kib, self.passes, &salt)?;
        let mut wrapped = vec![1];
        wrapped.extend(self.memory_kib.to_be_bytes());
        wrapped.extend(self.passes.to_be_bytes());
        wrapped.extend(salt);
        wrapped.extend(keyring.seal(&PLACE, plaintext)?);
        Ok(wrapped)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (header, sealed) = wrapped
            .split_at_checked(Self::HEADER)
            .ok_or_else(|| self.refused("it is cut short"))?;
        let number = |at: usize| {
            let bytes = header
                .get(at..at + 4)
                .and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        let (memory_kib, passes) = (number(1), number(5));
        if header.first() != Some(&1) || memory_kib > Self::MOST.0 || passes > Self::MOST.1 {
            return Err(self.refused("it was not wrapped by this version"));
        }
        self.keyring(memory_kib, passes, header.get(9..).unwrap_or_default())?
            .open(&PLACE, sealed)
            .map_err(|_| self.refused("the passphrase is another, or it was changed"))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}
