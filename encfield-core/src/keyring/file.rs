//! The keyring's file: read, and changed as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KeyEncryption, Keyring};
use crate::error::{Error, ErrorKind};

/// A keyring file that is changed safely: one writer at a time, and whole at every moment.
///
/// A change is written to a new file beside it, flushed to the disk, and put in its place by a
/// rename. Whoever is killed in between leaves the old file. Writers wait for one another with a lock
/// on a file beside it, `NAME.lock`, which the operating system takes away when a writer dies; each
/// reads the file after it has the lock, so no change is lost. Only the owner can read the file.
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
    path: PathBuf,
    wrapping: Option<&'k dyn KeyEncryption>,
}

impl KeyringFile<'static> {
    /// Makes a new file with this keyring in it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringSource`] when there is a file already, or it cannot be written.
    pub fn create(path: impl AsRef<Path>, keyring: &Keyring) -> Result<Self, Error> {
        let file = Self::at(path);
        file.make(keyring)?;
        Ok(file)
    }

    /// The file at this path, which is there or is about to be.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            wrapping: None,
        }
    }
}

impl KeyringFile<'_> {
    /// The same file, with the keyring in it wrapped by this key-encryption key.
    pub fn wrapped_by<'k>(&self, wrapping: &'k dyn KeyEncryption) -> KeyringFile<'k> {
        KeyringFile {
            path: self.path.clone(),
            wrapping: Some(wrapping),
        }
    }

    /// Makes the file with this keyring in it.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringSource`] when there is a file already, or it cannot be written.
    pub fn make(&self, keyring: &Keyring) -> Result<(), Error> {
        let _lock = self.lock()?;
        if self.path.exists() {
            return Err(self.problem("it is there already"));
        }
        self.write(keyring)
    }

    /// The keyring in the file.
    ///
    /// # Errors
    /// As [`Keyring::from_file`]; and [`ErrorKind::NotUnwrapped`] with the wrong key-encryption key.
    pub fn read(&self) -> Result<Keyring, Error> {
        match self.wrapping {
            Some(wrapping) => Keyring::from_file_with(&self.path, wrapping),
            None => Keyring::from_file(&self.path),
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
        let _lock = self.lock()?;
        let keyring = change(&self.read()?)?;
        self.write(&keyring)?;
        Ok(keyring)
    }

    /// Waits until no other writer is at work. The lock ends when the file is closed.
    fn lock(&self) -> Result<File, Error> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.beside("lock"))
            .map_err(|error| self.io(&error))?;
        lock.lock().map_err(|error| self.io(&error))?;
        Ok(lock)
    }

    /// Puts a new file in the place of the old one.
    fn write(&self, keyring: &Keyring) -> Result<(), Error> {
        let json: Zeroizing<String> = match self.wrapping {
            Some(wrapping) => Zeroizing::new(keyring.to_wrapped_json(wrapping)?),
            None => keyring.to_json()?,
        };
        let new = self.beside("new");
        // What a writer left that was killed; we have the lock.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.io(&error)),
            _ => {}
        }
        let written = write_whole(&new, json.as_bytes()).and_then(|()| {
            fs::rename(&new, &self.path)?;
            flush_folder(&self.path)
        });
        written.map_err(|error| {
            let _ = fs::remove_file(&new);
            self.io(&error)
        })
    }

    /// A file beside the keyring's.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.path.with_file_name(name)
    }

    fn problem(&self, what: &str) -> Error {
        let note = format!("{}: {what}", self.path.display());
        Error::new(ErrorKind::KeyringSource).with_note(note)
    }

    fn io(&self, error: &io::Error) -> Error {
        self.problem(&error.kind().to_string())
    }
}

/// A new file that its owner alone can read, on the disk when this returns.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The rename itself on the disk.
#[cfg(unix)]
fn flush_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be opened.
#[cfg(not(unix))]
fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
