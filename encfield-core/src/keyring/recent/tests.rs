use super::*;
use crate::Keyring;
use crate::cipher::{decrypt_here, encrypt_here};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::keyring::Role;

/// Each test has a table of its own, and so a keyring: the process's is left alone.
fn place(table: &'static str) -> Context<'static> {
    Context::new(table, "column")
}

fn seal(place: &Context<'static>) -> Vec<u8> {
    encrypt_here(place, None, "K1234567").unwrap()
}

fn open(place: &Context<'static>, value: &[u8]) -> Result<String, Error> {
    decrypt_here(place, value)
}

/// The key that the next value like this one is opened with from memory.
fn remembered(place: &Context<'static>, value: &[u8]) -> Option<Rc<Column>> {
    let (header, rest) = value.split_first_chunk().unwrap();
    let half = rest.first_chunk().unwrap();
    to_open(place, header, half, |_| ()).ok()?;
    RECENT.with_borrow_mut(|recent| {
        let hash = hash(place.column(), half, Some(header));
        let found = recent.answers.find(hash, |answer| {
            answer.half == *half && answer.header == *header
        });
        found.map(|answer| Rc::clone(&answer.key))
    })
}

/// Opens a value until it is opened from memory. The other tests change keyrings, too, and each
/// change makes every thread forget.
fn open_from_memory(place: &Context<'static>, value: &[u8]) -> Rc<Column> {
    let opened = (0..10_000).find_map(|_| {
        assert_eq!(open(place, value).unwrap(), "K1234567");
        remembered(place, value)
    });
    opened.expect("it is remembered unless something changes")
}

fn kind(result: Result<String, Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// A keyring whose first primary key has been followed by another.
fn rotated() -> (Keyring, Keyring, crate::KeyId) {
    let first = Keyring::generate();
    let old = first.primary_id().unwrap();
    let second = first.with_primary(Key::generate().unwrap()).unwrap();
    (first, second, old)
}

fn without(keyring: &Keyring, key: crate::KeyId) -> Keyring {
    keyring.retire(key).unwrap().remove_forced(key).unwrap()
}

#[test]
fn what_is_remembered_is_forgotten_when_its_key_may_no_longer_open() {
    let place = place("may no longer open");
    let (first, second, old) = rotated();
    first.install_for_table(place.table()).unwrap();
    let value = seal(&place);
    for (keyring, refusal) in [
        (without(&second, old), ErrorKind::UnknownKey),
        (
            second.mark_compromised(old).unwrap(),
            ErrorKind::CompromisedKey,
        ),
        (second.only(Role::Seal).unwrap(), ErrorKind::Forbidden),
    ] {
        second.clone().replace_for_table(place.table()).unwrap();
        open_from_memory(&place, &value);
        keyring.replace_for_table(place.table()).unwrap();
        assert_eq!(kind(open(&place, &value)), refusal);
        assert!(remembered(&place, &value).is_none());
    }
}

#[test]
fn a_rotation_seals_under_the_new_key_with_the_next_value() {
    let place = place("rotation");
    let (first, second, old) = rotated();
    let new = second.primary_id().unwrap();
    first.install_for_table(place.table()).unwrap();
    seal(&place);
    assert_eq!(seal(&place)[2..10], old.to_bytes());
    second.clone().replace_for_table(place.table()).unwrap();
    assert_eq!(seal(&place)[2..10], new.to_bytes());
    assert_eq!(seal(&place)[2..10], new.to_bytes());
    second
        .only(Role::Open)
        .unwrap()
        .replace_for_table(place.table())
        .unwrap();
    let refused = encrypt_here(&place, None, "K1234567").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[test]
fn an_override_is_neither_answered_from_memory_nor_remembered() {
    let place = place("override");
    let (ours, theirs) = (Keyring::generate(), Keyring::generate());
    ours.clone().install_for_table(place.table()).unwrap();
    let value = seal(&place);
    open_from_memory(&place, &value);
    let overridden = theirs.override_within(|| {
        assert_eq!(kind(open(&place, &value)), ErrorKind::UnknownKey);
        let overridden = seal(&place);
        open(&place, &overridden).unwrap();
        overridden
    });
    assert_eq!(overridden[2..10], theirs.primary_id().unwrap().to_bytes());
    assert_eq!(kind(open(&place, &overridden)), ErrorKind::UnknownKey);
    assert_eq!(seal(&place)[2..10], ours.primary_id().unwrap().to_bytes());
}

/// A codec can do what any code can: here it seals and opens under a keyring of its own.
#[test]
fn a_codec_may_override_the_keyring_while_a_value_is_sealed_or_opened() {
    struct Nested(String);
    impl crate::Codec for Nested {
        fn encoded_len(&self) -> usize {
            self.0.len()
        }
        fn encode(&self, out: &mut crate::Encoder<'_>) -> Result<(), crate::CodecError> {
            Self::within();
            self.0.encode(out)
        }
        fn decode(plaintext: &[u8]) -> Result<Self, crate::CodecError> {
            Self::within();
            String::decode(plaintext).map(Self)
        }
    }
    impl Nested {
        fn within() {
            let other = place("overridden within");
            Keyring::generate().override_within(|| {
                assert_eq!(open(&other, &seal(&other)).unwrap(), "K1234567");
            });
        }
    }
    let place = place("codec that overrides");
    Keyring::generate()
        .install_for_table(place.table())
        .unwrap();
    for _ in 0..3 {
        let value = encrypt_here(&place, None, &Nested("K1234567".to_owned())).unwrap();
        let opened: Nested = decrypt_here(&place, &value).unwrap();
        assert_eq!(opened.0, "K1234567");
    }
}

/// The keyring was chosen before the change and the answer comes after it: it would never be forgotten.
#[test]
fn an_answer_that_comes_after_a_change_is_not_remembered() {
    let place = place("after a change");
    let keyring = Keyring::generate();
    keyring.clone().install_for_table(place.table()).unwrap();
    let value = keyring.seal(&place, b"K1234567").unwrap();
    let (header, rest) = value.split_first_chunk().unwrap();
    let half = rest.first_chunk().unwrap();
    let Err(Some(asked)) = to_open(&place, header, half, |_| ()) else {
        panic!("nothing is remembered yet");
    };
    let key = keyring
        .first()
        .unwrap()
        .cipher()
        .column(half, &place.associated(header))
        .unwrap();
    aead::changed();
    // Another value of the thread notices the change in between.
    assert!(remembered(&place, &value).is_none());
    remember(asked, Chosen::ToOpen, &place, half, key);
    assert!(remembered(&place, &value).is_none());
}

/// What is remembered is for a column, and says nothing of a row or of a scope.
#[test]
fn a_bound_value_and_one_of_a_scope_are_never_answered_from_memory() {
    let place = place("bound");
    Keyring::generate()
        .install_for_table(place.table())
        .unwrap();
    let value = seal(&place);
    let (header, rest) = value.split_first_chunk().unwrap();
    let half = rest.first_chunk().unwrap();
    open_from_memory(&place, &value);
    static ROW: [&[u8]; 1] = [b"row"];
    static SCOPE: std::sync::LazyLock<crate::Scope> =
        std::sync::LazyLock::new(|| crate::Scope::new("tenant", &7_i32));
    for other in [place.with_bound(&ROW), place.with_scope(&SCOPE)] {
        for _ in 0..100 {
            open(&place, &value).unwrap();
            assert!(to_open(&other, header, half, |_| ()).is_err());
            assert!(to_seal(&other, half, |_| ()).is_err());
        }
    }
}

#[test]
fn a_value_that_was_changed_is_refused_though_its_key_is_remembered() {
    let place = place("changed value");
    Keyring::generate()
        .install_for_table(place.table())
        .unwrap();
    for length in [0, 1, 16, 100, 1_000] {
        let value = encrypt_here(&place, None, &"x".repeat(length)).unwrap();
        open(&place, &value).unwrap();
        for at in 0..value.len() {
            let mut changed = value.clone();
            changed[at] ^= 1;
            let expected = match at {
                0 => ErrorKind::NotCiphertext,
                1 => ErrorKind::UnsupportedFormat,
                2..10 => ErrorKind::UnknownKey,
                _ => ErrorKind::NotAuthentic,
            };
            assert_eq!(kind(open(&place, &changed)), expected, "byte {at}");
            let expected = match at {
                0..50 => ErrorKind::Truncated,
                _ => ErrorKind::NotAuthentic,
            };
            assert_eq!(kind(open(&place, &value[..at])), expected, "cut at {at}");
        }
        assert_eq!(open(&place, &value).unwrap().len(), length);
    }
}

#[test]
fn a_value_of_another_column_is_refused_though_its_key_is_remembered() {
    let (here, there) = (place("here"), place("there"));
    let keyring = Keyring::generate();
    keyring.clone().install_for_table(here.table()).unwrap();
    keyring.install_for_table(there.table()).unwrap();
    let (value, other) = (seal(&here), seal(&there));
    for _ in 0..3 {
        open(&here, &value).unwrap();
        open(&there, &other).unwrap();
        assert_eq!(kind(open(&there, &value)), ErrorKind::NotAuthentic);
        assert_eq!(kind(open(&here, &other)), ErrorKind::NotAuthentic);
    }
}

#[test]
fn a_key_that_nobody_holds_any_more_is_let_go_with_the_next_value() {
    let place = place("let go");
    let (first, second, old) = rotated();
    first.clone().install_for_table(place.table()).unwrap();
    let value = seal(&place);
    let column = Rc::downgrade(&open_from_memory(&place, &value));
    assert!(column.upgrade().is_some());
    without(&second, old)
        .replace_for_table(place.table())
        .unwrap();
    // A handle on the keyring that sealed it is left.
    seal(&place);
    assert!(column.upgrade().is_some());
    drop(first);
    seal(&place);
    assert!(column.upgrade().is_none());
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::sql_types::{BlindIndex, Ciphertext};

    tagged (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name>,
    }
}

/// The tag that is stored, and the one that the keyring makes.
fn tags(keyring: &Keyring) -> (Vec<u8>, Vec<u8>) {
    use crate::blind_index::{Exact, IndexPlace, Recipe};

    let place = IndexPlace::of_column("tagged", "name");
    let made = keyring
        .tag(&Recipe::of::<Exact>(), &place, b"Meier")
        .unwrap();
    let stored =
        crate::diesel::tag_of_normal_form::<crate::sql_types::BlindIndex<tagged::name>>(b"Meier");
    (
        stored.unwrap().as_bytes().to_vec(),
        made.as_bytes().to_vec(),
    )
}

#[test]
fn a_tag_is_made_under_the_primary_index_key_of_now() {
    let (first, second) = (Keyring::generate(), Keyring::generate());
    first.clone().install_for_table("tagged").unwrap();
    for _ in 0..3 {
        let (stored, made) = tags(&first);
        assert_eq!(stored, made);
    }
    second.clone().replace_for_table("tagged").unwrap();
    for _ in 0..3 {
        let (stored, made) = tags(&second);
        assert_eq!(stored, made);
    }
    first.override_within(|| {
        let (stored, made) = tags(&first);
        assert_eq!(stored, made);
    });
    let (stored, made) = tags(&second);
    assert_eq!(stored, made);
}

/// Of rows that each are under another key than the one before.
#[test]
fn answers_for_hundreds_of_keys_are_remembered_together() {
    let place = place("hundreds of keys");
    let mut keyring = Keyring::generate();
    let mut values = Vec::new();
    for _ in 0..300 {
        keyring = keyring.with_primary(Key::generate().unwrap()).unwrap();
        // A thread of its own has a first half of its own.
        let sealed = std::thread::scope(|scope| {
            scope
                .spawn(|| keyring.seal(&place, b"K1234567").unwrap())
                .join()
                .unwrap()
        });
        values.push(sealed);
    }
    keyring.install_for_table(place.table()).unwrap();
    // The other tests change keyrings, too, and each change makes every thread forget.
    let together = (0..1_000).any(|_| {
        let opened = values.iter().all(|value| open(&place, value).is_ok());
        assert!(opened);
        let known = values
            .iter()
            .filter(|value| remembered(&place, value).is_some());
        known.count() > 270
    });
    assert!(together);
}
