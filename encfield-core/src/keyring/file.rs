//! The keyring's file: read, and changed as a whole or not at all.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::{KeyEncryption, Keyring};
use crate::error::{Error, ErrorKind};
use crate::whole_file::{Locked, WholeFile};

/// A keyring file that is changed safely: one writer at a time, and whole at every moment.
///
/// A change is written to a new file beside it, flushed to the disk, and put in its place by a
/// rename. Whoever is killed in between leaves the old file. Writers wait for one another with a lock
/// on a file beside it, `NAME.lock`, which the operating system takes away when a writer dies; each
/// reads the file after it has the lock, so no change is lost. Only the owner can read the file, and
/// it stays the owner's whoever changes it. Behind a symbolic link, the file that it leads to is
/// changed and the link stays; a link to nothing is an error.
///
/// ```
/// use encfield_core::{Key, Keyring, KeyringFile};
///
/// # fn main() -> Result<(), encfield_core::Error> {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("keyring.json");
/// let file = KeyringFile::create(&path, &Keyring::generate())?;
/// // Later: a new primary key. The old one stays, and opens.
/// let keyring = file.change(|keyring| keyring.with_primary(Key::generate()?))?;
/// assert_eq!(keyring.encryption_keys().count(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct KeyringFile<'k> {
    file: WholeFile,
    wrapping: Option<&'k dyn KeyEncryption>,
}

impl KeyringFile<'static> {
    /// Makes a new file with this keyring in it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringNotWritten`] when there is a file already, or it cannot be written.
    pub fn create(path: impl AsRef<Path>, keyring: &Keyring) -> Result<Self, Error> {
        let file = Self::at(path);
        file.make(keyring)?;
        Ok(file)
    }

    /// The file at this path, which is there or is about to be.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            file: WholeFile::at(path),
            wrapping: None,
        }
    }
}

impl KeyringFile<'_> {
    /// The same file, with the keyring in it wrapped by this key-encryption key.
    pub fn wrapped_by<'k>(&self, wrapping: &'k dyn KeyEncryption) -> KeyringFile<'k> {
        KeyringFile {
            file: self.file.clone(),
            wrapping: Some(wrapping),
        }
    }

    /// Makes the file with this keyring in it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringNotWritten`] when there is a file already, or it cannot be written.
    pub fn make(&self, keyring: &Keyring) -> Result<(), Error> {
        let locked = self.lock()?;
        if locked.path().exists() {
            return Err(self.problem("it is there already"));
        }
        self.write_first(keyring, &locked)
    }

    /// The keyring in the file.
    ///
    /// # Errors
    /// As [`Keyring::from_file`]; and [`ErrorKind::NotUnwrapped`] with the wrong key-encryption key.
    pub fn read(&self) -> Result<Keyring, Error> {
        self.read_at(self.file.path())
    }

    fn read_at(&self, path: &Path) -> Result<Keyring, Error> {
        match self.wrapping {
            Some(wrapping) => Keyring::from_file_with(path, wrapping),
            None => Keyring::from_file(path),
        }
    }

    /// Changes the keyring in the file, and returns what is in it now.
    ///
    /// # Errors
    /// What the closure returns, in which case the file stays as it is; and as [`KeyringFile::read`]
    /// and [`KeyringFile::create`].
    pub fn change(
        &self,
        change: impl FnOnce(&Keyring) -> Result<Keyring, Error>,
    ) -> Result<Keyring, Error> {
        let locked = self.lock()?;
        let keyring = change(&self.read_at(locked.path())?)?;
        self.write(&keyring, &locked)?;
        Ok(keyring)
    }

    /// Puts the keyring in the file under another key-encryption key or passphrase, and returns the
    /// file as it is then. A keyring in the clear is wrapped.
    ///
    /// The file is whole at every moment: whoever is killed in between leaves one that the key before
    /// unwraps, or one that the new key unwraps. What the new key wrapped is unwrapped once before it
    /// takes the place of the old file.
    ///
    /// A copy of the file from before still opens with the key from before. Where that key is known
    /// to somebody, the keys in the keyring are too: rotate them.
    ///
    /// ```
    /// use encfield_core::{Key, Keyring, KeyringFile, LocalKey};
    ///
    /// # fn main() -> Result<(), encfield_core::Error> {
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("keyring.json");
    /// # let [before, after] = [LocalKey::new(Key::generate()?), LocalKey::new(Key::generate()?)];
    /// # KeyringFile::at(&path).wrapped_by(&before).make(&Keyring::generate())?;
    /// KeyringFile::at(&path).wrapped_by(&before).rewrap(&after)?;
    /// let keyring = KeyringFile::at(&path).wrapped_by(&after).read()?;
    /// # let _ = keyring;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`KeyringFile::read`], and [`ErrorKind::NotWrapped`] or what the new key-encryption key says.
    /// The file stays as it is then.
    pub fn rewrap<'k>(&self, wrapping: &'k dyn KeyEncryption) -> Result<KeyringFile<'k>, Error> {
        let locked = self.lock()?;
        let keyring = self.read_at(locked.path())?;
        let file = self.wrapped_by(wrapping);
        file.write_first(&keyring, &locked)?;
        Ok(file)
    }

    fn lock(&self) -> Result<Locked, Error> {
        self.file.lock().map_err(|error| self.io(&error))
    }

    /// Puts a new file in the place of the old one.
    fn write(&self, keyring: &Keyring, locked: &Locked) -> Result<(), Error> {
        let json = self.text(keyring)?;
        self.put(&json, locked)
    }

    /// The same, when the key-encryption key has unwrapped nothing yet: it must.
    fn write_first(&self, keyring: &Keyring, locked: &Locked) -> Result<(), Error> {
        let json = self.text(keyring)?;
        if let Some(wrapping) = self.wrapping {
            let again = Keyring::from_wrapped_json(&json, wrapping)?;
            if again.to_json()? != keyring.to_json()? {
                return Err(wrapping.not_wrapped("it unwraps something else than it wrapped"));
            }
        }
        self.put(&json, locked)
    }

    fn text(&self, keyring: &Keyring) -> Result<Zeroizing<String>, Error> {
        match self.wrapping {
            Some(wrapping) => keyring.to_wrapped_json(wrapping).map(Zeroizing::new),
            None => keyring.to_json(),
        }
    }

    fn put(&self, json: &str, locked: &Locked) -> Result<(), Error> {
        locked
            .write(json.as_bytes())
            .map_err(|error| self.io(&error))
    }

    fn problem(&self, what: &str) -> Error {
        let note = format!("{}: {what}", self.file.path().display());
        Error::new(ErrorKind::KeyringNotWritten).with_note(note)
    }

    fn io(&self, error: &io::Error) -> Error {
        self.problem(&error.kind().to_string())
    }
}
