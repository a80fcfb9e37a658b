//! Any text as a keyring's JSON: never a panic, no key in the error, and what is read is written.
#![no_main]

use encfield_core::Keyring;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Keyring::from_json(text) {
        Ok(keyring) => {
            let written = keyring.to_json().expect("what was read is written");
            let again = Keyring::from_json(&written).expect("what was written is read");
            assert_eq!(written, again.to_json().expect("it is written again"));
        }
        Err(error) => {
            let said = format!("{error} {error:?}");
            // A key is 64 digits; a long run of the text would be a quotation.
            for at in (0..text.len()).step_by(16) {
                if let Some(part) = text.get(at..at + 32) {
                    assert!(!said.contains(part), "{said}");
                }
            }
        }
    }
});
