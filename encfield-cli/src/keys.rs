//! Keys from the environment.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use encfield::{DataKeys, Error, Keyring, KeyringFile, Passphrase};
use zeroize::Zeroizing;

use crate::command::DataKeysAt;
use crate::exit::Problem;

/// The passphrase of the environment, if there is one.
///
/// A file is read each time: it may have changed along with the keyring. A pipe gives its text once.
pub(crate) fn passphrase() -> Result<Option<Arc<Passphrase>>, Problem> {
    static PIPED: OnceLock<Arc<Passphrase>> = OnceLock::new();

    if let Some(piped) = PIPED.get() {
        return Ok(Some(Arc::clone(piped)));
    }
    let variable = "ENCFIELD_PASSPHRASE";
    let file = std::env::var_os(format!("{variable}_FILE"));
    let is_piped = file.is_some_and(|file| !Path::new(&file).is_file());
    let passphrase = passphrase_in(variable)?.map(Arc::new);
    if let Some(passphrase) = passphrase.as_ref().filter(|_| is_piped) {
        let _ = PIPED.set(Arc::clone(passphrase));
    }
    Ok(passphrase)
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
            let passphrase = Passphrase::from_file(file);
            let named = |error: Error| Problem::new(format!("{in_file}: {}", said(&error)));
            Ok(Some(passphrase.map_err(named)?))
        }
        (None, text) => Ok(text.map(|text| Passphrase::new(text.as_str()))),
    }
}

/// The library's sentence behind another word than its name.
fn said(error: &Error) -> String {
    let sentence = error.to_string();
    sentence.trim_start_matches("encfield: ").to_owned()
}

/// The keyring's file.
pub(crate) fn file(given: Option<&Path>) -> Result<PathBuf, Problem> {
    given
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("ENCFIELD_KEYRING_FILE").map(PathBuf::from))
        .ok_or_else(|| Problem::new("name the keyring's file with --file or ENCFIELD_KEYRING_FILE"))
}

/// The keyring of the environment.
pub(crate) fn read() -> Result<Keyring, Problem> {
    Ok(match passphrase()? {
        Some(passphrase) => Keyring::from_env_with(&*passphrase)?,
        None => Keyring::from_env()?,
    })
}

/// Installs the keyring of the environment, with these data keys.
pub(crate) fn install(at: &DataKeysAt, data_keys: Option<&DataKeys>) -> Result<Keyring, Problem> {
    install_this(read()?, at, data_keys)
}

/// Installs a keyring, with these data keys.
pub(crate) fn install_this(
    keyring: Keyring,
    at: &DataKeysAt,
    data_keys: Option<&DataKeys>,
) -> Result<Keyring, Problem> {
    let keyring = match data_keys {
        Some(data_keys) => keyring.with_data_keys(data_keys),
        None => keyring,
    };
    keyring.clone().install()?;
    if let Some(wrapping) = wrapping()? {
        wrapping.install_for_table(&at.data_keys_table)?;
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
        Some(passphrase) => file.wrapped_by(&*passphrase).read()?,
        None => file.read()?,
    }))
}
