//! Whatever JSON can hold comes back as it was stored.

#![cfg(feature = "serde_json")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use encfield_core::{Codec, Context, ErrorKind, Json, Keyring};
use json::Value;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

static KEYRING: LazyLock<Keyring> = LazyLock::new(Keyring::generate);

const PLACE: Context<'static> = Context::new("profiles", "home");

fn there_and_back<T: Codec>(value: &T) -> T {
    let sealed = KEYRING.encrypt(&PLACE, value).unwrap();
    assert_eq!(sealed.len(), value.encoded_len() + 50);
    KEYRING.decrypt(&PLACE, &sealed).unwrap()
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\"\\\\{}\\[\\]\\n]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Pair(i64, String),
    Fields {
        name: Option<String>,
        tags: BTreeMap<String, bool>,
    },
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        any::<(i64, String)>().prop_map(|(number, text)| Shape::Pair(number, text)),
        any::<(Option<String>, BTreeMap<String, bool>)>()
            .prop_map(|(name, tags)| Shape::Fields { name, tags }),
    ]
}

proptest! {
    #[test]
    fn a_json_value_comes_back(value in value()) {
        prop_assert_eq!(&there_and_back(&value), &value);
        prop_assert_eq!(there_and_back(&Json(value.clone())).0, value);
    }

    #[test]
    fn a_serde_type_comes_back(shape in shape()) {
        prop_assert_eq!(there_and_back(&Json(shape.clone())).0, shape);
    }

    // serde_json reads a float to its last bit only with that feature.
    #[test]
    fn a_finite_float_in_json_comes_back_bit_by_bit(bits: u64) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite());
        prop_assert_eq!(there_and_back(&Json(float)).0.to_bits(), bits);
    }

    #[test]
    fn a_wiped_json_value_is_null(mut value in value()) {
        value.wipe();
        prop_assert_eq!(value, Value::Null);
    }
}

/// Stored, it could not be read back.
#[test]
fn json_nested_too_deep_is_refused_when_it_is_stored() {
    let nested = |depth: usize| {
        (1..depth).fold(Value::Array(vec![]), |inner, _| {
            Value::from_iter([("a]\"}\\".to_owned(), inner)])
        })
    };
    let deepest = nested(127);
    assert_eq!(there_and_back(&deepest), deepest);
    for value in [nested(128), nested(2_000)] {
        let error = KEYRING.encrypt(&PLACE, &value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotEncodable);
        assert!(
            error.to_string().contains("nested up to 127 deep"),
            "{error}"
        );
        assert_eq!(
            KEYRING.encrypt(&PLACE, &Json(value)).unwrap_err().kind(),
            error.kind()
        );
    }
}

#[test]
fn a_value_that_has_no_json_is_refused_when_it_is_stored() {
    let by_pair = BTreeMap::from([((1, 2), "K1234567".to_owned())]);
    #[derive(Serialize, Deserialize)]
    struct ByPair(#[serde(with = "by_pair")] BTreeMap<(i32, i32), String>);
    mod by_pair {
        use super::*;
        type Map = BTreeMap<(i32, i32), String>;
        pub(super) fn serialize<S: serde::Serializer>(map: &Map, s: S) -> Result<S::Ok, S::Error> {
            map.serialize(s)
        }
        pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Map, D::Error> {
            Map::deserialize(d)
        }
    }
    let error = KEYRING.encrypt(&PLACE, &Json(ByPair(by_pair))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotEncodable);
    assert!(!format!("{error} {error:?}").contains("K1234567"));
}

#[test]
fn json_prints_the_mask_whatever_it_holds() {
    assert_eq!(format!("{:?}", Json("K1234567")), "********");
    assert_eq!(format!("{:#?}", Json(None::<String>)), "********");
    assert_eq!(Json::from(7), Json(7));
}
