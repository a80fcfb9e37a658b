//! Errors say what is wrong with a value and nothing of the value: for every type there is a codec for.

#![cfg(all(
    feature = "chrono",
    feature = "phonenumber",
    feature = "rust_decimal",
    feature = "secrecy",
    feature = "serde_json",
    feature = "time",
    feature = "uuid"
))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::borrow::Cow;
use std::error::Error as _;

use encfield_core::{Codec, Context, ErrorKind, Json, Keyring, MultipleOf, Padded};
use zeroize::Zeroizing;

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

/// Marked values: text, JSON that is wrong behind the mark, bytes that are no text.
const MARKED: [&[u8]; 6] = [
    b"MARKED-K1234567-MARKED",
    br#""MARKED-K1234567-MARKED""#,
    br#"{"number":"MARKED-K1234567-MARKED","#,
    br#"["MARKED-K1234567-MARKED", K1234567]"#,
    b"+91 MARKED-K1234567-MARKED",
    b"MARKED-K1234567-MARKED\xff\xfe",
];

/// Every text that an error gives, its causes' too.
fn texts(error: &encfield_core::Error) -> String {
    let mut all = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        all.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    all
}

fn says_nothing<T: Codec>(name: &str) -> u32 {
    let keyring = Keyring::generate();
    let mut refused = 0;
    for plaintext in MARKED {
        let stored = keyring.encrypt(&PLACE, &plaintext.to_vec()).unwrap();
        if let Err(error) = keyring.decrypt::<T>(&PLACE, &stored) {
            assert_eq!(error.kind(), ErrorKind::NotDecodable, "{name}");
            let said = texts(&error).to_lowercase();
            // As text, as bytes in decimal and as bytes in hexadecimal.
            for mark in ["k1234567", "marked", "75, 49, 50", "4b3132"] {
                assert!(!said.contains(mark), "{name}: {said}");
            }
            assert!(said.contains("profiles.phone_number"), "{name}: {said}");
            refused += 1;
        }
    }
    refused
}

macro_rules! types {
    ($($ty:ty),* $(,)?) => { [$((stringify!($ty), says_nothing::<$ty>(stringify!($ty)))),*] };
}

#[test]
fn no_type_that_does_not_decode_is_quoted() {
    #[allow(dead_code)]
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Number {
        number: u32,
    }
    let refused = types![
        String, Box<str>, Cow<'static, str>, Zeroizing<String>, [u8; 16], bool, char,
        u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64,
        std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr,
        std::time::SystemTime, std::time::Duration,
        Padded<String, MultipleOf<64>>,
        chrono::NaiveDate, chrono::NaiveTime, chrono::NaiveDateTime,
        chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::FixedOffset>,
        time::Date, time::Time, time::PrimitiveDateTime, time::UtcDateTime, time::OffsetDateTime,
        phonenumber::PhoneNumber, rust_decimal::Decimal, uuid::Uuid,
        secrecy::SecretString, json::Value, Json<Number>, Json<Vec<String>>,
    ];
    for (name, refused) in refused {
        assert!(refused > 0, "{name} took every marked value");
    }
}

#[test]
fn what_cannot_be_encoded_is_not_quoted() {
    struct Refuses;
    impl serde::Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("MARKED-K1234567"))
        }
    }
    impl<'de> serde::Deserialize<'de> for Refuses {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("MARKED-K1234567"))
        }
    }
    let keyring = Keyring::generate();
    let error = keyring.encrypt(&PLACE, &Json(Refuses)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEncodable);
    assert!(!texts(&error).contains("K1234567"), "{}", texts(&error));
    let stored = keyring.encrypt(&PLACE, &b"null".to_vec()).unwrap();
    let error = keyring
        .decrypt::<Json<Refuses>>(&PLACE, &stored)
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::NotDecodable);
    assert!(!texts(&error).contains("K1234567"), "{}", texts(&error));
}
