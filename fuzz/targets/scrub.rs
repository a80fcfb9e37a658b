//! Any line of a log: never a panic, and no known secret is left.
#![no_main]

use std::sync::LazyLock;

use encfield_scrub::Scrubber;
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "correct horse battery";

static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(|| {
    let builder = Scrubber::builder().names(["phone_number", "passport_number"]);
    builder.secret(SECRET).build().expect("a scrubber")
});

fuzz_target!(|line: &[u8]| {
    let scrubbed = SCRUBBER.scrub_bytes(line);
    let mut windows = scrubbed.windows(SECRET.len());
    assert!(!windows.any(|part| part == SECRET.as_bytes()));
    if let Ok(text) = std::str::from_utf8(line) {
        assert_eq!(SCRUBBER.scrub(text).as_bytes(), &*scrubbed);
        // A value that is quoted behind a registered name is gone, wherever the line has it.
        let value = format!("{} phone_number=\"K1234567\"", text.replace(['"', '\\', '\''], ""));
        assert!(!SCRUBBER.scrub(&value).contains("=\"K1234567\""));
    }
});
