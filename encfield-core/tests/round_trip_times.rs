//! Whatever date or time chrono and time can hold comes back as it was stored, and what one of them
//! stored the other one reads.

#![cfg(any(feature = "chrono", feature = "time"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use encfield_core::{Codec, Context, Keyring};
use proptest::prelude::*;

static KEYRING: LazyLock<Keyring> = LazyLock::new(Keyring::generate);

/// The value stored as one type and loaded as another.
fn read_as<T: Codec, U: Codec>(value: &T) -> U {
    let place = Context::new("profiles", "born");
    let sealed = KEYRING.encrypt(&place, value).unwrap();
    assert_eq!(sealed.len(), value.encoded_len() + 50);
    KEYRING.decrypt(&place, &sealed).unwrap()
}

fn there_and_back<T: Codec>(value: &T) -> T {
    read_as(value)
}

/// Reads bytes as a type: if they are taken, writing the value gives the same bytes.
fn canonical<T: Codec>(bytes: &[u8]) {
    let place = Context::new("profiles", "born");
    let sealed = KEYRING.seal(&place, bytes).unwrap();
    if let Ok(value) = KEYRING.decrypt::<T>(&place, &sealed) {
        let again = KEYRING.encrypt(&place, &value).unwrap();
        assert_eq!(*KEYRING.open(&place, &again).unwrap(), bytes);
    }
}

proptest! {
    /// Numbers that are small, and numbers that no calendar holds.
    #[test]
    fn no_two_encodings_are_the_same_value(
        small: [u16; 4], large: [i32; 4], pick: [bool; 4], lengths in 1..=4_usize,
    ) {
        let words = (0..lengths).map(|at| if pick[at] { i32::from(small[at]) } else { large[at] });
        let bytes: Vec<u8> = words.flat_map(i32::to_be_bytes).collect();
        #[cfg(feature = "chrono")]
        {
            canonical::<chrono::NaiveDate>(&bytes);
            canonical::<chrono::NaiveTime>(&bytes);
            canonical::<chrono::NaiveDateTime>(&bytes);
            canonical::<chrono::DateTime<chrono::Utc>>(&bytes);
            canonical::<chrono::DateTime<chrono::FixedOffset>>(&bytes);
        }
        #[cfg(feature = "time")]
        {
            canonical::<time::Date>(&bytes);
            canonical::<time::Time>(&bytes);
            canonical::<time::PrimitiveDateTime>(&bytes);
            canonical::<time::UtcDateTime>(&bytes);
            canonical::<time::OffsetDateTime>(&bytes);
        }
    }
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};

    use super::*;

    fn date() -> impl Strategy<Value = NaiveDate> {
        let days = |date: NaiveDate| (date - NaiveDate::default()).num_days();
        let all = days(NaiveDate::MIN)..=days(NaiveDate::MAX);
        prop_oneof![-50_000..50_000_i64, all]
            .prop_map(|days| NaiveDate::default() + chrono::TimeDelta::try_days(days).unwrap())
    }

    fn time() -> impl Strategy<Value = NaiveTime> {
        (0..86_400_u32, 0..2_000_000_000_u32).prop_map(|(seconds, nanos)| {
            let second = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap();
            second.with_nanosecond(nanos).unwrap()
        })
    }

    fn date_time() -> impl Strategy<Value = NaiveDateTime> {
        (date(), time()).prop_map(|(date, time)| date.and_time(time))
    }

    proptest! {
        #[test]
        fn a_naive_date_comes_back(date in date()) {
            prop_assert_eq!(there_and_back(&date), date);
        }

        #[test]
        fn a_naive_time_comes_back(time in time()) {
            prop_assert_eq!(there_and_back(&time), time);
        }

        #[test]
        fn a_naive_date_time_comes_back(date_time in date_time()) {
            prop_assert_eq!(there_and_back(&date_time), date_time);
        }

        #[test]
        fn a_timestamp_comes_back(date_time in date_time()) {
            let timestamp = date_time.and_utc();
            prop_assert_eq!(there_and_back(&timestamp), timestamp);
        }

        #[test]
        fn a_timestamp_comes_back_with_its_offset(
            date_time in date_time(), east in -86_399..86_400_i32,
        ) {
            let timestamp = FixedOffset::east_opt(east).unwrap().from_utc_datetime(&date_time);
            let back: DateTime<FixedOffset> = there_and_back(&timestamp);
            prop_assert_eq!(back.naive_utc(), timestamp.naive_utc());
            prop_assert_eq!(back.offset(), timestamp.offset());
        }
    }
}

