//! A key-encryption key that a person knows.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use super::wrapped::{KeyEncryption, PLACE};
use super::{Keyring, source};
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

    /// What is paid at most: 4 GiB and 64 passes. A wrapped keyring says what it costs before it is
    /// authenticated.
    const MOST: (u32, u32) = (1 << 22, 64);

    /// Argon2id's lanes. Each takes 8 KiB at least.
    const LANES: u32 = 4;

    /// A key-encryption key from this passphrase.
    #[must_use]
    pub fn new(passphrase: impl Into<String>) -> Self {
        Self {
            passphrase: Zeroizing::new(passphrase.into()),
            memory_kib: 1 << 16,
            passes: 3,
        }
    }

    /// A key-encryption key from the passphrase in a file, without the ends of lines behind it. A pipe
    /// does as well, such as a shell's `<(..)`.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringPermissions`] when, on Unix, the file's group or others have any right to
    /// it, and [`ErrorKind::NotUnwrapped`] when it cannot be read, is no text, is empty or is over 1 MiB.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = source::read_or(path, ErrorKind::NotUnwrapped)?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => {
                let note = format!("{}: the passphrase is empty", path.display());
                Err(Error::new(ErrorKind::NotUnwrapped).with_note(note))
            }
            passphrase => Ok(Self::new(passphrase)),
        }
    }

    /// The same with this cost: KiB of memory, 32 to 4,194,304 (4 GiB), and passes, 1 to 64.
    ///
    /// Any other cost wraps nothing: it would not be unwrapped again.
    #[must_use]
    pub fn with_cost(self, memory_kib: u32, passes: u32) -> Self {
        Self {
            memory_kib,
            passes,
            ..self
        }
    }

    /// Why this cost is not paid, if it is not: the same for wrapping and unwrapping, so that nothing
    /// is wrapped for good.
    fn refuse_cost(memory_kib: u32, passes: u32) -> Option<&'static str> {
        if memory_kib < 8 * Self::LANES || memory_kib > Self::MOST.0 {
            return Some("its cost is 32 to 4194304 KiB of memory");
        }
        if passes == 0 || passes > Self::MOST.1 {
            return Some("its cost is 1 to 64 passes");
        }
        None
    }

    /// The keyring of the key that this cost makes of the passphrase, or why there is none.
    fn keyring(&self, memory_kib: u32, passes: u32, salt: &[u8]) -> Result<Keyring, &'static str> {
        if let Some(reason) = Self::refuse_cost(memory_kib, passes) {
            return Err(reason);
        }
        let refused = |_| "Argon2id refuses its cost";
        let length = Some(SecretBytes::LENGTH);
        let params = argon2::Params::new(memory_kib, passes, Self::LANES, length);
        let params = params.map_err(refused)?;
        let mut memory = Zeroizing::new(Vec::new());
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| "there is not enough memory for its cost")?;
        memory.resize(params.block_count(), argon2::Block::default());
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
        if self.passphrase.is_empty() {
            return Err(self.not_wrapped("it is empty"));
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| Error::new(ErrorKind::Entropy))?;
        let keyring = self
            .keyring(self.memory_kib, self.passes, &salt)
            .map_err(|reason| self.not_wrapped(reason))?;
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
        if header.first() != Some(&1) {
            return Err(self.refused("it was not wrapped by this version"));
        }
        self.keyring(number(1), number(5), header.get(9..).unwrap_or_default())
            .map_err(|reason| self.refused(reason))?
            .open(&PLACE, sealed)
            .map_err(|_| self.refused("the passphrase is another, or it was changed"))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}
