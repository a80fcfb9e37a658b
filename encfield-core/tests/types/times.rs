//! Dates and times of chrono and of time.

use crate::vectors::Vectors;

pub(crate) fn all(vectors: &mut Vectors) {
    #[cfg(feature = "chrono")]
    of_chrono::all(vectors);
    #[cfg(feature = "time")]
    of_time::all(vectors);
    let _ = vectors;
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{
        DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
    };

    use super::Vectors;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn time(hour: u32, minute: u32, second: u32, nano: u32) -> NaiveTime {
        NaiveTime::from_hms_nano_opt(hour, minute, second, nano).unwrap()
    }

    pub(super) fn all(vectors: &mut Vectors) {
        vectors.check(
            "chrono::NaiveDate",
            |value| *value,
            [
                ("1970-01-01", date(1970, 1, 1)),
                ("1969-12-31", date(1969, 12, 31)),
                ("2026-11-23", date(2026, 11, 23)),
                ("2000-02-29", date(2000, 2, 29)),
                ("0000-01-01", date(0, 1, 1)),
                ("-0044-03-15", date(-44, 3, 15)),
                ("first, -262143-01-01", NaiveDate::MIN),
                ("last, 262142-12-31", NaiveDate::MAX),
            ],
        );
        let odd = time(9, 30, 7, 0).with_nanosecond(1_500_000_000).unwrap();
        vectors.check(
            "chrono::NaiveTime",
            |value| *value,
            [
                ("00:00:00", NaiveTime::MIN),
                ("09:30:00.000000001", time(9, 30, 0, 1)),
                ("23:59:59.999999999", time(23, 59, 59, 999_999_999)),
                ("23:59:60 (leap second)", time(23, 59, 59, 1_000_000_000)),
                ("last of a leap second", time(23, 59, 59, 1_999_999_999)),
                ("leap second after 09:30:07", odd),
            ],
        );
        let leap = date(2016, 12, 31).and_time(time(23, 59, 59, 1_250_000_000));
        let morning = date(2026, 11, 23).and_time(time(9, 30, 0, 1));
        let before = date(1969, 12, 31).and_time(time(23, 59, 59, 500_000_000));
        let epoch = DateTime::UNIX_EPOCH.naive_utc();
        vectors.check(
            "chrono::NaiveDateTime",
            |value| *value,
            [
                ("1970-01-01 00:00:00", epoch),
                ("1969-12-31 23:59:59.5", before),
                ("2026-11-23 09:30:00.000000001", morning),
                ("first", NaiveDateTime::MIN),
                ("last", NaiveDateTime::MAX),
                ("2016-12-31 23:59:60.25", leap),
            ],
        );
        vectors.check(
            "chrono::DateTime<Utc>",
            |value: &DateTime<Utc>| *value,
            [
                ("1970-01-01 00:00:00 UTC", epoch.and_utc()),
                ("1969-12-31 23:59:59.5 UTC", before.and_utc()),
                ("2026-11-23 09:30:00.000000001 UTC", morning.and_utc()),
                ("first", DateTime::<Utc>::MIN_UTC),
                ("last", DateTime::<Utc>::MAX_UTC),
                ("2016-12-31 23:59:60.25 UTC", leap.and_utc()),
            ],
        );
        let east = |utc: NaiveDateTime, seconds: i32| {
            FixedOffset::east_opt(seconds)
                .unwrap()
                .from_utc_datetime(&utc)
        };
        let ten = date(2026, 11, 23).and_time(time(9, 30, 0, 0));
        vectors.check(
            "chrono::DateTime<FixedOffset>",
            |value| (value.naive_utc(), value.offset().local_minus_utc()),
            [
                ("1970-01-01 00:00:00 +00:00", east(epoch, 0)),
                (
                    "2026-11-23 15:00:00.000000001 +05:30",
                    east(morning, 19_800),
                ),
                ("2026-11-22 23:30:00 -10:00", east(ten, -36_000)),
                ("1970-01-01 00:19:32 +00:19:32", east(epoch, 1_172)),
                ("1970-01-01 23:59:59 +23:59:59", east(epoch, 86_399)),
                ("1969-12-31 00:00:01 -23:59:59", east(epoch, -86_399)),
                ("2017-01-01 05:29:60.25 +05:30", east(leap, 19_800)),
                (
                    "first in UTC, west of it",
                    east(NaiveDateTime::MIN, -86_399),
                ),
                ("last in UTC, east of it", east(NaiveDateTime::MAX, 86_399)),
            ],
        );
    }
}

