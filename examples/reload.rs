//! Take up a new keyring on a signal: `cargo run --example reload`.
//!
//! Needs no server, no system library and no environment variable; on Unix alone.

#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;

#[cfg(not(unix))]
fn main() {
    println!("there are no signals here");
}

#[cfg(unix)]
fn main() -> Result<(), Box<dyn Error>> {
    use std::sync::mpsc::channel;
    use std::{fs, process, thread};

    use encfield::{Key, Keyring, KeyringFile};
    use signal_hook::consts::SIGHUP;
    use signal_hook::iterator::Signals;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("keyring.json");
    let file = KeyringFile::create(&path, &Keyring::generate())?;
    file.read()?.install()?;

    // A thread of its own: a keyring is read and taken up outside of the signal's handler.
    let (told, reloads) = channel();
    let mut signals = Signals::new([SIGHUP])?;
    let listening = KeyringFile::at(&path);
    thread::spawn(move || {
        for _ in &mut signals {
            // Where the file cannot be read, the keyring that is installed stays.
            let reloaded = listening.read().and_then(Keyring::replace);
            if told.send(reloaded).is_err() {
                break;
            }
        }
    });

    // Somebody else: changes the file and signals the process.
    let signal = || {
        let id = process::id().to_string();
        process::Command::new("kill").args(["-HUP", &id]).status()
    };
    let primary = || Keyring::installed().map(|keyring| keyring.primary_id());
    println!("installed  {:?}", primary());
    file.change(|keyring| keyring.with_primary(Key::generate()?))?;
    signal()?;
    reloads.recv()??;
    println!("reloaded   {:?}", primary());

    let text = fs::read_to_string(&path)?;
    fs::write(&path, text.get(..100).unwrap_or_default())?;
    signal()?;
    if let Err(error) = reloads.recv()? {
        println!("not reloaded: {error}");
    }
    println!("still      {:?}", primary());
    Ok(())
}
