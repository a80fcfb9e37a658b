//! UUIDs, decimals, JSON, phone numbers and secrets.

use crate::vectors::Vectors;

pub(crate) fn all(vectors: &mut Vectors) {
    #[cfg(feature = "uuid")]
    uuid(vectors);
    #[cfg(feature = "rust_decimal")]
    decimal(vectors);
    #[cfg(feature = "serde_json")]
    json(vectors);
    #[cfg(feature = "phonenumber")]
    phone(vectors);
    #[cfg(feature = "secrecy")]
    secret(vectors);
    let _ = vectors;
}

#[cfg(feature = "uuid")]
fn uuid(vectors: &mut Vectors) {
    let values = [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
    ];
    let values = values.map(|text| (text, uuid::Uuid::parse_str(text).unwrap()));
    vectors.check("uuid::Uuid", |value| *value, values);
}

#[cfg(feature = "rust_decimal")]
fn decimal(vectors: &mut Vectors) {
    use rust_decimal::Decimal;

    let parsed = |text: &'static str| (text, Decimal::from_str_exact(text).unwrap());
    let negative_zero = |scale| {
        let mut zero = Decimal::new(0, scale);
        zero.set_sign_negative(true);
        zero
    };
    let values = [
        parsed("0"),
        parsed("0.00"),
        parsed("1.1"),
        parsed("1.10"),
        parsed("-19.99"),
        parsed("0.0000000000000000000000000001"),
        ("79228162514264337593543950335", Decimal::MAX),
        ("-79228162514264337593543950335", Decimal::MIN),
        parsed("-7.9228162514264337593543950335"),
        parsed("4294967296"),
        parsed("18446744073709551616"),
        ("-0", negative_zero(0)),
        ("-0.00", negative_zero(2)),
    ];
    // `==` of decimals looks at neither scale nor the sign of a zero.
    vectors.check("rust_decimal::Decimal", Decimal::serialize, values);
}

#[cfg(feature = "serde_json")]
fn json(vectors: &mut Vectors) {
    use encfield_core::Json;
    use json::Value;
    use serde::{Deserialize, Serialize};

    let nested = (0..126).fold(Value::Array(vec![]), |inner, _| Value::Array(vec![inner]));
    let texts = [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "18446744073709551615",
        "1.5",
        "\"\"",
        "\"Zoë 🌍\"",
        "\"a\\\"b\\\\c\\n\\u0001/\"",
        "[]",
        "{}",
        "[1,[2,[]],{\"a\":null}]",
        "{\"a\":1,\"b\":[true,\"x\"]}",
    ];
    let values = texts.map(|text| (text, json::from_str(text).unwrap()));
    let values = values
        .into_iter()
        .chain([("127 arrays in each other", nested)]);
    vectors.check("serde_json::Value", Value::clone, values);

    #[derive(Serialize, Deserialize, Clone, PartialEq)]
    #[serde(untagged)]
    enum Anything {
        Person { name: String, born: Option<i32> },
        Numbers(Vec<u8>),
        Text(String),
        Large(u64),
    }
    let zoe = Anything::Person {
        name: "Zoë".to_owned(),
        born: Some(1970),
    };
    vectors.check(
        "Json<T>",
        |value: &Json<Anything>| value.0.clone(),
        [
            ("Person { name: \"Zoë\", born: Some(1970) }", Json(zoe)),
            (
                "Person { name: \"\", born: None }",
                Json(Anything::Person {
                    name: String::new(),
                    born: None,
                }),
            ),
            ("vec![1, 2, 3]", Json(Anything::Numbers(vec![1, 2, 3]))),
            ("vec![]", Json(Anything::Numbers(vec![]))),
            ("\"text\"", Json(Anything::Text("text".to_owned()))),
            ("u64::MAX", Json(Anything::Large(u64::MAX))),
        ],
    );
}

#[cfg(feature = "phonenumber")]
fn phone(vectors: &mut Vectors) {
    use json::{Value, json};
    use phonenumber::country::Id;
    use phonenumber::{PhoneNumber, parse};

    let parts =
        |code: u16, source: &str, zeros: u64, value: u64, extension: Value, carrier: Value| {
            json::from_value::<PhoneNumber>(json!({
                "code": { "value": code, "source": source },
                "national": { "value": zeros << 56 | value },
                "extension": extension,
                "carrier": carrier,
            }))
            .unwrap()
        };
    let none = || Value::Null;
    vectors.check(
        "phonenumber::PhoneNumber",
        PhoneNumber::clone,
        [
            (
                "parsed from +91 98765 43210",
                parse(None, "+91 98765 43210").unwrap(),
            ),
            (
                "parsed from +39 06 1234 5678",
                parse(None, "+39 06 1234 5678").unwrap(),
            ),
            (
                "parsed from +1 520-878-2491 ext. 302",
                parse(None, "+1 520-878-2491 ext. 302").unwrap(),
            ),
            (
                "parsed from +80012340000",
                parse(None, "+80012340000").unwrap(),
            ),
            (
                "parsed for Belgium from 0474 09 11 50",
                parse(Some(Id::BE), "0474 09 11 50").unwrap(),
            ),
            (
                "parsed for the United States from 011 64 3 331 6005",
                parse(Some(Id::US), "011 64 3 331 6005").unwrap(),
            ),
            ("code 0, number 0", parts(0, "plus", 0, 0, none(), none())),
            ("two zeros, then 0", parts(39, "plus", 2, 0, none(), none())),
            (
                "255 zeros, then 1",
                parts(39, "plus", 255, 1, none(), none()),
            ),
            (
                "the largest number",
                parts(u16::MAX, "plus", 0, (1 << 56) - 1, none(), none()),
            ),
            (
                "carrier 15",
                parts(55, "plus", 0, 11_912_345_678, none(), json!("15")),
            ),
            (
                "empty extension and carrier",
                parts(1, "plus", 0, 5_208_782_491, json!(""), json!("")),
            ),
            (
                "extension `;%25,é` and carrier `%3B`",
                parts(1, "number", 0, 5_208_782_491, json!(";%25,é"), json!("%3B")),
            ),
            (
                "extension 0012, source idd",
                parts(49, "idd", 0, 301_234, json!("0012"), none()),
            ),
        ],
    );
}

#[cfg(feature = "secrecy")]
fn secret(vectors: &mut Vectors) {
    use secrecy::{ExposeSecret, SecretSlice, SecretString};

    vectors.check(
        "secrecy::SecretString",
        |value: &SecretString| value.expose_secret().to_owned(),
        ["", "K1234567", "Zoë 🌍"]
            .map(|text| (if text.is_empty() { "empty" } else { text }, text.into())),
    );
    vectors.check(
        "secrecy::SecretSlice<u8>",
        |value: &SecretSlice<u8>| value.expose_secret().to_vec(),
        [
            ("empty", vec![].into()),
            ("00 ff 7f 80", vec![0, 0xff, 0x7f, 0x80].into()),
        ],
    );
}
