//! What encfield frees holds no key and no value.
//!
//! One test at a time in a process of its own: the allocator is everybody's.

#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    Context, Encrypted, Error, ErrorKind, IndexExpressionMethods, Indexed, Json, Key, KeyState,
    Keyring, Sealed, Sensitive,
};
use encfield_freed_memory::Scanning;
use zeroize::Zeroizing;

/// A part of every value, and of the one key, as bytes and as the keyring's JSON spells it.
const VALUE: &str = "K1234567-marked-";
const KEY: [u8; 32] = *b"\x8c\x07\x86\x46\x8c\x9c\x8c\x76\x83\x37\xcb\x25\x00\x29\xf9\x20\x06\x2e\x23\xe4\x69\xcf\xef\xe7\x89\x10\xbe\xcd\x87\xfb\x19\x12";
const KEY_HEX: &str = "8c0786468c9c8c768337cb250029f920062e23e469cfefe78910becd87fb1912";

#[global_allocator]
static ALLOCATOR: Scanning = Scanning::new(&[
    VALUE.as_bytes(),
    KEY.first_chunk::<16>().unwrap(),
    KEY_HEX.as_bytes().first_chunk::<16>().unwrap(),
]);

const CYCLES: u32 = 10_000;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    people (id) {
        id -> Integer,
        passport -> Ciphertext<passport>,
        passport_index -> Nullable<BlindIndex<passport, encfield::CaseFolded>>,
        note -> Nullable<Ciphertext<note>>,
        details -> Ciphertext<details>,
    }
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct Person<'a> {
    id: i32,
    #[sensitive(index = passport_index)]
    passport: &'a str,
    #[sensitive(pad = 64)]
    note: Option<&'a str>,
    #[sensitive]
    details: &'a serde_json::Value,
}

#[derive(Sensitive)]
struct Form {
    country: String,
    #[sensitive]
    passport: Option<String>,
    #[sensitive]
    others: Vec<String>,
    /// What lies in the collections' own memory, and what they point to.
    #[sensitive]
    by_number: BTreeMap<u32, [u8; 16]>,
    #[sensitive]
    by_name: HashMap<String, Box<[[u8; 16]]>>,
    #[sensitive]
    names: (BTreeSet<String>, HashSet<PathBuf>),
}

/// A marked value whose own memory is wiped by the test.
fn marked(number: u32) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(64));
    text.push_str(VALUE);
    text.push_str(&number.to_string());
    text
}

fn connection() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.batch_execute(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, passport BLOB NOT NULL, passport_index BLOB, \
         note BLOB, details BLOB NOT NULL)",
    )
    .unwrap();
    conn
}

/// A keyring whose only encryption key is the marked one.
fn keyring() -> Keyring {
    let text = Zeroizing::new(format!(
        r#"{{"encfield_keyring":1,"encryption":[{{"id":"0a2fac17b4803429","state":"primary","key":"{KEY_HEX}"}}]}}"#
    ));
    let keyring = Keyring::from_json(&text).unwrap();
    keyring
        .with_index_key(Key::generate().unwrap(), KeyState::Primary)
        .unwrap()
}

/// Stores, loads, looks up, and drops.
fn store_and_load(conn: &mut SqliteConnection, number: u32) {
    let text = marked(number);
    // In JSON it has an escape, so that it cannot be read where it lies.
    let mut escaped = Zeroizing::new(String::with_capacity(64));
    escaped.push_str("\"\n");
    escaped.push_str(&text);
    let mut details = serde_json::json!({
        "number": text.as_str(), "list": [text.as_str(), escaped.as_str()], escaped.as_str(): 1,
    });
    let person = Person {
        id: 1,
        passport: &text,
        note: Some(&text),
        details: &details,
    };
    diesel::insert_into(people::table)
        .values(&person)
        .execute(conn)
        .unwrap();
    diesel::update(people::table)
        .set((
            people::details.eq(Encrypted::new(serde_json::json!([
                text.as_str(),
                { escaped.as_str(): escaped.as_str() },
            ]))),
            Indexed::new(people::passport, people::passport_index, text.as_str()),
        ))
        .execute(conn)
        .unwrap();
    encfield::Wipe::overwrite(&mut details);

    let (passport, sealed, details): (
        Encrypted<String>,
        Sealed<String>,
        Encrypted<serde_json::Value>,
    ) = people::table
        .filter(people::passport_index.matches(text.as_str()))
        .select((
            people::passport,
            people::note.assume_not_null(),
            people::details,
        ))
        .first(conn)
        .unwrap();
    assert!(passport.expose() == text.as_str());
    assert!(details.expose()[0] == text.as_str());
    assert!(details.expose()[1][escaped.as_str()] == escaped.as_str());
    drop(passport.into_zeroizing());
    assert_eq!(sealed.open().err().unwrap().kind(), ErrorKind::NotDecodable);
    diesel::delete(people::table).execute(conn).unwrap();
}

