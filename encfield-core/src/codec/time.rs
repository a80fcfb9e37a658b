//! The crate time's dates, times and timestamps.

use ::time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::calendar::{self, DAY, OffsetTimestamp, TimeOfDay};
use super::clock::Timestamp;
use super::erase::erase;
use super::{Codec, CodecError, Encoder};

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

const NO_DATE: CodecError = CodecError::new("the date is none that the crate time has");
const NO_TIME: CodecError =
    CodecError::new("the time is none that the crate time has, which knows no leap seconds");
const NO_OFFSET: CodecError = CodecError::new("the offset is none that the crate time has");

fn date(calendar::Date(days): calendar::Date) -> Result<Date, CodecError> {
    days.checked_add(EPOCH)
        .and_then(|day| Date::from_julian_day(day).ok())
        .ok_or(NO_DATE)
}

fn time(time: TimeOfDay) -> Result<Time, CodecError> {
    let part = |seconds: u32| u8::try_from(seconds).map_err(|_| NO_TIME);
    let minutes = time.seconds / 60;
    Time::from_hms_nano(
        part(minutes / 60)?,
        part(minutes % 60)?,
        part(time.seconds % 60)?,
        time.nanoseconds,
    )
    .map_err(|_| NO_TIME)
}

/// The date and time that lie this many seconds and nanoseconds after 1970-01-01 00:00.
fn date_and_time(seconds: i64, nanoseconds: u32) -> Result<(Date, Time), CodecError> {
    let days = i32::try_from(seconds.div_euclid(DAY)).map_err(|_| NO_DATE)?;
    let seconds = u32::try_from(seconds.rem_euclid(DAY)).map_err(|_| NO_TIME)?;
    Ok((
        date(calendar::Date(days))?,
        time(TimeOfDay {
            seconds,
            nanoseconds,
        })?,
    ))
}

impl Codec for Date {
    fn encoded_len(&self) -> usize {
        calendar::Date::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        calendar::Date(self.to_julian_day().checked_sub(EPOCH).ok_or(NO_DATE)?).write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        date(calendar::Date::read(plaintext)?)
    }

    fn wipe(&mut self) {
        erase(self, Self::MIN);
    }
}

impl Codec for Time {
    fn encoded_len(&self) -> usize {
        TimeOfDay::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let (hours, minutes, seconds, nanoseconds) = self.as_hms_nano();
        let seconds = (u32::from(hours) * 60 + u32::from(minutes)) * 60 + u32::from(seconds);
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
        erase(self, Self::MIDNIGHT);
    }
}

impl Codec for PrimitiveDateTime {
    fn encoded_len(&self) -> usize {
        calendar::Date::LENGTH + TimeOfDay::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.date().encode(out)?;
        self.time().encode(out)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let (date, time) = calendar::date_and_time(plaintext)?;
        Ok(Self::new(Date::decode(date)?, Time::decode(time)?))
    }

    fn wipe(&mut self) {
        erase(self, Self::MIN);
    }
}

impl Codec for UtcDateTime {
    fn encoded_len(&self) -> usize {
        Timestamp::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        Timestamp {
            seconds: self.unix_timestamp(),
            nanoseconds: self.nanosecond(),
        }
        .write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let Timestamp {
            seconds,
            nanoseconds,
        } = calendar::timestamp(plaintext)?;
        date_and_time(seconds, nanoseconds).map(|(date, time)| Self::new(date, time))
    }

    fn wipe(&mut self) {
        erase(self, Self::UNIX_EPOCH);
    }
}

impl Codec for OffsetDateTime {
    fn encoded_len(&self) -> usize {
        OffsetTimestamp::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let utc = Timestamp {
            seconds: self.unix_timestamp(),
            nanoseconds: self.nanosecond(),
        };
        OffsetTimestamp {
            utc,
            offset: self.offset().whole_seconds(),
        }
        .write(out);
        Ok(())
    }

    /// Goes by way of the local date, which is in range where the date in UTC may be out of it.
    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let OffsetTimestamp { utc, offset: east } = OffsetTimestamp::read(plaintext)?;
        let offset = UtcOffset::from_whole_seconds(east).map_err(|_| NO_OFFSET)?;
        let local = utc.seconds.checked_add(east.into()).ok_or(NO_DATE)?;
        let (date, time) = date_and_time(local, utc.nanoseconds)?;
        Ok(Self::new_in_offset(date, time, offset))
    }

    fn wipe(&mut self) {
        erase(self, Self::UNIX_EPOCH);
    }
}
