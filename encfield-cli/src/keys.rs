//! Keys from the environment.

use std::path::PathBuf;

use encfield::{DataKeys, Keyring, Passphrase};
use zeroize::Zeroizing;

use crate::exit::Problem;

/// The passphrase of the environment, if there is one.
pub(crate) fn passphrase() -> Result<Option<Passphrase>, Problem> {
    let file = std::env::var_os("ENCFIELD_PASSPHRASE_FILE");
    let text = std::env::var("ENCFIELD_PASSPHRASE").ok();
    match (file, text) {
        (Some(_), Some(_)) => Err(Problem::new(
            "both ENCFIELD_PASSPHRASE and ENCFIELD_PASSPHRASE_FILE are set, use one",
        )),
        (Some(file), None) => {
            let text = std::fs::read_to_string(&file).map(Zeroizing::new);
            let text = text.map_err(|_| Problem::new("ENCFIELD_PASSPHRASE_FILE cannot be read"))?;
            Ok(Some(Passphrase::new(text.trim_end_matches(['\r', '\n']))))
        }
        (None, text) => Ok(text.map(Passphrase::new)),
    }
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
    let keyring = read()?;
    let keyring = match data_keys {
        Some(data_keys) => keyring.with_data_keys(data_keys),
        None => keyring,
    };
    keyring.clone().install()?;
    Ok(keyring)
}
