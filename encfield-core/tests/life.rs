//! A key goes through its states in order: the whole state machine, as a table.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, SystemTime};

use encfield_core::{Context, Error, ErrorKind, Key, KeyId, KeyState, Keyring, Purpose};

const PLACE: Context<'static> = Context::new("profiles", "phone_number");

fn kind(result: Result<Keyring, Error>) -> ErrorKind {
    let error = result.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("; "), "nothing to do next: {text}");
    error.kind()
}

fn state(keyring: &Keyring, id: KeyId) -> KeyState {
    keyring.keys().find(|key| key.id() == id).unwrap().state()
}

/// A keyring with two encryption keys and two index keys, the first of each the primary.
fn two_of_each() -> (Keyring, [KeyId; 2], [KeyId; 2]) {
    let [first, second, index, other] = [(); 4].map(|()| Key::generate().unwrap());
    let ids = ([first.id(), second.id()], [index.id(), other.id()]);
    let keyring = Keyring::new(first)
        .with_key(second, KeyState::Active)
        .and_then(|keyring| keyring.with_primary_index_key(index))
        .and_then(|keyring| keyring.with_index_key(other, KeyState::Active));
    (keyring.unwrap(), ids.0, ids.1)
}

#[test]
fn a_key_is_promoted_retired_and_removed() {
    let (keyring, encryption, index) = two_of_each();
    let sealed = keyring.seal(&PLACE, b"x").unwrap();
    for [first, second] in [encryption, index] {
        let promoted = keyring.promote(second).unwrap();
        assert_eq!(state(&promoted, first), KeyState::Active);
        assert_eq!(state(&promoted, second), KeyState::Primary);
        let retired = promoted.retire(first).unwrap();
        assert_eq!(state(&retired, first), KeyState::Retired);
        // Back again, where it turns out to be needed.
        assert_eq!(
            state(&retired.promote(first).unwrap(), second),
            KeyState::Active
        );
        assert!(retired.open(&PLACE, &sealed).is_ok());

        assert_eq!(kind(retired.remove(first, 3)), ErrorKind::KeyInUse);
        let removed = retired.remove(first, 0).unwrap();
        assert_eq!(removed.keys().count(), 3);
        assert_eq!(kind(removed.promote(first)), ErrorKind::UnknownKey);
        if first == encryption[0] {
            let error = removed.open(&PLACE, &sealed).unwrap_err();
            assert_eq!(
                (error.kind(), error.key_id()),
                (ErrorKind::UnknownKey, Some(first))
            );
        }
        assert_eq!(retired.remove_forced(first).unwrap().keys().count(), 3);
    }
}

/// What is done with a key by its id.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Promote,
    Retire,
    MarkCompromised,
    Remove,
    RemoveForced,
}

/// What becomes of the key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Becomes {
    State(KeyState),
    Gone,
    Refused,
}

/// The state machine, whole: a row a state, a column a step.
#[rustfmt::skip]
const LIFE: [(KeyState, [(Step, Becomes); 5]); 4] = {
    use Becomes::{Gone, Refused, State};
    use KeyState::{Active, Compromised, Primary, Retired};
    use Step::{MarkCompromised, Promote, Remove, RemoveForced, Retire};
    [
        (Primary, [
            (Promote, State(Primary)), (Retire, Refused), (MarkCompromised, Refused),
            (Remove, Refused), (RemoveForced, Refused),
        ]),
        (Active, [
            (Promote, State(Primary)), (Retire, State(Retired)), (MarkCompromised, State(Compromised)),
            (Remove, Refused), (RemoveForced, Refused),
        ]),
        (Retired, [
            (Promote, State(Primary)), (Retire, State(Retired)), (MarkCompromised, State(Compromised)),
            (Remove, Gone), (RemoveForced, Gone),
        ]),
        (Compromised, [
            (Promote, Refused), (Retire, Refused), (MarkCompromised, Refused),
            (Remove, Gone), (RemoveForced, Gone),
        ]),
    ]
};

