//! The standard library's types.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::vectors::Vectors;

pub(crate) fn all(vectors: &mut Vectors) {
    scalars(vectors);
    floats(vectors);
    text(vectors);
    bytes(vectors);
    clock(vectors);
    net(vectors);
}

fn scalars(vectors: &mut Vectors) {
    vectors.check("bool", |value| *value, [("false", false), ("true", true)]);
    vectors.check(
        "char",
        |value| *value,
        [
            ("U+0000", '\0'),
            ("A", 'A'),
            ("é", 'é'),
            ("€", '€'),
            ("U+1F30D", '\u{1F30D}'),
            ("U+D7FF", '\u{D7FF}'),
            ("U+E000", '\u{E000}'),
            ("U+10FFFF", char::MAX),
        ],
    );
    macro_rules! integers {
        ($($unsigned:ident $signed:ident),*) => {$(
            vectors.check(
                stringify!($unsigned),
                |value| *value,
                [("0", 0), ("1", 1), ("42", 42), ("maximum", $unsigned::MAX)],
            );
            vectors.check(
                stringify!($signed),
                |value| *value,
                [
                    ("minimum", $signed::MIN),
                    ("-42", -42),
                    ("-1", -1),
                    ("0", 0),
                    ("1", 1),
                    ("maximum", $signed::MAX),
                ],
            );
        )*};
    }
    integers!(u8 i8, u16 i16, u32 i32, u64 i64, u128 i128);
    let usizes: [(&str, usize); 4] = [
        ("0", 0),
        ("1", 1),
        ("65535", 65535),
        ("18446744073709551615", usize::MAX),
    ];
    vectors.check("usize", |value| *value, usizes);
    let isizes: [(&str, isize); 5] = [
        ("-9223372036854775808", isize::MIN),
        ("-1", -1),
        ("0", 0),
        ("1", 1),
        ("9223372036854775807", isize::MAX),
    ];
    vectors.check("isize", |value| *value, isizes);
}

fn floats(vectors: &mut Vectors) {
    macro_rules! floats {
        ($type:ident, $signalling_name:literal, $signalling:literal, $quiet:literal) => {
            vectors.check(
                stringify!($type),
                |value: &$type| value.to_bits(),
                [
                    ("0", 0.0),
                    ("-0", -0.0),
                    ("1.5", 1.5),
                    ("-2.25", -2.25),
                    ("inf", $type::INFINITY),
                    ("-inf", $type::NEG_INFINITY),
                    ("smallest subnormal", $type::from_bits(1)),
                    ("maximum", $type::MAX),
                    ("minimum", $type::MIN),
                    ("NaN", $type::from_bits($quiet)),
                    ("NaN with payload 7", $type::from_bits($quiet | 7)),
                    ($signalling_name, $type::from_bits($signalling)),
                    ("negative NaN with payload 1", -$type::from_bits($quiet | 1)),
                ],
            );
        };
    }
    floats!(
        f32,
        "signalling NaN with payload 0x212345",
        0x7fa1_2345,
        0x7fc0_0000
    );
    floats!(
        f64,
        "signalling NaN with payload 0x456789abcdef1",
        0x7ff4_5678_9abc_def1,
        0x7ff8_0000_0000_0000
    );
}

fn text(vectors: &mut Vectors) {
    let values = [
        ("empty", ""),
        ("K1234567", "K1234567"),
        ("Zoë 🌍", "Zoë 🌍"),
        ("U+0000", "\0"),
        ("e with U+0301", "e\u{301}"),
        ("é", "\u{e9}"),
    ];
    vectors.check(
        "String",
        String::clone,
        values.map(|(name, text)| (name, text.to_owned())),
    );
    vectors.check(
        "String",
        Box::<str>::clone,
        values.map(|(name, text)| (name, text.into())),
    );
    vectors.check(
        "String",
        |value: &Cow<'static, str>| value.to_string(),
        values.map(|(name, text)| (name, Cow::Borrowed(text))),
    );
    vectors.check(
        "String",
        |value: &Zeroizing<String>| value.to_string(),
        values.map(|(name, text)| (name, Zeroizing::new(text.to_owned()))),
    );
}

fn bytes(vectors: &mut Vectors) {
    let values: [(&str, &[u8]); 4] = [
        ("empty", b""),
        ("00", b"\0"),
        ("00 ff 7f 80", b"\0\xff\x7f\x80"),
        ("no UTF-8", b"\xc3\x28\xfe\x01"),
    ];
    vectors.check(
        "Vec<u8>",
        Vec::clone,
        values.map(|(name, bytes)| (name, bytes.to_vec())),
    );
    vectors.check(
        "Vec<u8>",
        Box::<[u8]>::clone,
        values.map(|(name, bytes)| (name, Box::from(bytes))),
    );
    vectors.check(
        "Vec<u8>",
        |value: &Cow<'static, [u8]>| value.to_vec(),
        values.map(|(name, bytes)| (name, Cow::Borrowed(bytes))),
    );
    vectors.check(
        "Vec<u8>",
        |value: &Zeroizing<Vec<u8>>| value.to_vec(),
        values.map(|(name, bytes)| (name, Zeroizing::new(bytes.to_vec()))),
    );
    vectors.check("[u8; 0]", |value| *value, [("empty", [0_u8; 0])]);
    vectors.check(
        "[u8; 4]",
        |value| *value,
        [("zeros", [0; 4]), ("de ad be ef", [0xde, 0xad, 0xbe, 0xef])],
    );
    let counted: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    vectors.check("[u8; 32]", |value| *value, [("0 to 31", counted)]);
}

fn clock(vectors: &mut Vectors) {
    let epoch = SystemTime::UNIX_EPOCH;
    let half = Duration::from_millis(500);
    let mut times = vec![
        ("1970-01-01 00:00:00", epoch),
        ("1970-01-01 00:00:01.5", epoch + half * 3),
        ("1969-12-31 23:59:59.5", epoch - half),
        ("1969-12-31 23:59:58", epoch - half * 4),
        (
            "1969-12-31 23:59:59.999999999",
            epoch - Duration::from_nanos(1),
        ),
        (
            "2026-11-23 09:00:00",
            epoch + Duration::from_secs(1_795_424_400),
        ),
    ];
    if cfg!(unix) {
        let first = epoch - Duration::from_secs(1 << 63);
        times.extend([
            (
                "maximum on Linux",
                epoch + Duration::new((1 << 63) - 1, 999_999_999),
            ),
            ("minimum on Linux", first),
            (
                "just above the minimum on Linux",
                first + Duration::from_nanos(1),
            ),
        ]);
    }
    vectors.check("std::time::SystemTime", |value| *value, times);
    vectors.check(
        "std::time::Duration",
        |value| *value,
        [
            ("0", Duration::ZERO),
            ("1 ns", Duration::from_nanos(1)),
            ("1.5 s", half * 3),
            ("maximum", Duration::MAX),
        ],
    );
}

fn net(vectors: &mut Vectors) {
    fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &'static str) -> (&'static str, T) {
        (text, text.parse().unwrap())
    }
    let of_4 = ["0.0.0.0", "192.0.2.1", "255.255.255.255"];
    let of_6 = ["::", "2001:db8::1", "::ffff:192.0.2.1"];
    vectors.check("Ipv4Addr", Ipv4Addr::octets, of_4.map(parsed));
    let last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    vectors.check(
        "Ipv6Addr",
        Ipv6Addr::octets,
        of_6.into_iter().chain([last]).map(parsed),
    );
    vectors.check(
        "IpAddr",
        |value: &IpAddr| *value,
        of_4.into_iter().chain(of_6).map(parsed),
    );
}