/// Everything that can go wrong with a value.
fn fail(keyring: &Keyring, number: u32) {
    /// Fails when some of it is written.
    struct Half<'a>(&'a str);
    impl serde::Serialize for Half<'_> {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error, SerializeSeq};

            let mut list = to.serialize_seq(None)?;
            (0..20).try_for_each(|_| list.serialize_element(self.0))?;
            Err(S::Error::custom("not written"))
        }
    }
    impl<'de> serde::Deserialize<'de> for Half<'_> {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("not read"))
        }
    }
    let kind = |result: Result<(), Error>| result.unwrap_err().kind();
    let place = Context::new("people", "passport");
    let text = marked(number);
    let value = keyring.encrypt(&place, text.as_str()).unwrap();
    let elsewhere = Context::new("people", "note");
    assert_eq!(
        kind(keyring.decrypt::<String>(&elsewhere, &value).map(drop)),
        ErrorKind::NotAuthentic
    );
    for result in [
        keyring.decrypt::<i64>(&place, &value).map(drop),
        keyring.decrypt::<[u8; 4]>(&place, &value).map(drop),
        keyring.decrypt::<Json<Vec<u32>>>(&place, &value).map(drop),
        keyring
            .decrypt::<phonenumber::PhoneNumber>(&place, &value)
            .map(drop),
    ] {
        assert_eq!(kind(result), ErrorKind::NotDecodable);
    }
    // JSON that was sealed as text, and turns out wrong when some of it is read; each name is there twice.
    for wrong in ["\\ud800", "\" \"", "\", \"", "\"], {"] {
        let mut text = Zeroizing::new(String::with_capacity(256));
        for piece in [
            "{\"",
            VALUE,
            "\":[\"\\n",
            VALUE,
            "\"],\"",
            VALUE,
            "\":[\"\\n",
            VALUE,
            wrong,
            "\"]}",
        ] {
            text.push_str(piece);
        }
        let value = keyring.encrypt(&place, text.as_str()).unwrap();
        match keyring.decrypt::<serde_json::Value>(&place, &value) {
            Ok(mut read) => {
                assert_eq!(wrong, "\", \"");
                encfield::Wipe::overwrite(&mut read);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotDecodable),
        }
    }
    // A long value is opened in a buffer that its type may keep. Text it is not.
    let mut long = Zeroizing::new(Vec::with_capacity(1_024));
    (0..20).for_each(|_| long.extend_from_slice(text.as_bytes()));
    long.push(0xff);
    let sealed = keyring.encrypt(&place, &*long).unwrap();
    for result in [
        keyring.decrypt::<String>(&place, &sealed).map(drop),
        keyring.decrypt::<Box<str>>(&place, &sealed).map(drop),
        keyring.decrypt::<i64>(&place, &sealed).map(drop),
    ] {
        assert_eq!(kind(result), ErrorKind::NotDecodable);
    }
    drop(
        keyring
            .decrypt::<Zeroizing<Vec<u8>>>(&place, &sealed)
            .unwrap(),
    );
    drop(keyring.open(&place, &sealed).unwrap());
    let half = keyring.encrypt(&place, &Json(Half(&text))).map(drop);
    assert_eq!(kind(half), ErrorKind::NotEncodable);
    drop(keyring.open(&place, &value).unwrap());
}

fn submit(number: u32) {
    let text = marked(number);
    let inline = *VALUE.as_bytes().first_chunk().unwrap();
    // One by one: `collect` gathers them in a list first. A node of the map holds eleven.
    let mut by_number = BTreeMap::new();
    for number in 0..11 {
        by_number.insert(number, inline);
    }
    let form = Form {
        country: "IN".into(),
        passport: Some(text.to_string()),
        others: vec![text.to_string(), text.to_string()],
        by_number,
        by_name: HashMap::from([(text.to_string(), Box::from([inline]))]),
        names: (
            BTreeSet::from([text.to_string()]),
            HashSet::from([PathBuf::from(text.as_str())]),
        ),
    };
    assert!(!format!("{form:?} {}", form.country).contains(VALUE));
    // Dropped here, and in a panic half way.
    let unwound = std::panic::catch_unwind(move || {
        let _held = form;
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(unwound.is_err());
}

fn cycle(conn: &mut SqliteConnection, number: u32) {
    let keyring = keyring();
    keyring.override_within(|| store_and_load(conn, number));
    fail(&keyring, number);
    submit(number);
    drop(keyring.to_json().unwrap());
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn ten_thousand_cycles_free_no_key_and_no_value() {
    let _alone = ONE_AT_A_TIME.lock();
    let conn = &mut connection();
    let (blocks, found) = ALLOCATOR.watch(|| (0..CYCLES).for_each(|number| cycle(conn, number)));
    println!("{CYCLES} cycles freed {blocks} blocks, and {found} of them held a key or a value");
    assert!(blocks > u64::from(CYCLES) * 50);
    assert_eq!(found, 0);
}

#[test]
fn what_is_not_wiped_is_found() {
    let _alone = ONE_AT_A_TIME.lock();
    let (_, found) = ALLOCATOR.watch(|| {
        for number in 0..100 {
            let value = Encrypted::new(marked(number).to_string());
            drop(value.expose().clone());
            drop(KEY.to_vec());
            drop(KEY_HEX.to_owned());
            // A buffer that grows leaves the old one.
            let mut text = Zeroizing::new(VALUE.to_owned());
            text.push_str(&"x".repeat(100));
        }
    });
    assert_eq!(found, 400);
}
