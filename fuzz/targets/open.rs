//! Bytes that somebody wrote into a column: never a panic, and never a value that was not sealed.
#![no_main]

use std::sync::LazyLock;

use encfield_core::{Context, ErrorKind, Keyring};
use libfuzzer_sys::fuzz_target;

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

/// The key of the frozen vectors, so that their values are ones that open.
const KEYRING: &str = r#"{"encfield_keyring":1,"encryption":[{"id":"0a2fac17b4803429","state":"primary","key":"8c0786468c9c8c768337cb250029f920062e23e469cfefe78910becd87fb1912"}]}"#;

static KEYRINGS: LazyLock<[Keyring; 1]> =
    LazyLock::new(|| [Keyring::from_json(KEYRING).expect("it is a keyring")]);

fuzz_target!(|value: &[u8]| {
    let [keyring] = &*KEYRINGS;
    let text = match keyring.decrypt::<Vec<u8>>(&PLACE, value) {
        // One of the frozen values: whoever has no key makes no other.
        Ok(_) => return,
        Err(error) => {
            let expected = match value {
                [] => ErrorKind::Truncated,
                [mark, ..] if *mark != 0xFE => ErrorKind::NotCiphertext,
                [_, format, ..] if *format != 1 => ErrorKind::UnsupportedFormat,
                value if value.len() < 50 => ErrorKind::Truncated,
                _ => error.kind(),
            };
            assert_eq!(error.kind(), expected);
            assert!(matches!(
                error.kind(),
                ErrorKind::Truncated
                    | ErrorKind::NotCiphertext
                    | ErrorKind::UnsupportedFormat
                    | ErrorKind::UnknownKey
                    | ErrorKind::NotAuthentic
            ));
            error.to_string()
        }
    };
    assert!(text.contains("profiles.phone_number"));

    // What is sealed opens, here and nowhere else, and any changed byte closes it.
    let sealed = keyring.encrypt(&PLACE, value).expect("bytes are sealed");
    assert_eq!(keyring.decrypt::<Vec<u8>>(&PLACE, &sealed).expect("it opens"), value);
    let elsewhere = Context::new("profiles", "passport_number");
    assert!(keyring.decrypt::<Vec<u8>>(&elsewhere, &sealed).is_err());
    if let Some(at) = value.first().map(|byte| usize::from(*byte) % sealed.len()) {
        let mut changed = sealed;
        changed[at] ^= 1 + value[value.len() / 2] % 255;
        assert!(keyring.decrypt::<Vec<u8>>(&PLACE, &changed).is_err());
    }
});