fn take(keyring: &Keyring, step: Step, id: KeyId) -> Result<Keyring, Error> {
    match step {
        Step::Promote => keyring.promote(id),
        Step::Retire => keyring.retire(id),
        Step::MarkCompromised => keyring.mark_compromised(id),
        Step::Remove => keyring.remove(id, 0),
        Step::RemoveForced => keyring.remove_forced(id),
    }
}

/// A keyring with a key of each state for each purpose.
fn one_of_each() -> Keyring {
    let states = [KeyState::Active, KeyState::Retired, KeyState::Compromised];
    states
        .into_iter()
        .fold(Keyring::generate(), |keyring, state| {
            let [encryption, index] = [(); 2].map(|()| Key::generate().unwrap());
            let keyring = keyring.with_key(encryption, state).unwrap();
            keyring.with_index_key(index, state).unwrap()
        })
}

fn states(keyring: &Keyring) -> Vec<(KeyId, KeyState, Purpose)> {
    let mut states: Vec<_> = keyring
        .keys()
        .map(|key| (key.id(), key.state(), key.purpose()))
        .collect();
    states.sort_by_key(|(id, ..)| *id);
    states
}

/// 4 states, 5 steps and 2 purposes; and what becomes of every other key, which is nothing.
#[test]
fn each_step_from_each_state_does_this_and_nothing_else() {
    let keyring = one_of_each();
    assert_eq!(keyring.keys().count(), 8);
    for key in keyring.keys() {
        let (_, steps) = LIFE
            .iter()
            .find(|(state, _)| *state == key.state())
            .unwrap();
        for &(step, becomes) in steps {
            let what = format!("{:?} {} {step:?}", key.purpose(), key.state());
            let before = states(&keyring);
            let after = take(&keyring, step, key.id());
            let expected: Vec<_> = before
                .iter()
                .filter_map(|&(id, state, purpose)| match becomes {
                    Becomes::Gone if id == key.id() => None,
                    Becomes::State(state) if id == key.id() => Some((id, state, purpose)),
                    // Two primaries there are not.
                    Becomes::State(KeyState::Primary)
                        if state == KeyState::Primary && purpose == key.purpose() =>
                    {
                        Some((id, KeyState::Active, purpose))
                    }
                    _ => Some((id, state, purpose)),
                })
                .collect();
            match after {
                Ok(after) => {
                    assert_ne!(becomes, Becomes::Refused, "{what}");
                    assert_eq!(states(&after), expected, "{what}");
                    // What comes out can be kept and read.
                    let json = after.to_json().unwrap();
                    let again = Keyring::from_json(&json).unwrap();
                    assert_eq!(states(&again), expected, "{what}");
                }
                Err(error) => {
                    assert_eq!(becomes, Becomes::Refused, "{what}: {error}");
                    assert_eq!(error.kind(), ErrorKind::KeyState, "{what}");
                    assert_eq!(error.key_id(), Some(key.id()), "{what}");
                    let state = format!("a key that is {}", key.state());
                    assert!(error.to_string().contains(&state), "{what}: {error}");
                }
            }
            assert_eq!(states(&keyring), before, "{what}");
            // Values that are left are the first thing to say, whatever the state.
            let error = keyring.remove(key.id(), 1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::KeyInUse, "{what}");
        }
    }
}

/// What each state can do with a value, and with a tag's key.
#[test]
fn a_key_opens_in_every_state_but_one() {
    for (state, steps) in [
        (KeyState::Primary, &[][..]),
        (KeyState::Active, &[]),
        (KeyState::Retired, &[Step::Retire]),
        (KeyState::Compromised, &[Step::MarkCompromised]),
    ] {
        let (keyring, [first, second], _) = two_of_each();
        let sealed = keyring.seal(&PLACE, b"x").unwrap();
        let keyring = match state {
            KeyState::Primary => keyring,
            _ => keyring.promote(second).unwrap(),
        };
        let keyring = steps.iter().fold(keyring, |keyring, step| {
            take(&keyring, *step, first).unwrap()
        });
        assert_eq!(self::state(&keyring, first), state);
        match keyring.open(&PLACE, &sealed) {
            Ok(opened) => {
                assert_ne!(state, KeyState::Compromised);
                assert_eq!(&**opened, b"x");
            }
            Err(error) => {
                assert_eq!(state, KeyState::Compromised, "{error}");
                assert_eq!(error.kind(), ErrorKind::CompromisedKey);
            }
        }
        // One key seals, and it is the primary.
        let new = keyring.seal(&PLACE, b"y").unwrap();
        let sealed_by_first = new[2..10] == sealed[2..10];
        assert_eq!(sealed_by_first, state == KeyState::Primary);
    }
}

