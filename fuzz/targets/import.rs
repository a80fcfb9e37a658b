//! Any bytes as a value of Fernet's, Rails' or lockbox': never a panic, and never opened by chance.
#![no_main]

use std::sync::LazyLock;

use encfield_import::{Fernet, FernetKey, Lockbox, LockboxKey, Rails, RailsDigest, RailsKey, Reader};
use libfuzzer_sys::fuzz_target;

struct Readers {
    fernet: Fernet,
    rails: Rails,
    lockbox: Lockbox,
}

static READERS: LazyLock<Readers> = LazyLock::new(|| {
    let django = FernetKey::from_django_secret("secret").expect("it is a secret");
    // The key of Fernet's published vectors.
    let spec = FernetKey::from_text("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=").expect("a key");
    Readers {
        fernet: Fernet::new(spec).with_key(django),
        rails: Rails::new(rails_key()),
        lockbox: Lockbox::new(LockboxKey::from_bytes(&[7; 32])),
    }
});

fn rails_key() -> RailsKey {
    RailsKey::derived("primary key", "key derivation salt", RailsDigest::Sha256).expect("a key")
}

fuzz_target!(|value: &[u8]| {
    let readers: [&dyn Reader; 3] = [&READERS.fernet, &READERS.rails, &READERS.lockbox];
    for reader in readers {
        if let Err(error) = reader.open(value) {
            assert!(!error.to_string().is_empty());
        }
    }
});
