//! Dates and times of day on the wire, the same for chrono and time: a program can change from one
//! crate to the other.

use super::clock::Timestamp;
use super::{CodecError, Encoder};

/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// A day: how many days after 1970-01-01 in the proleptic Gregorian calendar.
#[derive(Clone, Copy)]
pub(super) struct Date(pub(super) i32);

/// A time of day without a zone.
#[derive(Clone, Copy)]
pub(super) struct TimeOfDay {
    /// Since midnight, below [`DAY`].
    pub(super) seconds: u32,
    /// From 1,000,000,000 on they are inside a leap second.
    pub(super) nanoseconds: u32,
}

/// A timestamp and how many seconds the zone is east of UTC.
#[derive(Clone, Copy)]
pub(super) struct OffsetTimestamp {
    pub(super) utc: Timestamp,
    pub(super) offset: i32,
}

impl Date {
    pub(super) const LENGTH: usize = 4;

    pub(super) fn write(self, out: &mut Encoder<'_>) {
        out.write(&self.0.to_be_bytes());
    }

    pub(super) fn read(plaintext: &[u8]) -> Result<Self, CodecError> {
        let bytes = plaintext
            .try_into()
            .map_err(|_| CodecError::new("a date has 4 bytes"))?;
        Ok(Self(i32::from_be_bytes(bytes)))
    }
}

impl TimeOfDay {
    pub(super) const LENGTH: usize = 8;

    pub(super) fn write(self, out: &mut Encoder<'_>) {
        out.write(&self.seconds.to_be_bytes());
        out.write(&self.nanoseconds.to_be_bytes());
    }

    pub(super) fn read(plaintext: &[u8]) -> Result<Self, CodecError> {
        let bytes: [u8; Self::LENGTH] = plaintext
            .try_into()
            .map_err(|_| CodecError::new("a time of day has 8 bytes"))?;
        let [a, b, c, d, nanoseconds @ ..] = bytes;
        Ok(Self {
            seconds: u32::from_be_bytes([a, b, c, d]),
            nanoseconds: u32::from_be_bytes(nanoseconds),
        })
    }
}

/// Takes a date and time without a zone apart.
pub(super) fn date_and_time(plaintext: &[u8]) -> Result<(&[u8], &[u8]), CodecError> {
    match plaintext.split_at_checked(Date::LENGTH) {
        Some((date, time)) if time.len() == TimeOfDay::LENGTH => Ok((date, time)),
        _ => Err(CodecError::new("a date and time has 12 bytes")),
    }
}

/// A timestamp in UTC.
pub(super) fn timestamp(plaintext: &[u8]) -> Result<Timestamp, CodecError> {
    let bytes = plaintext
        .try_into()
        .map_err(|_| CodecError::new("a timestamp has 12 bytes"))?;
    Ok(Timestamp::read(bytes))
}

impl OffsetTimestamp {
    pub(super) const LENGTH: usize = Timestamp::LENGTH + 4;

    pub(super) fn write(self, out: &mut Encoder<'_>) {
        self.utc.write(out);
        out.write(&self.offset.to_be_bytes());
    }

    pub(super) fn read(plaintext: &[u8]) -> Result<Self, CodecError> {
        let bytes: [u8; Self::LENGTH] = plaintext
            .try_into()
            .map_err(|_| CodecError::new("a timestamp with an offset has 16 bytes"))?;
        let [utc @ .., a, b, c, d] = bytes;
        Ok(Self {
            utc: Timestamp::read(utc),
            offset: i32::from_be_bytes([a, b, c, d]),
        })
    }
}
