//! Any bytes as a message of pgcrypto's: never a panic, and never opened by chance.
#![no_main]

use std::sync::LazyLock;

use encfield_pgcrypto::Pgcrypto;
use libfuzzer_sys::fuzz_target;

static READERS: LazyLock<[Pgcrypto; 2]> = LazyLock::new(|| {
    [
        Pgcrypto::new("passphrase"),
        Pgcrypto::new("passphrase").accepting_unauthenticated(true),
    ]
});

fuzz_target!(|value: &[u8]| {
    for reader in &*READERS {
        if let Err(error) = reader.open(value) {
            assert!(!error.to_string().is_empty());
        }
    }
});