#[test]
fn a_key_that_is_not_there_can_do_nothing() {
    let (keyring, unknown) = (one_of_each(), Key::generate().unwrap().id());
    for (step, _) in LIFE[0].1 {
        let error = take(&keyring, step, unknown).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownKey, "{step:?}");
        assert_eq!(error.key_id(), Some(unknown));
    }
}

/// A key is given to a keyring in each state, for each purpose, and once more.
#[test]
fn each_state_can_be_added_but_a_second_primary_and_the_same_key_again() {
    let keyring = one_of_each();
    type Add = fn(&Keyring, Key, KeyState) -> Result<Keyring, Error>;
    type Put = fn(&Keyring, Key) -> Result<Keyring, Error>;
    let adds: [(Add, Put, Purpose); 2] = [
        (
            Keyring::with_key,
            Keyring::with_primary,
            Purpose::Encryption,
        ),
        (
            Keyring::with_index_key,
            Keyring::with_primary_index_key,
            Purpose::Index,
        ),
    ];
    for (at, (add, put, purpose)) in adds.into_iter().enumerate() {
        let (other_add, other_put, _) = adds[1 - at];
        for (state, _) in LIFE {
            let key = Key::generate().unwrap();
            let id = key.id();
            let added = match (add(&keyring, key.clone(), state), state) {
                (Err(error), KeyState::Primary) => {
                    assert_eq!(error.kind(), ErrorKind::KeyringInvalid);
                    put(&keyring, key.clone()).unwrap()
                }
                (added, _) => added.unwrap(),
            };
            let record = added.keys().find(|key| key.id() == id).unwrap();
            assert_eq!((record.state(), record.purpose()), (state, purpose));
            assert_eq!(
                kind(add(&added, key.clone(), state)),
                ErrorKind::KeyringInvalid
            );
            // One key has one purpose.
            assert_eq!(
                kind(other_add(&added, key.clone(), KeyState::Active)),
                ErrorKind::KeyringInvalid
            );
            assert_eq!(
                kind(other_put(&added, key.clone())),
                ErrorKind::KeyringInvalid
            );
            // A key that is there is promoted, unless it is compromised.
            let again = put(&added, key);
            match state {
                KeyState::Compromised => assert_eq!(kind(again), ErrorKind::KeyringInvalid),
                _ => assert_eq!(self::state(&again.unwrap(), id), KeyState::Primary),
            }
        }
    }
}

#[test]
fn each_key_says_what_it_is_for_and_when_it_came() {
    let before = SystemTime::now() - Duration::from_secs(2);
    let keyring = Keyring::generate();
    let purposes: Vec<_> = keyring.keys().map(|key| key.purpose()).collect();
    assert_eq!(purposes, [Purpose::Encryption, Purpose::Index]);
    let again = Keyring::from_json(&keyring.to_json().unwrap()).unwrap();
    for key in again.keys() {
        assert!(key.created().unwrap() >= before);
    }
}

/// Nothing is decided by a date.
#[test]
fn a_clock_that_goes_backwards_changes_nothing() {
    let (keyring, [first, second], _) = two_of_each();
    let json = keyring.to_json().unwrap();
    let year = humantime_year(&json);
    let odd = json.replacen(&format!("\"{year}-"), "\"2099-", 1);
    let keyring = Keyring::from_json(&odd).unwrap();
    let rotated = keyring.promote(second).unwrap().retire(first).unwrap();
    assert_eq!(rotated.primary_id().unwrap(), second);
    let rotated = Keyring::from_json(&rotated.to_json().unwrap()).unwrap();
    assert!(rotated.remove(first, 0).is_ok());
}

fn humantime_year(json: &str) -> &str {
    let (_, rest) = json.split_once("\"created\": \"").unwrap();
    &rest[..4]
}
