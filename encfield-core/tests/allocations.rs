//! Sealing makes one allocation, the bytes that go to the database; opening makes one, the value.

#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use encfield_core::{Context, Keyring};

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

#[test]
fn sealing_allocates_the_value_and_nothing_else() {
    let keyring = Keyring::generate();
    // The thread's generator of nonces is made with the first value.
    keyring.encrypt(&PLACE, "first").unwrap();
    for text in ["", "+91 98765 43210", &"long".repeat(1_000)] {
        let made = measure(|| {
            std::hint::black_box(keyring.encrypt(&PLACE, text).unwrap());
        });
        assert_eq!(made.count_total, 1, "{} bytes", text.len());
        assert_eq!(made.bytes_total, 50 + text.len() as u64);
    }
    let number = measure(|| {
        std::hint::black_box(keyring.encrypt(&PLACE, &7_u64).unwrap());
    });
    assert_eq!(number.count_total, 1);
}

#[test]
fn opening_allocates_the_value_and_nothing_else() {
    let keyring = Keyring::generate();
    for text in ["+91 98765 43210", &"long".repeat(1_000)] {
        let sealed = keyring.encrypt(&PLACE, text).unwrap();
        // The thread has its subkey with the first value.
        keyring.open(&PLACE, &sealed).unwrap();
        let made = measure(|| {
            std::hint::black_box(keyring.decrypt::<String>(&PLACE, &sealed).unwrap());
        });
        assert_eq!((made.count_total, made.bytes_total), (1, text.len() as u64));
        let made = measure(|| {
            std::hint::black_box(keyring.open(&PLACE, &sealed).unwrap());
        });
        assert_eq!((made.count_total, made.bytes_total), (1, text.len() as u64));
    }
    let sealed = keyring.encrypt(&PLACE, &7_u64).unwrap();
    let made = measure(|| {
        std::hint::black_box(keyring.decrypt::<u64>(&PLACE, &sealed).unwrap());
    });
    assert_eq!(made.count_total, 0);
}
