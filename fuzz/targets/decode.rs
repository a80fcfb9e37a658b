//! Any bytes as the plaintext of any type: never a panic, and what is read is written as it was.
#![no_main]

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use encfield_core::{Codec, Context, ErrorKind, Json, Keyring, MultipleOf, Padded, Padme};
use libfuzzer_sys::fuzz_target;

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

static KEYRING: LazyLock<Keyring> = LazyLock::new(Keyring::generate);

/// What is read, if it is read, and whether it must be written as it was.
fn read<T: Codec>(plaintext: &[u8], is_canonical: bool) {
    let sealed = KEYRING.encrypt(&PLACE, plaintext).expect("bytes are sealed");
    match KEYRING.decrypt::<T>(&PLACE, &sealed) {
        Ok(value) => {
            let again = KEYRING.encrypt(&PLACE, &value).expect("what was read is written");
            let written = KEYRING.open(&PLACE, &again).expect("it opens");
            if is_canonical {
                assert_eq!(written.as_slice(), plaintext);
            } else {
                let again = KEYRING.encrypt(&PLACE, written.as_slice()).expect("bytes are sealed");
                assert!(KEYRING.decrypt::<T>(&PLACE, &again).is_ok());
            }
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::NotDecodable),
    }
}

macro_rules! types {
    ($pick:ident, $plaintext:ident; $($number:literal $type:ty),* $(,)?) => {
        match $pick % 38 {
            $($number => read::<$type>($plaintext, true),)*
            35 => read::<Json<Vec<String>>>($plaintext, false),
            36 => read::<Json<serde_json::Map<String, serde_json::Value>>>($plaintext, false),
            _ => read::<serde_json::Value>($plaintext, false),
        }
    };
}

fuzz_target!(|input: &[u8]| {
    let Some((pick, plaintext)) = input.split_first() else { return };
    types! { pick, plaintext;
        0 bool, 1 char, 2 u8, 3 u16, 4 u32, 5 u64, 6 u128, 7 i8, 8 i16, 9 i32, 10 i64, 11 i128,
        12 f32, 13 f64, 14 String, 15 Vec<u8>, 16 [u8; 16], 17 Cow<'static, str>,
        18 Ipv4Addr, 19 Ipv6Addr, 20 IpAddr, 21 SystemTime, 22 Duration,
        23 chrono::NaiveDate, 24 chrono::NaiveTime, 25 chrono::NaiveDateTime,
        26 chrono::DateTime<chrono::Utc>, 27 chrono::DateTime<chrono::FixedOffset>,
        28 time::Date, 29 time::OffsetDateTime, 30 phonenumber::PhoneNumber,
        31 rust_decimal::Decimal, 32 uuid::Uuid,
        33 Padded<String, MultipleOf<16>>, 34 Padded<String, Padme>,
    }
});
