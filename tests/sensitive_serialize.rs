//! `#[sensitive(serialize)]`: the mask is written in place of each sensitive value, whatever the type
//! and whatever serde is asked to do with it.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use encfield::{Sensitive, Wipe};
use serde::{Serialize, Serializer};

const VALUE: &str = "K1234567";

/// JSON that must show nothing of the value.
#[track_caller]
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert!(!text.contains(VALUE), "{text}");
    text
}

fn value() -> String {
    VALUE.to_owned()
}

#[derive(Sensitive)]
#[sensitive(serialize)]
struct Phone {
    country: &'static str,
    #[sensitive]
    number: String,
}

fn phone() -> Phone {
    Phone {
        country: "IN",
        number: value(),
    }
}

#[test]
fn what_is_nested_is_written_by_its_own_type() {
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    struct Profile {
        id: u32,
        #[sensitive(nested)]
        phone: Phone,
        #[sensitive(nested)]
        others: Vec<Option<Phone>>,
    }
    let profile = Profile {
        id: 7,
        phone: phone(),
        others: vec![Some(phone()), None],
    };
    let one = r#"{"country":"IN","number":"********"}"#;
    let whole = format!(r#"{{"id":7,"phone":{one},"others":[{one},null]}}"#);
    assert_eq!(json(&profile), whole);
}

#[test]
fn fields_without_names_are_masked_in_their_places() {
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    struct Pair(u8, #[sensitive] String);
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    struct Alone(#[sensitive] String);
    assert_eq!(json(&Pair(1, value())), r#"[1,"********"]"#);
    assert_eq!(json(&Alone(value())), r#""********""#);
}

#[derive(Sensitive)]
#[sensitive(serialize)]
enum Command {
    Ping,
    Call(#[sensitive] String),
    Send(u8, #[sensitive] String, #[sensitive(nested)] Phone),
    #[sensitive]
    Change {
        number: String,
        id: u32,
    },
    #[sensitive]
    Swap(String, String),
}

#[test]
fn every_kind_of_variant_is_masked() {
    assert_eq!(json(&Command::Ping), r#""Ping""#);
    assert_eq!(json(&Command::Call(value())), r#"{"Call":"********"}"#);
    assert_eq!(
        json(&Command::Send(1, value(), phone())),
        r#"{"Send":[1,"********",{"country":"IN","number":"********"}]}"#
    );
    let change = Command::Change {
        number: value(),
        id: 7,
    };
    assert_eq!(
        json(&change),
        r#"{"Change":{"number":"********","id":"********"}}"#
    );
    assert_eq!(
        json(&Command::Swap(value(), value())),
        r#"{"Swap":["********","********"]}"#
    );
}

#[derive(Sensitive)]
#[sensitive(serialize)]
#[serde(tag = "kind", content = "what")]
enum Adjacent {
    Call(#[sensitive] String),
}

#[derive(Sensitive)]
#[sensitive(serialize)]
#[serde(untagged)]
enum Untagged {
    Call(#[sensitive] String),
    Numbers {
        #[sensitive]
        all: Vec<String>,
    },
}

#[test]
fn other_ways_to_write_an_enum_are_masked() {
    assert_eq!(
        json(&Adjacent::Call(value())),
        r#"{"kind":"Call","what":"********"}"#
    );
    assert_eq!(json(&Untagged::Call(value())), r#""********""#);
    let all = vec![value(), value()];
    assert_eq!(json(&Untagged::Numbers { all }), r#"{"all":"********"}"#);
}

#[derive(Serialize)]
struct Plain {
    number: String,
}

impl Wipe for Plain {
    fn overwrite(&mut self) {
        self.number.overwrite();
    }
}

#[test]
fn serdes_ways_around_a_field_do_not_lead_around_the_mask() {
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    struct Flattened {
        id: u32,
        /// By itself it would write each of its fields.
        #[sensitive]
        #[serde(flatten)]
        hidden: Plain,
        #[sensitive(nested)]
        #[serde(flatten)]
        phone: Phone,
    }
    let flattened = Flattened {
        id: 7,
        hidden: Plain { number: value() },
        phone: phone(),
    };
    assert_eq!(
        json(&flattened),
        r#"{"id":7,"hidden":"********","country":"IN","number":"********"}"#
    );
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    #[serde(transparent)]
    struct Transparent {
        #[sensitive]
        number: String,
    }
    assert_eq!(json(&Transparent { number: value() }), r#""********""#);
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    struct ByHand {
        #[sensitive]
        #[serde(rename = "tel", serialize_with = "by_hand")]
        number: String,
        #[sensitive]
        #[serde(skip_serializing)]
        skipped: String,
    }
    let by_hand = ByHand {
        number: value(),
        skipped: value(),
    };
    assert_eq!(json(&by_hand), r#"{"tel":"********"}"#);
}

fn by_hand<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// serde under another name, as a program has it that re-exports it.
mod elsewhere {
    pub(super) use serde as by_another_name;
}

/// A type of the user's that is called as what we generate once was.
#[derive(Debug, Serialize)]
struct AnswerRedacted {
    count: u8,
}

#[derive(Sensitive, serde::Deserialize)]
#[sensitive(serialize)]
#[serde(crate = "elsewhere::by_another_name", rename_all = "UPPERCASE")]
struct Answer {
    #[sensitive]
    number: String,
    #[serde(skip_deserializing, default = "redacted")]
    shown: Option<AnswerRedacted>,
}

fn redacted() -> Option<AnswerRedacted> {
    Some(AnswerRedacted { count: 2 })
}

#[test]
fn a_type_says_where_serde_is_and_has_neighbours_of_any_name() {
    let answer: Answer = serde_json::from_str(r#"{"NUMBER":"K1234567"}"#).unwrap();
    assert_eq!(answer.number, VALUE);
    assert_eq!(
        json(&answer),
        r#"{"NUMBER":"********","SHOWN":{"count":2}}"#
    );
}
