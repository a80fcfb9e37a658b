//! Keys from the environment.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use encfield::{DataKeys, Keyring, KeyringFile, Passphrase};
use zeroize::Zeroizing;

use crate::exit::Problem;

/// The passphrase of the environment, if there is one.
pub(crate) fn passphrase() -> Result<Option<Passphrase>, Problem> {
    passphrase_in("ENCFIELD_PASSPHRASE")
}

/// The passphrase that is to come after it.
pub(crate) fn new_passphrase() -> Result<Passphrase, Problem> {
    passphrase_in("ENCFIELD_NEW_PASSPHRASE")?.ok_or_else(|| {
        Problem::new(
            "set ENCFIELD_NEW_PASSPHRASE_FILE or ENCFIELD_NEW_PASSPHRASE to the new passphrase",
        )
    })
}

/// In this variable, or in the file that the one behind it names.
fn passphrase_in(variable: &str) -> Result<Option<Passphrase>, Problem> {
    let in_file = format!("{variable}_FILE");
    let text = std::env::var(variable).ok().map(Zeroizing::new);
    match (std::env::var_os(&in_file), text) {
        (Some(_), Some(_)) => Err(Problem::new(format!(
            "both {variable} and {in_file} are set, use one"
        ))),
        (Some(file), None) => {
            let text = own_file(&file, &in_file)?;
            Ok(Some(Passphrase::new(text.trim_end_matches(['\r', '\n']))))
        }
        (None, text) => Ok(text.map(|text| Passphrase::new(text.as_str()))),
    }
}

/// The text of a file that its owner alone can read.
fn own_file(path: &OsStr, variable: &str) -> Result<Zeroizing<String>, Problem> {
    let unreadable = |_| Problem::new(format!("{variable} cannot be read"));
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    refuse_readable_by_others(&metadata, variable)?;
    // Reserved at once: a buffer that grew would leave a copy behind.
    let room = usize::try_from(metadata.len()).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// A pipe, as a shell's `<(..)` makes it, has no mode that says anything.
#[cfg(unix)]
fn refuse_readable_by_others(metadata: &Metadata, variable: &str) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & 0o077 != 0 {
        return Err(Problem::new(format!(
            "the file of {variable} can be read by others (mode {mode:o}): run `chmod 600` on it"
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Metadata, _: &str) -> Result<(), Problem> {
    Ok(())
}

/// The keyring's file.
pub(crate) fn file(given: Option<&std::path::Path>) -> Result<PathBuf, Problem> {
    given
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("ENCFIELD_KEYRING_FILE").map(PathBuf::from))
        .ok_or_else(|| Problem::new("name the keyring's file with --file or ENCFIELD_KEYRING_FILE"))
}

/// The keyring of the environment.
pub(crate) fn read() -> Result<Keyring, Problem> {
    Ok(match passphrase()? {
        Some(passphrase) => Keyring::from_env_with(&passphrase)?,
        None => Keyring::from_env()?,
    })
}

/// Installs the keyring of the environment, with these data keys.
pub(crate) fn install(data_keys: Option<&DataKeys>) -> Result<Keyring, Problem> {
    install_this(read()?, data_keys)
}

/// Installs a keyring, with these data keys.
pub(crate) fn install_this(
    keyring: Keyring,
    data_keys: Option<&DataKeys>,
) -> Result<Keyring, Problem> {
    let keyring = match data_keys {
        Some(data_keys) => keyring.with_data_keys(data_keys),
        None => keyring,
    };
    keyring.clone().install()?;
    if let Some(wrapping) = wrapping()? {
        wrapping.install_for_table(DataKeys::TABLE)?;
    }
    Ok(keyring)
}

/// The keyring that wraps data keys, where it is one of its own. A passphrase is for both files.
fn wrapping() -> Result<Option<Keyring>, Problem> {
    let Some(path) = std::env::var_os("ENCFIELD_WRAPPING_KEYRING_FILE") else {
        return Ok(None);
    };
    let file = KeyringFile::at(path);
    Ok(Some(match passphrase()? {
        Some(passphrase) => file.wrapped_by(&passphrase).read()?,
        None => file.read()?,
    }))
}

/// The keyring's file, looked at again while a job runs: another process may promote a key, and a job
/// that goes on sealing under the old one would bring it values after its census.
pub(crate) struct Watched {
    path: Option<PathBuf>,
    seen: Mutex<Option<Stamp>>,
}

/// What a file has that changes when it is replaced.
type Stamp = (Option<SystemTime>, u64);

impl Watched {
    /// Begins before the keyring is read for the first time.
    pub(crate) fn new() -> Self {
        let path = std::env::var_os("ENCFIELD_KEYRING_FILE").map(PathBuf::from);
        let seen = Mutex::new(path.as_ref().and_then(stamp));
        Self { path, seen }
    }

    /// Swaps the keyring of the process for that of the file, if the file changed.
    pub(crate) fn look(&self) -> Result<(), Problem> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let now = stamp(path);
        let poisoned = |_| Problem::new("a worker panicked");
        let mut seen = self.seen.lock().map_err(poisoned)?;
        if *seen == now {
            return Ok(());
        }
        read()?.replace()?;
        *seen = now;
        Ok(())
    }
}

fn stamp(path: &PathBuf) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok(), metadata.len()))
}
