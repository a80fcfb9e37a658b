//! A file that is changed as a whole or not at all, by one writer at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that its owner alone can read, replaced by a rename under a lock.
#[derive(Clone, Debug)]
pub(crate) struct WholeFile {
    path: PathBuf,
}

/// Nobody else changes the file as long as this is held.
pub(crate) struct Locked<'f> {
    file: &'f WholeFile,
    // The operating system takes the lock away when the file is closed, and when the process dies.
    _lock: File,
}

impl WholeFile {
    pub(crate) fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until no other writer is at work.
    pub(crate) fn lock(&self) -> io::Result<Locked<'_>> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.beside("lock"))?;
        lock.lock()?;
        Ok(Locked {
            file: self,
            _lock: lock,
        })
    }

    /// A file beside this one.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(ending);
        self.path.with_file_name(name)
    }
}

impl Locked<'_> {
    /// Puts a new file in the place of the old one. Whoever is killed in between leaves the old one.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let (path, new) = (&self.file.path, self.file.beside("new"));
        // What a writer left that was killed; we have the lock.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = write_new(&new, bytes).and_then(|()| {
            fs::rename(&new, path)?;
            flush_folder(path)
        });
        written.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }
}

/// A new file that its owner alone can read, on the disk when this returns.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
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
