//! A wiped value holds nothing of what it was.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use encfield_core::Codec;
use zeroize::Zeroizing;

#[track_caller]
fn leaves<T: Codec + PartialEq + Debug>(mut value: T, blank: T) {
    assert_ne!(value, blank);
    value.wipe();
    assert_eq!(value, blank);
}

#[test]
fn a_wiped_value_of_the_standard_library_is_blank() {
    leaves(true, false);
    leaves('K', '\0');
    leaves(7_u8, 0);
    leaves(-7_i128, 0);
    leaves(7_usize, 0);
    leaves(1.5_f64, 0.0);
    leaves("K1234567".to_owned(), String::new());
    leaves(Zeroizing::new("K1234567".to_owned()), Zeroizing::default());
    leaves(vec![1_u8, 2], vec![]);
    leaves([1_u8, 2], [0, 0]);
    leaves(Box::<[u8]>::from([1, 2]), Box::from([0, 0]));
    leaves(IpAddr::from([192, 0, 2, 1]), Ipv6Addr::UNSPECIFIED.into());
    leaves(Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED);
    leaves(Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED);
    leaves(Duration::MAX, Duration::ZERO);
    leaves(SystemTime::now(), SystemTime::UNIX_EPOCH);
}

/// A borrowed text belongs to somebody else, who may still read it.
#[test]
fn wiping_leaves_borrowed_text_alone() {
    leaves(Cow::Owned::<str>("K1234567".to_owned()), Cow::Borrowed(""));
    let mut borrowed = Cow::Borrowed("K1234567");
    borrowed.wipe();
    assert_eq!(borrowed, "K1234567");
}

#[cfg(feature = "chrono")]
#[test]
fn a_wiped_value_of_chrono_is_1970() {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

    leaves(NaiveDate::MAX, NaiveDate::default());
    leaves(
        NaiveTime::from_hms_opt(9, 30, 0).unwrap(),
        NaiveTime::default(),
    );
    leaves(NaiveDateTime::MAX, NaiveDateTime::default());
    leaves(DateTime::<chrono::Utc>::MAX_UTC, DateTime::default());
}

#[cfg(feature = "time")]
#[test]
fn a_wiped_value_of_time_is_its_first() {
    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

    leaves(Date::MAX, Date::MIN);
    leaves(Time::MAX, Time::MIDNIGHT);
    leaves(PrimitiveDateTime::MAX, PrimitiveDateTime::MIN);
    leaves(UtcDateTime::MAX, UtcDateTime::UNIX_EPOCH);
    leaves(
        PrimitiveDateTime::MAX.assume_utc(),
        OffsetDateTime::UNIX_EPOCH,
    );
}

#[cfg(feature = "uuid")]
#[test]
fn a_wiped_uuid_is_nil() {
    leaves(uuid::Uuid::max(), uuid::Uuid::nil());
}

#[cfg(feature = "rust_decimal")]
#[test]
fn a_wiped_decimal_is_zero() {
    leaves(rust_decimal::Decimal::MAX, rust_decimal::Decimal::ZERO);
}

#[cfg(feature = "phonenumber")]
#[test]
fn a_wiped_phone_number_is_zero() {
    let mut number = phonenumber::parse(None, "+39 06 1234 5678 ext. 12").unwrap();
    number.wipe();
    assert_eq!(number.code().value(), 0);
    assert_eq!(u64::from(*number.national()), 0);
    assert_eq!(number.extension(), None);
}

#[cfg(feature = "secrecy")]
#[test]
fn a_wiped_secret_is_blank() {
    use secrecy::{ExposeSecret, SecretSlice, SecretString};

    let mut text = SecretString::from("K1234567");
    text.wipe();
    assert_eq!(text.expose_secret().trim_matches('\0'), "");
    let mut bytes = SecretSlice::from(vec![1_u8, 2]);
    bytes.wipe();
    assert!(bytes.expose_secret().iter().all(|byte| *byte == 0));
}
