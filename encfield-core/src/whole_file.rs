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
pub(crate) struct Locked {
    /// The file itself, wherever a link leads to it from.
    path: PathBuf,
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

    /// Waits until no other writer is at work, whatever name it knows the file by.
    pub(crate) fn lock(&self) -> io::Result<Locked> {
        loop {
            let path = followed(&self.path)?;
            let lock = open_lock(&path)?;
            lock.lock()?;
            // A link may have been turned to another file meanwhile.
            if followed(&self.path)? == path {
                return Ok(Locked { path, _lock: lock });
            }
        }
    }
}

impl Locked {
    /// The file that is locked, and no link to it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a new file in the place of the old one, which keeps its owner. Whoever is killed in
    /// between leaves the old one.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // What a writer left that was killed; we have the lock.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = write_new(&new, &self.path, bytes).and_then(|()| {
            fs::rename(&new, &self.path)?;
            flush_folder(&self.path)
        });
        written.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }
}

/// The file that a path leads to. A link to nothing is an error: what would be made there was not
/// named.
fn followed(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() =>
        {
            let name = path.file_name().ok_or(error)?;
            Ok(fs::canonicalize(folder(path))?.join(name))
        }
        found => found,
    }
}

fn folder(path: &Path) -> &Path {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// A file beside this one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// The lock's file. It belongs to whom the locked file belongs, so that a superuser who came first
/// does not shut the program out.
fn open_lock(path: &Path) -> io::Result<File> {
    let lock = beside(path, "lock");
    let made = create_new(&lock);
    match made {
        Ok(made) => {
            keep_owner(&made, path)?;
            Ok(made)
        }
        // One that is there is opened as it is: it may be a link, and is not given away.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(lock)
        }
        Err(error) => Err(error),
    }
}

/// A new file that its owner alone can read.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A new file that is to take the place of this old one, on the disk when this returns.
fn write_new(path: &Path, old: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_new(path)?;
    keep_owner(&file, old)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives a new file to whom the old one belongs, if there is one. A superuser who changes a
/// program's file would otherwise take it away from the program.
#[cfg(unix)]
fn keep_owner(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let (old, new_one) = match fs::metadata(old) {
        Ok(old) => (old, new.metadata()?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if old.uid() != new_one.uid() {
        fchown(new, Some(old.uid()), Some(old.gid()))?;
    }
    Ok(())
}

/// Elsewhere a file takes over the rights of its folder.
#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// The rename itself on the disk.
#[cfg(unix)]
fn flush_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

/// Elsewhere a folder cannot be opened.
#[cfg(not(unix))]
fn flush_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