#[cfg(feature = "time")]
mod of_time {
    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

    use super::*;

    fn date() -> impl Strategy<Value = Date> {
        (Date::MIN.to_julian_day()..=Date::MAX.to_julian_day())
            .prop_map(|day| Date::from_julian_day(day).unwrap())
    }

    fn time() -> impl Strategy<Value = Time> {
        (0..24_u8, 0..60_u8, 0..60_u8, 0..1_000_000_000_u32)
            .prop_map(|(h, m, s, nanos)| Time::from_hms_nano(h, m, s, nanos).unwrap())
    }

    fn date_time() -> impl Strategy<Value = PrimitiveDateTime> {
        (date(), time()).prop_map(|(date, time)| PrimitiveDateTime::new(date, time))
    }

    fn offset() -> impl Strategy<Value = UtcOffset> {
        (-93_599..93_600_i32).prop_map(|east| UtcOffset::from_whole_seconds(east).unwrap())
    }

    proptest! {
        #[test]
        fn a_date_comes_back(date in date()) {
            prop_assert_eq!(there_and_back(&date), date);
        }

        #[test]
        fn a_time_comes_back(time in time()) {
            prop_assert_eq!(there_and_back(&time), time);
        }

        #[test]
        fn a_date_time_comes_back(date_time in date_time()) {
            prop_assert_eq!(there_and_back(&date_time), date_time);
        }

        #[test]
        fn a_timestamp_comes_back(date_time in date_time()) {
            let timestamp = date_time.as_utc();
            prop_assert_eq!(there_and_back(&timestamp), timestamp);
        }

        #[test]
        fn a_timestamp_comes_back_with_its_offset(
            date_time in date_time(), offset in offset(),
        ) {
            let timestamp = date_time.assume_offset(offset);
            let back: OffsetDateTime = there_and_back(&timestamp);
            let parts = |at: OffsetDateTime| (at.date(), at.time(), at.offset());
            prop_assert_eq!(parts(back), parts(timestamp));
        }
    }
}

#[cfg(all(feature = "chrono", feature = "time"))]
mod from_one_to_the_other {
    use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
    use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

    use super::*;

    proptest! {
        #[test]
        fn chrono_reads_what_time_stored_and_time_reads_it_again(
            day in Date::MIN.to_julian_day() + 2..=Date::MAX.to_julian_day() - 2,
            seconds in 0..86_400_i64, nanos in 0..1_000_000_000_i64, east in -86_399..86_400_i32,
        ) {
            let date = Date::from_julian_day(day).unwrap();
            let time = Time::MIDNIGHT
                + time::Duration::seconds(seconds) + time::Duration::nanoseconds(nanos);
            let date_time = PrimitiveDateTime::new(date, time);
            let utc = date_time.as_utc();
            let offset = UtcOffset::from_whole_seconds(east).unwrap();
            let local = date_time.assume_offset(offset);

            let there: NaiveDate = read_as(&date);
            prop_assert_eq!((there.year(), there.ordinal()), (date.year(), date.ordinal().into()));
            prop_assert_eq!(read_as::<_, Date>(&there), date);

            let there: NaiveTime = read_as(&time);
            prop_assert_eq!(read_as::<_, Time>(&there), time);

            let there: NaiveDateTime = read_as(&date_time);
            prop_assert_eq!(read_as::<_, PrimitiveDateTime>(&there), date_time);

            let there: DateTime<Utc> = read_as(&utc);
            prop_assert_eq!(there.timestamp(), utc.unix_timestamp());
            prop_assert_eq!(read_as::<_, UtcDateTime>(&there), utc);
            prop_assert_eq!(
                read_as::<_, std::time::SystemTime>(&there), std::time::SystemTime::from(utc)
            );

            let there: DateTime<FixedOffset> = read_as(&local);
            prop_assert_eq!(there.timestamp(), local.unix_timestamp());
            prop_assert_eq!(there.offset().local_minus_utc(), east);
            prop_assert_eq!(read_as::<_, OffsetDateTime>(&there).offset(), offset);
            prop_assert_eq!(read_as::<_, OffsetDateTime>(&there), local);
        }
    }
}