#[cfg(feature = "time")]
mod of_time {
    use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

    use super::Vectors;

    fn date(year: i32, month: u8, day: u8) -> Date {
        Date::from_calendar_date(year, Month::try_from(month).unwrap(), day).unwrap()
    }

    fn time(hour: u8, minute: u8, second: u8, nano: u32) -> Time {
        Time::from_hms_nano(hour, minute, second, nano).unwrap()
    }

    pub(super) fn all(vectors: &mut Vectors) {
        vectors.check(
            "time::Date",
            |value| *value,
            [
                ("1970-01-01", date(1970, 1, 1)),
                ("1969-12-31", date(1969, 12, 31)),
                ("2026-11-23", date(2026, 11, 23)),
                ("2000-02-29", date(2000, 2, 29)),
                ("0000-01-01", date(0, 1, 1)),
                ("-0044-03-15", date(-44, 3, 15)),
                ("first, -9999-01-01", date(-9999, 1, 1)),
                ("last, 9999-12-31", date(9999, 12, 31)),
            ],
        );
        let last = time(23, 59, 59, 999_999_999);
        vectors.check(
            "time::Time",
            |value| *value,
            [
                ("00:00:00", Time::MIDNIGHT),
                ("09:30:00.000000001", time(9, 30, 0, 1)),
                ("23:59:59.999999999", last),
            ],
        );
        let at = |date: Date, time: Time| PrimitiveDateTime::new(date, time);
        let epoch = at(date(1970, 1, 1), Time::MIDNIGHT);
        let before = at(date(1969, 12, 31), time(23, 59, 59, 500_000_000));
        let morning = at(date(2026, 11, 23), time(9, 30, 0, 1));
        let bounds = (
            at(date(-9999, 1, 1), Time::MIDNIGHT),
            at(date(9999, 12, 31), last),
        );
        vectors.check(
            "time::PrimitiveDateTime",
            |value| *value,
            [
                ("1970-01-01 00:00:00", epoch),
                ("1969-12-31 23:59:59.5", before),
                ("2026-11-23 09:30:00.000000001", morning),
                ("first", bounds.0),
                ("last", bounds.1),
            ],
        );
        vectors.check(
            "time::UtcDateTime",
            |value: &UtcDateTime| *value,
            [
                ("1970-01-01 00:00:00 UTC", epoch.as_utc()),
                ("1969-12-31 23:59:59.5 UTC", before.as_utc()),
                ("2026-11-23 09:30:00.000000001 UTC", morning.as_utc()),
                ("first", bounds.0.as_utc()),
                ("last", bounds.1.as_utc()),
            ],
        );
        let east = |local: PrimitiveDateTime, seconds: i32| {
            local.assume_offset(UtcOffset::from_whole_seconds(seconds).unwrap())
        };
        let afternoon = at(date(2026, 11, 23), time(15, 0, 0, 1));
        let evening = at(date(2026, 11, 22), time(23, 30, 0, 0));
        vectors.check(
            "time::OffsetDateTime",
            |value: &OffsetDateTime| (value.date(), value.time(), value.offset()),
            [
                ("1970-01-01 00:00:00 +00:00", east(epoch, 0)),
                (
                    "2026-11-23 15:00:00.000000001 +05:30",
                    east(afternoon, 19_800),
                ),
                ("2026-11-22 23:30:00 -10:00", east(evening, -36_000)),
                (
                    "1970-01-01 00:19:32 +00:19:32",
                    east(at(date(1970, 1, 1), time(0, 19, 32, 0)), 1_172),
                ),
                (
                    "1970-01-01 23:59:59 +23:59:59",
                    east(at(date(1970, 1, 1), time(23, 59, 59, 0)), 86_399),
                ),
                (
                    "1969-12-31 00:00:01 -23:59:59",
                    east(at(date(1969, 12, 31), time(0, 0, 1, 0)), -86_399),
                ),
                (
                    "1970-01-02 01:59:59 +25:59:59",
                    east(at(date(1970, 1, 2), time(1, 59, 59, 0)), 93_599),
                ),
                ("first, east of UTC", east(bounds.0, 93_599)),
                ("last, west of UTC", east(bounds.1, -93_599)),
            ],
        );
    }
}
