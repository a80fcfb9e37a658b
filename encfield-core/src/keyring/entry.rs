//! A key in a keyring, and what is written down beside it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::key::{Key, KeyState};

/// What the keyring's JSON holds of a key.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(super) key: Key,
    pub(super) state: KeyState,
    pub(super) created: Option<SystemTime>,
}

impl Entry {
    /// A key that comes into a keyring now.
    pub(super) fn new(key: Key, state: KeyState) -> Self {
        Self::made_at(SystemTime::now(), key, state)
    }

    /// A key that comes into a keyring when the clock says this. A clock can be wrong.
    fn made_at(now: SystemTime, key: Key, state: KeyState) -> Self {
        Self {
            key,
            state,
            created: Some(now).filter(|now| has_date(*now)),
        }
    }
}

/// Whether a time has a date that can be written down. A clock that is before 1970 or past 9999 has
/// none, and humantime panics at it.
pub(super) fn has_date(time: SystemTime) -> bool {
    /// 10000-01-01T00:00:00Z.
    const END: Duration = Duration::from_secs(253_402_300_800);
    time.duration_since(UNIX_EPOCH)
        .is_ok_and(|since| since < END)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;

    /// What a keyring file says of a key that came into the keyring at this time by the clock.
    fn written(now: SystemTime) -> Option<String> {
        let entry = Entry::made_at(now, Key::generate().unwrap(), KeyState::Primary);
        let keyring = Keyring::from_entries(vec![entry], vec![]).unwrap();
        let json = keyring.to_json().unwrap();
        let again = Keyring::from_json(&json).unwrap();
        let [before, after] = [&keyring, &again].map(|ring| ring.keys().next().unwrap().created());
        // The file has seconds, and says no other time than the keyring.
        assert_eq!(before.is_some(), after.is_some());
        let date = json.split_once("\"created\": \"");
        date.map(|(_, rest)| rest.split_once('"').unwrap().0.to_owned())
    }

    #[test]
    fn a_clock_that_is_out_of_all_bounds_makes_a_key_without_a_date() {
        let second = Duration::from_secs(1);
        let end = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert_eq!(written(UNIX_EPOCH).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(written(end - second).unwrap(), "9999-12-31T23:59:59Z");
        for now in [
            UNIX_EPOCH - Duration::from_nanos(1),
            UNIX_EPOCH - 1_000_000_000 * second,
            end,
            end + 100_000_000 * second,
        ] {
            assert_eq!(written(now), None, "{now:?}");
        }
    }
}
