//! Readers of other libraries' values, with their keys from the environment.

use std::sync::Arc;

use encfield::Error;
use encfield::engine::ByteReader;
use encfield_import::{
    Fernet, FernetKey, ImportError, Lockbox, LockboxKey, Rails, RailsDigest, RailsKey, Reader,
};
use encfield_pgcrypto::Pgcrypto;
use zeroize::Zeroizing;

use crate::command::{Format, ImportOptions};
use crate::exit::Problem;

/// The reader of a format.
pub(crate) fn reader(
    format: Format,
    options: &ImportOptions,
    table: &str,
    from: &str,
) -> Result<ByteReader, Problem> {
    let text = keys()?;
    let keys = || text.lines().filter(|key| !key.is_empty());
    let reader: Box<dyn Reader> = match format {
        Format::Fernet => fernet(keys().map(FernetKey::from_text))?,
        Format::Django => fernet(keys().map(FernetKey::from_django_secret))?,
        Format::Rails => {
            let salt = std::env::var("ENCFIELD_IMPORT_SALT").map(Zeroizing::new);
            let salt = salt.map_err(|_| {
                Problem::new("set ENCFIELD_IMPORT_SALT to the application's key_derivation_salt")
            })?;
            // Which digest an application used depends on its version and on its settings.
            let both = keys().flat_map(|key| {
                [RailsDigest::Sha256, RailsDigest::Sha1]
                    .map(|digest| RailsKey::derived(key, &salt, digest))
            });
            Box::new(all(both, Rails::new, Rails::with_key)?)
        }
        Format::Lockbox => {
            let table = options.lockbox_table.as_deref().unwrap_or(table);
            let column = options.lockbox_column.as_deref().unwrap_or(from);
            lockbox(
                keys().map(|key| LockboxKey::from_master_key(key, table, column)),
                options,
            )?
        }
        Format::Pgcrypto => return pgcrypto(keys(), options),
        Format::LockboxKey => lockbox(keys().map(LockboxKey::from_hex), options)?,
    };
    Ok(Arc::new(move |value: &[u8]| {
        reader
            .open(value)
            .map_err(|error| Error::not_imported(error.to_string()))
    }))
}

/// A reader with every passphrase. A message says nothing of its own, so each is tried.
fn pgcrypto<'k>(
    passphrases: impl Iterator<Item = &'k str>,
    options: &ImportOptions,
) -> Result<ByteReader, Problem> {
    let readers: Vec<_> = passphrases
        .map(|passphrase| {
            Pgcrypto::new(passphrase).accepting_unauthenticated(options.accept_unauthenticated)
        })
        .collect();
    if readers.is_empty() {
        return Err(Problem::new(
            "no passphrase was given to read the values with",
        ));
    }
    Ok(Arc::new(move |value: &[u8]| {
        let mut refused = None;
        for reader in &readers {
            match reader.open(value) {
                Ok(opened) => return Ok(opened),
                Err(error) => refused = Some(error),
            }
        }
        let reason = refused.map(|error| error.to_string());
        Err(Error::not_imported(reason.unwrap_or_default()))
    }))
}

/// The keys of the environment, a line each.
fn keys() -> Result<Zeroizing<String>, Problem> {
    let file = std::env::var_os("ENCFIELD_IMPORT_KEYS_FILE");
    match (file, std::env::var("ENCFIELD_IMPORT_KEYS")) {
        (Some(file), Err(_)) => std::fs::read_to_string(file)
            .map(Zeroizing::new)
            .map_err(|_| Problem::new("ENCFIELD_IMPORT_KEYS_FILE cannot be read")),
        (None, Ok(keys)) => Ok(Zeroizing::new(keys)),
        _ => Err(Problem::new(
            "set one of ENCFIELD_IMPORT_KEYS_FILE and ENCFIELD_IMPORT_KEYS to the other library's keys, a \
             line each",
        )),
    }
}

fn fernet(
    keys: impl Iterator<Item = Result<FernetKey, ImportError>>,
) -> Result<Box<dyn Reader>, Problem> {
    Ok(Box::new(all(keys, Fernet::new, Fernet::with_key)?))
}

fn lockbox(
    keys: impl Iterator<Item = Result<LockboxKey, ImportError>>,
    options: &ImportOptions,
) -> Result<Box<dyn Reader>, Problem> {
    let reader = all(keys, Lockbox::new, Lockbox::with_key)?
        .with_binary(options.lockbox_binary)
        .with_empty_in_the_clear(options.empty_in_the_clear)
        .with_padding(options.lockbox_padding.unwrap_or(0));
    Ok(Box::new(reader))
}

/// A reader with every key.
fn all<K, R>(
    keys: impl Iterator<Item = Result<K, ImportError>>,
    new: fn(K) -> R,
    with_key: fn(R, K) -> R,
) -> Result<R, Problem> {
    let mut reader = None;
    for key in keys {
        let key = key.map_err(|error| Problem::new(error.to_string()))?;
        reader = Some(match reader {
            None => new(key),
            Some(reader) => with_key(reader, key),
        });
    }
    reader.ok_or_else(|| Problem::new("no key was given to read the values with"))
}
