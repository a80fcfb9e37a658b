//! The standard library's points and spans of time, and the timestamp that every crate shares.

use std::time::{Duration, SystemTime};

use super::erase::erase;
use super::{Codec, CodecError, Encoder, exactly};

/// A point in time on the wire: seconds since 1970-01-01 00:00 UTC, rounded down, and nanoseconds
/// that count forward from there.
#[derive(Clone, Copy)]
pub(super) struct Timestamp {
    pub(super) seconds: i64,
    pub(super) nanoseconds: u32,
}

impl Timestamp {
    pub(super) const LENGTH: usize = 12;

    pub(super) fn write(self, out: &mut Encoder<'_>) {
        out.write(&self.seconds.to_be_bytes());
        out.write(&self.nanoseconds.to_be_bytes());
    }

    /// Which nanoseconds there are is for the caller to say: chrono has leap seconds.
    pub(super) fn read(bytes: [u8; Self::LENGTH]) -> Self {
        let [seconds @ .., a, b, c, d] = bytes;
        Self {
            seconds: i64::from_be_bytes(seconds),
            nanoseconds: u32::from_be_bytes([a, b, c, d]),
        }
    }
}

/// The nanoseconds of a whole second.
const SECOND: u32 = 1_000_000_000;

const NOT_A_TIMESTAMP: CodecError =
    CodecError::new("a timestamp has 12 bytes and fits the machine's clock");

const NOT_A_DURATION: CodecError =
    CodecError::new("a duration has 12 bytes and less than 1,000,000,000 nanoseconds");

impl Codec for SystemTime {
    fn encoded_len(&self) -> usize {
        Timestamp::LENGTH
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        let timestamp = match self.duration_since(Self::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs())
                .ok()
                .map(|seconds| Timestamp {
                    seconds,
                    nanoseconds: after.subsec_nanos(),
                }),
            Err(earlier) => {
                // Seconds are rounded down: half a second before 1970 is -1 s and 500 ms.
                let before = earlier.duration();
                let (borrow, nanoseconds) = match before.subsec_nanos() {
                    0 => (0, 0),
                    nanoseconds => (1, SECOND - nanoseconds),
                };
                0_i64
                    .checked_sub_unsigned(before.as_secs())
                    .and_then(|seconds| seconds.checked_sub(borrow))
                    .map(|seconds| Timestamp {
                        seconds,
                        nanoseconds,
                    })
            }
        };
        timestamp.ok_or(NOT_A_TIMESTAMP)?.write(out);
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let bytes = plaintext.try_into().map_err(|_| NOT_A_TIMESTAMP)?;
        let Timestamp {
            seconds,
            nanoseconds,
        } = Timestamp::read(bytes);
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let second = match seconds {
            0.. => Self::UNIX_EPOCH.checked_add(distance),
            _ => Self::UNIX_EPOCH.checked_sub(distance),
        };
        second
            .filter(|_| nanoseconds < SECOND)
            .and_then(|second| second.checked_add(Duration::from_nanos(nanoseconds.into())))
            .ok_or(NOT_A_TIMESTAMP)
    }

    fn wipe(&mut self) {
        erase(self, Self::UNIX_EPOCH);
    }
}

impl Codec for Duration {
    fn encoded_len(&self) -> usize {
        12
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(&self.as_secs().to_be_bytes());
        out.write(&self.subsec_nanos().to_be_bytes());
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        let bytes: [u8; 12] = exactly(plaintext, "a duration has 12 bytes")?;
        let [seconds @ .., a, b, c, d] = bytes;
        match u32::from_be_bytes([a, b, c, d]) {
            nanoseconds @ 0..SECOND => Ok(Self::new(u64::from_be_bytes(seconds), nanoseconds)),
            _ => Err(NOT_A_DURATION),
        }
    }

    fn wipe(&mut self) {
        erase(self, Self::ZERO);
    }
}
