//! Where the keyring comes from: the environment, or a file.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::Keyring;
use crate::error::{Error, ErrorKind};

/// Holds the keyring's JSON.
const JSON_VARIABLE: &str = "ENCFIELD_KEYRING";

/// Names a file that holds the keyring's JSON.
const FILE_VARIABLE: &str = "ENCFIELD_KEYRING_FILE";

/// The longest keyring file that is read, in bytes: room for some 5,000 keys.
const LONGEST: u64 = 1 << 20;

impl Keyring {
    /// The keyring that the environment names.
    ///
    /// `ENCFIELD_KEYRING` holds the keyring's JSON, or `ENCFIELD_KEYRING_FILE` names a file that
    /// holds it, which nobody but its owner may be able to read.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringSource`] when neither or both are set or the file cannot be read,
    /// [`ErrorKind::KeyringPermissions`] when others can read the file, and
    /// [`ErrorKind::KeyringInvalid`] when the JSON is not a keyring.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_json(&from_env()?)
    }

    /// The keyring in a file of JSON.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringSource`] when the file cannot be read or is over 1 MiB,
    /// [`ErrorKind::KeyringPermissions`] when, on Unix, its group or others have any right to it,
    /// and [`ErrorKind::KeyringInvalid`] when its JSON is not a keyring.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::from_json(&read(path.as_ref())?)
    }
}

/// The text that the environment holds, or the file that it names.
pub(super) fn from_env() -> Result<Zeroizing<String>, Error> {
    let problem = |note: String| Error::new(ErrorKind::KeyringSource).with_note(note);
    match (env::var_os(JSON_VARIABLE), env::var_os(FILE_VARIABLE)) {
        // Not UTF-8 means not JSON. The text is not quoted: it may hold a key.
        (Some(json), None) => json
            .into_string()
            .map(Zeroizing::new)
            .map_err(|_| problem(format!("{JSON_VARIABLE} is not UTF-8"))),
        (None, Some(path)) => read(Path::new(&path)),
        (None, None) => Err(problem(format!(
            "neither {JSON_VARIABLE} nor {FILE_VARIABLE} is set"
        ))),
        (Some(_), Some(_)) => Err(problem(format!(
            "both {JSON_VARIABLE} and {FILE_VARIABLE} are set, use one"
        ))),
    }
}

/// The text of a keyring file, which its owner alone can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    read_or(path, ErrorKind::KeyringSource)
}

/// The text of a file that its owner alone can read, or an error of this kind.
pub(super) fn read_or(path: &Path, otherwise: ErrorKind) -> Result<Zeroizing<String>, Error> {
    let problem = |note: String| Error::new(otherwise).with_note(note);
    let unreadable =
        |error: std::io::Error| problem(format!("{}: {}", path.display(), error.kind()));
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    refuse_readable_by_others(path, &metadata)?;
    let too_long = || problem(format!("{}: it is over 1 MiB", path.display()));
    // What a pipe will give, nobody knows before.
    let length = match metadata.is_file() {
        true => metadata.len(),
        false => LONGEST,
    };
    if length > LONGEST {
        return Err(too_long());
    }
    // Read into memory that is reserved at once: a buffer that grew would leave a copy behind.
    let room = usize::try_from(length).unwrap_or_default() + 2;
    let mut text = Zeroizing::new(String::with_capacity(room));
    file.take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        return Err(too_long());
    }
    Ok(text)
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), Error> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};

    // A pipe, as a shell's `<(..)` makes it, has what rights to its group its system chose. One in a folder
    // that everybody reads gives the secret to whoever comes first.
    let too_many = match metadata.is_file() {
        true => 0o077,
        false if metadata.file_type().is_fifo() => 0o007,
        false => 0,
    };
    match metadata.permissions().mode() & 0o777 {
        mode if mode & too_many != 0 => Err(Error::new(ErrorKind::KeyringPermissions)
            .with_note(format!("mode {mode:o}: run `chmod 600 {}`", path.display()))),
        _ => Ok(()),
    }
}

/// Elsewhere who may read a file is not told by a mode; the documentation says so.
#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Path, _: &std::fs::Metadata) -> Result<(), Error> {
    Ok(())
}
