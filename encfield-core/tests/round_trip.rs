//! Whatever value a type can hold comes back as it was stored.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use encfield_core::{Codec, Context, Keyring};
use proptest::prelude::*;

static KEYRING: LazyLock<Keyring> = LazyLock::new(Keyring::generate);

/// The value after it was sealed and opened. Checks on the way that its length was told right.
fn there_and_back<T: Codec>(value: &T) -> T {
    let place = Context::new("profiles", "passport_number");
    let sealed = KEYRING.encrypt(&place, value).unwrap();
    assert_eq!(sealed.len(), value.encoded_len() + 50);
    KEYRING.decrypt(&place, &sealed).unwrap()
}

/// Reads bytes as a type: if they are taken, writing the value gives the same bytes.
fn canonical<T: Codec>(bytes: &[u8]) {
    let place = Context::new("profiles", "passport_number");
    let sealed = KEYRING.seal(&place, bytes).unwrap();
    if let Ok(value) = KEYRING.decrypt::<T>(&place, &sealed) {
        let again = KEYRING.encrypt(&place, &value).unwrap();
        assert_eq!(*KEYRING.open(&place, &again).unwrap(), bytes);
    }
}

macro_rules! round_trips {
    ($($name:ident: $type:ty;)*) => {
        proptest! {$(
            #[test]
            fn $name(value: $type) {
                prop_assert_eq!(there_and_back(&value), value);
            }
        )*}
    };
}

round_trips! {
    a_bool_comes_back: bool;
    a_char_comes_back: char;
    a_u8_comes_back: u8;
    a_u16_comes_back: u16;
    a_u32_comes_back: u32;
    a_u64_comes_back: u64;
    a_u128_comes_back: u128;
    a_usize_comes_back: usize;
    an_i8_comes_back: i8;
    an_i16_comes_back: i16;
    an_i32_comes_back: i32;
    an_i64_comes_back: i64;
    an_i128_comes_back: i128;
    an_isize_comes_back: isize;
    a_string_comes_back: String;
    a_boxed_str_comes_back: Box<str>;
    a_vec_of_bytes_comes_back: Vec<u8>;
    boxed_bytes_come_back: Box<[u8]>;
    an_array_of_bytes_comes_back: [u8; 7];
    an_ipv4_address_comes_back: Ipv4Addr;
    an_ipv6_address_comes_back: Ipv6Addr;
    an_ip_address_comes_back: IpAddr;
    a_duration_comes_back: Duration;
}

proptest! {
    #[test]
    fn an_f32_comes_back_bit_by_bit(bits: u32) {
        prop_assert_eq!(there_and_back(&f32::from_bits(bits)).to_bits(), bits);
    }

    #[test]
    fn an_f64_comes_back_bit_by_bit(bits: u64) {
        prop_assert_eq!(there_and_back(&f64::from_bits(bits)).to_bits(), bits);
    }

    #[test]
    fn a_system_time_comes_back(seconds in -1_i64 << 40..1 << 40, nanos in 0..10_000_000_u32) {
        // In steps of 100 ns, as Windows counts.
        let distance = Duration::new(seconds.unsigned_abs(), nanos * 100);
        let time = match seconds {
            0.. => SystemTime::UNIX_EPOCH + distance,
            _ => SystemTime::UNIX_EPOCH - distance,
        };
        prop_assert_eq!(there_and_back(&time), time);
    }

    #[test]
    fn no_two_encodings_are_the_same_value(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
        canonical::<bool>(&bytes);
        canonical::<char>(&bytes);
        canonical::<u64>(&bytes);
        canonical::<f64>(&bytes);
        canonical::<String>(&bytes);
        canonical::<Vec<u8>>(&bytes);
        canonical::<[u8; 3]>(&bytes);
        canonical::<SystemTime>(&bytes);
        canonical::<Duration>(&bytes);
        canonical::<IpAddr>(&bytes);
        #[cfg(feature = "uuid")]
        canonical::<uuid::Uuid>(&bytes);
        #[cfg(feature = "rust_decimal")]
        canonical::<rust_decimal::Decimal>(&bytes);
    }
}

#[cfg(feature = "uuid")]
proptest! {
    #[test]
    fn a_uuid_comes_back(bytes: [u8; 16]) {
        let uuid = uuid::Uuid::from_bytes(bytes);
        prop_assert_eq!(there_and_back(&uuid), uuid);
    }
}

#[cfg(feature = "rust_decimal")]
proptest! {
    #[test]
    fn a_decimal_comes_back_with_its_scale(
        lo: u32, mid: u32, hi: u32, negative: bool, scale in 0..=28_u32,
    ) {
        let mut decimal = rust_decimal::Decimal::from_parts(lo, mid, hi, false, scale);
        decimal.set_sign_negative(negative);
        // `==` would take 1.10 for 1.1.
        prop_assert_eq!(there_and_back(&decimal).serialize(), decimal.serialize());
    }
}

#[cfg(feature = "secrecy")]
proptest! {
    #[test]
    fn secrets_come_back(text: String, bytes: Vec<u8>) {
        use secrecy::{ExposeSecret, SecretSlice, SecretString};

        let secret = SecretString::from(text.clone());
        prop_assert_eq!(there_and_back(&secret).expose_secret().to_owned(), text);
        let secret = SecretSlice::from(bytes.clone());
        prop_assert_eq!(there_and_back(&secret).expose_secret().to_vec(), bytes);
    }
}

#[cfg(feature = "phonenumber")]
mod phone_numbers {
    use json::{Value, json};
    use phonenumber::PhoneNumber;

    use super::*;

    fn number() -> impl Strategy<Value = PhoneNumber> {
        let source = prop::sample::select(vec!["plus", "idd", "number", "default"]);
        let text = || prop::option::of("[0-9;%,=a-c é]{0,8}");
        // The crate keeps the zeros in front in the top byte.
        let national = prop_oneof![
            any::<u64>(),
            0..100_000_000_000_u64,
            Just(0),
            Just(3_u64 << 56)
        ];
        (any::<u16>(), source, national, text(), text()).prop_map(
            |(code, source, national, extension, carrier)| {
                let number: Value = json!({
                    "code": { "value": code, "source": source },
                    "national": { "value": national },
                    "extension": extension,
                    "carrier": carrier,
                });
                json::from_value(number).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn a_phone_number_comes_back(number in number()) {
            prop_assert_eq!(there_and_back(&number), number);
        }

        #[test]
        fn two_texts_are_two_phone_numbers(
            text in r"\+[0-9]{0,4}-[0-9]{0,6}(;ext=[0-9%a-zB-F]{0,4})?(;(src|carrier)=[a-z3%B]{0,4}){0,2}",
        ) {
            canonical::<PhoneNumber>(text.as_bytes());
        }
    }
}
