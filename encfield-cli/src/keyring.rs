//! The keyring's file.

use std::path::Path;

use encfield::{
    Key, KeyEncryption, KeyRecord, KeyState, Keyring, KeyringFile, Passphrase, Purpose,
};
use serde_json::json;

use crate::census::{key_id, tags_under, values_under};
use crate::columns::Columns;
use crate::command::KeyringCommand;
use crate::exit::{Ended, Problem};
use crate::jobs::refuse_unfinished;
use crate::keys;
use crate::output::Output;

/// A new keyring.
pub(crate) fn generate(out: Option<&Path>, output: &Output) -> Result<Ended, Problem> {
    let keyring = Keyring::generate();
    match out {
        Some(path) => {
            create(path, &keyring, keys::passphrase()?.as_deref())?;
            list(&keyring, output);
        }
        // The one place where keys are printed: it is what was asked for. Wrapped, where a passphrase is set.
        None => output.text(&match keys::passphrase()? {
            Some(passphrase) => keyring.to_wrapped_json(&*passphrase)?.into(),
            None => keyring.to_json()?,
        }),
    }
    Ok(Ended::Done)
}

fn create(path: &Path, keyring: &Keyring, wrapping: Option<&Passphrase>) -> Result<(), Problem> {
    let file = KeyringFile::at(path);
    match wrapping {
        Some(wrapping) => file.wrapped_by(wrapping).make(keyring)?,
        None => file.make(keyring)?,
    }
    Ok(())
}

pub(crate) fn run(
    file: Option<&Path>,
    command: KeyringCommand,
    output: &Output,
) -> Result<Ended, Problem> {
    let path = keys::file(file)?;
    let passphrase = keys::passphrase()?;
    let plain = KeyringFile::at(&path);
    let wrapping: Option<&dyn KeyEncryption> = passphrase.as_deref().map(|own| own as _);
    let needs =
        || Problem::new("set ENCFIELD_PASSPHRASE_FILE or ENCFIELD_PASSPHRASE to the passphrase");
    match command {
        KeyringCommand::Wrap(new) => {
            create(
                &new.out,
                &plain.read()?,
                Some(passphrase.as_deref().ok_or_else(needs)?),
            )?;
            return Ok(Ended::Done);
        }
        KeyringCommand::Unwrap(new) => {
            let wrapping = wrapping.ok_or_else(needs)?;
            create(&new.out, &plain.wrapped_by(wrapping).read()?, None)?;
            return Ok(Ended::Done);
        }
        _ => {}
    }
    let file = match wrapping {
        Some(wrapping) => plain.wrapped_by(wrapping),
        None => plain,
    };
    let keyring = match command {
        KeyringCommand::Add { index: false } => {
            file.change(|keyring| keyring.with_key(Key::generate()?, KeyState::Active))?
        }
        KeyringCommand::Add { index: true } => file.change(|keyring| {
            let first = keyring.index_keys().next().is_none();
            let state = if first {
                KeyState::Primary
            } else {
                KeyState::Active
            };
            keyring.with_index_key(Key::generate()?, state)
        })?,
        KeyringCommand::Rewrap => file.rewrap(&keys::new_passphrase()?)?.read()?,
        KeyringCommand::Promote(key) => {
            let id = key_id(&key.id)?;
            file.change(|keyring| keyring.promote(id))?
        }
        KeyringCommand::Retire(key) => {
            let id = key_id(&key.id)?;
            file.change(|keyring| keyring.retire(id))?
        }
        KeyringCommand::Compromise(key) => {
            let id = key_id(&key.id)?;
            file.change(|keyring| keyring.mark_compromised(id))?
        }
        KeyringCommand::Remove { key, schema, force } => {
            let id = key_id(&key.id)?;
            let is_index =
                |record: KeyRecord| record.id() == id && record.purpose() == Purpose::Index;
            if force {
                file.change(|keyring| keyring.remove_forced(id))?
            } else {
                let columns = Columns::of_all(&schema)?;
                // Before the values are counted: what a job adds until it ends is counted then.
                refuse_unfinished()?;
                // The keyring of this file, which need not be that of the environment.
                let own = file.read()?;
                let left = if own.keys().any(is_index) {
                    tags_under(&columns, id, own)?
                } else {
                    let values = values_under(&columns, id)?;
                    values.under_the_key + values.of_unknown_format
                };
                file.change(|keyring| keyring.remove(id, left))?
            }
        }
        _ => file.read()?,
    };
    list(&keyring, output);
    Ok(Ended::Done)
}

fn list(keyring: &Keyring, output: &Output) {
    for record in keyring.keys() {
        let purpose = match record.purpose() {
            Purpose::Index => "index",
            _ => "encryption",
        };
        let state = format!("{:?}", record.state()).to_lowercase();
        let since = record.created().and_then(|created| {
            let since = created.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(since.as_secs())
        });
        output.result(
            &format!("{}  {purpose:<10}  {state}", record.id()),
            &json!({
                "event": "key", "id": record.id().to_string(), "purpose": purpose, "state": state,
                "created": since,
            }),
        );
    }
}
