//! chrono's dates, times and timestamps.

use ::chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc,
};

use super::calendar::{self, DAY, Date, OffsetTimestamp, TimeOfDay};
use super::clock::Timestamp;
use super::erase::erase;
use super::{Codec, CodecError, Encoder};

/// chrono counts days from the last day of the year 0; this is 1970-01-01.
const EPOCH: i32 = 719_163;

const NO_DATE: CodecError = CodecError::new("the date is none that chrono has");
const NO_TIME: CodecError = CodecError::new("the time is none that chrono has");
const NO_OFFSET: CodecError = CodecError::new("the offset is none that chrono has");

fn date(Date(days): Date) -> Result<NaiveDate, CodecError> {
    days.checked_add(EPOCH)
        .and_then(NaiveDate::from_num_days_from_ce_opt)
        .ok_or(NO_DATE)
}

fn time(time: TimeOfDay) -> Result<NaiveTime, CodecError> {
    // `with_nanosecond` takes a leap second after any second, as a value can have one after
    // arithmetic or in a zone that is not whole minutes from UTC; the constructor takes fewer.
    NaiveTime::from_num_seconds_from_midnight_opt(time.seconds, 0)
        .and_then(|second| second.with_nanosecond(time.nanoseconds))
        .ok_or(NO_TIME)
}

/// A timestamp as date and time in UTC, every value that chrono can hold.
fn utc(timestamp: Timestamp) -> Result<NaiveDateTime, CodecError> {
    let days = i32::try_from(timestamp.seconds.div_euclid(DAY)).map_err(|_| NO_DATE)?;
    let seconds = u32::try_from(timestamp.seconds.rem_euclid(DAY)).map_err(|_| NO_TIME)?;
    let time = time(TimeOfDay {
        seconds,
        nanoseconds: timestamp.nanoseconds,
    })?;
    Ok(date(Date(days))?.and_time(time))
}

impl Codec for NaiveDate {
    fn encoded_len(&self) -> usize {
        Date::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        Date(self.num_days_from_ce().checked_sub(EPOCH).ok_or(NO_DATE)?).write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        date(Date::read(plaintext)?)
    }

    fn wipe(&mut self) {
        erase(self, Self::default());
    }
}

/// A leap second is kept.
impl Codec for NaiveTime {
    fn encoded_len(&self) -> usize {
        TimeOfDay::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let (seconds, nanoseconds) = (self.num_seconds_from_midnight(), self.nanosecond());
        TimeOfDay {
            seconds,
            nanoseconds,
        }
        .write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        time(TimeOfDay::read(plaintext)?)
    }

    fn wipe(&mut self) {
        erase(self, Self::default());
    }
}

impl Codec for NaiveDateTime {
    fn encoded_len(&self) -> usize {
        Date::LENGTH + TimeOfDay::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.date().encode(out)?;
        self.time().encode(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let (date, time) = calendar::date_and_time(plaintext)?;
        Ok(NaiveDate::decode(date)?.and_time(NaiveTime::decode(time)?))
    }

    fn wipe(&mut self) {
        erase(self, Self::default());
    }
}

impl Codec for DateTime<Utc> {
    fn encoded_len(&self) -> usize {
        Timestamp::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let (seconds, nanoseconds) = (self.timestamp(), self.timestamp_subsec_nanos());
        Timestamp {
            seconds,
            nanoseconds,
        }
        .write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        utc(calendar::timestamp(plaintext)?).map(|utc| utc.and_utc())
    }

    fn wipe(&mut self) {
        erase(self, Self::default());
    }
}

impl Codec for DateTime<FixedOffset> {
    fn encoded_len(&self) -> usize {
        OffsetTimestamp::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let (seconds, nanoseconds) = (self.timestamp(), self.timestamp_subsec_nanos());
        let utc = Timestamp {
            seconds,
            nanoseconds,
        };
        OffsetTimestamp {
            utc,
            offset: self.offset().local_minus_utc(),
        }
        .write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let stored = OffsetTimestamp::read(plaintext)?;
        let offset = FixedOffset::east_opt(stored.offset).ok_or(NO_OFFSET)?;
        Ok(Self::from_naive_utc_and_offset(utc(stored.utc)?, offset))
    }

    fn wipe(&mut self) {
        erase(self, Self::default());
    }
}
