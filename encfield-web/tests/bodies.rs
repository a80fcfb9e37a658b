//! Forms and JSON without a framework: what is read, what is refused, and what a refusal shows.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use std::error::Error;

use encfield::Sensitive;
use encfield::web::{Body, Limits, Refused, RefusedKind, Submitted, from_json, from_urlencoded};
use proptest::prelude::*;
use serde::Deserialize;

/// A value that nothing else looks like.
const MARK: &str = "MARKED7";

#[derive(Sensitive, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct SignUp {
    name: String,
    #[serde(default)]
    age: Option<u8>,
    #[serde(default)]
    newsletter: bool,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    plan: Plan,
    #[sensitive]
    phone_number: String,
    #[sensitive]
    passport_number: Option<String>,
    #[sensitive]
    #[serde(default)]
    pin: Option<u32>,
    #[sensitive]
    #[serde(default)]
    document: Option<Document>,
}

#[derive(Deserialize, Default, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Plan {
    #[default]
    Free,
    Paid,
}

#[derive(Sensitive, Deserialize, PartialEq)]
enum Document {
    Number(#[sensitive] String),
    Pair {
        #[sensitive]
        left: String,
        #[sensitive]
        right: Vec<Option<i64>>,
    },
}

fn form(body: &str) -> Result<Submitted<SignUp>, Refused> {
    from_urlencoded(body.as_bytes(), &Limits::default())
}

fn json(body: &str) -> Result<Submitted<SignUp>, Refused> {
    from_json(body.as_bytes(), &Limits::default())
}

/// All that a refusal can print.
fn printed(refused: &Refused) -> String {
    let source = refused.source().map(|source| format!("{source:?}"));
    format!("{refused} {refused:?} {refused:#?} {source:?}")
}

fn reasons(refused: &Refused) -> Vec<(&str, &str)> {
    refused.fields().collect()
}

#[test]
fn a_form_is_read_into_its_type() {
    let read = form(
        "name=Asha+Rao&age=31&newsletter=on&languages=hi&languages=en&plan=paid\
         &phoneNumber=%2B91+98765&passportNumber=&pin=0042",
    )
    .unwrap();
    assert_eq!(read.name, "Asha Rao");
    assert_eq!((read.age, read.newsletter), (Some(31), true));
    assert_eq!(read.languages, ["hi", "en"]);
    assert_eq!(read.plan, Plan::Paid);
    assert_eq!(read.phone_number, "+91 98765");
    assert_eq!(read.passport_number, None);
    assert_eq!(read.pin, Some(42));
}

#[test]
fn json_is_read_into_its_type() {
    let read = json(
        r#" {"name": "A\u0073ha \ud83d\ude00\n\"\\\/", "age": 31, "newsletter": true, "languages": ["hi", "\u0065n"],
            "phoneNumber": "+91", "passportNumber": null, "plan": "paid", "pin": 42,
            "document": {"Pair": {"left": "l\t", "right": [-1, null, 9007199254740993]}}} "#,
    )
    .unwrap();
    assert_eq!(read.name, "Asha \u{1f600}\n\"\\/");
    assert_eq!((read.age, read.newsletter), (Some(31), true));
    assert_eq!(read.languages, ["hi", "en"]);
    assert_eq!((read.passport_number.as_ref(), read.pin), (None, Some(42)));
    let Some(Document::Pair { left, right }) = &read.document else {
        panic!("another variant");
    };
    assert_eq!(left, "l\t");
    assert_eq!(right, &[Some(-1), None, Some(9_007_199_254_740_993)]);
}

/// What is wrong with one field of a form, with the mark in it.
const WRONG_FORMS: [(&str, &str, &str); 9] = [
    ("pin=MARKED7", "pin", "is not a number"),
    ("pin=1&pin=2", "pin", "is given more than once"),
    (
        "phoneNumber=MARKED7&phoneNumber=MARKED7",
        "phoneNumber",
        "is given more than once",
    ),
    (
        "phoneNumber=MARKED7%ff",
        "phoneNumber",
        "is not valid UTF-8 text",
    ),
    ("age=256", "age", "is not a number"),
    ("age=MARKED7", "age", "is not a number"),
    ("plan=MARKED7", "plan", "is not one of the choices"),
    (
        "newsletter=MARKED7",
        "newsletter",
        "is not one of the choices",
    ),
    ("document=MARKED7", "document", "is not one of the choices"),
];

#[test]
fn a_wrong_field_of_a_form_is_named_and_its_value_is_not() {
    for (wrong, field, reason) in WRONG_FORMS {
        let mut body = format!("name=Asha&{wrong}");
        if field != "phoneNumber" {
            body.push_str("&phoneNumber=MARKED7-phone");
        }
        let refused = form(&body).map(drop).unwrap_err();
        assert_eq!(reasons(&refused), [(field, reason)], "{body}");
        assert_eq!(
            (refused.kind(), refused.status()),
            (RefusedKind::Fields, 422)
        );
        assert!(!printed(&refused).contains(MARK), "{}", printed(&refused));
        assert!(printed(&refused).contains("********"));
        assert_eq!(refused.kept("name"), Some("Asha"));
    }
}

#[test]
fn a_wrong_member_of_json_is_named_and_its_value_is_not() {
    for (wrong, field, reason) in [
        (r#""pin": "MARKED7""#, "pin", "is of the wrong type"),
        (r#""pin": -7"#, "pin", "is not valid"),
        (r#""pin": 1, "pin": 2"#, "pin", "is given more than once"),
        (
            r#""pin": {"MARKED7": "MARKED7"}"#,
            "pin",
            "is of the wrong type",
        ),
        (r#""age": ["MARKED7"]"#, "age", "is of the wrong type"),
        (
            r#""languages": "MARKED7""#,
            "languages",
            "is of the wrong type",
        ),
        (
            r#""passportNumber": 7"#,
            "passportNumber",
            "is of the wrong type",
        ),
        (
            r#""passportNumber": "MARKED7\ud800""#,
            "passportNumber",
            "is not valid UTF-8 text",
        ),
        (r#""plan": "MARKED7""#, "plan", "is not one of the choices"),
        (
            r#""document": {"MARKED7": "MARKED7"}"#,
            "document",
            "is not one of the choices",
        ),
        (
            r#""document": {"Pair": {"left": "MARKED7"}}"#,
            "document",
            "is not valid",
        ),
        (
            r#""document": {"Pair": {"left": "MARKED7", "left": "MARKED7", "right": []}}"#,
            "document",
            "is not valid",
        ),
    ] {
        let body = format!(r#"{{"name": "Asha", "phoneNumber": "MARKED7-phone", {wrong}}}"#);
        let refused = json(&body).map(drop).unwrap_err();
        assert_eq!(reasons(&refused), [(field, reason)], "{body}");
        assert_eq!(refused.status(), 422);
        assert!(!printed(&refused).contains(MARK), "{}", printed(&refused));
        assert_eq!(refused.kept("name"), Some("Asha"));
    }
}

#[test]
fn every_field_that_is_wrong_is_named_at_once() {
    let refused = form("name=Asha&age=x&pin=y&plan=z&phoneNumber=%ff&surname=Rao")
        .map(drop)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "encfield-web: the input was refused: age (********) is not a number; phoneNumber (********) is \
         not valid UTF-8 text; pin (********) is not a number; plan (********) is not one of the choices; \
         one field is not known"
    );
    let refused = form("name=Asha").map(drop).unwrap_err();
    assert_eq!(reasons(&refused), [("phoneNumber", "is missing")]);
}

#[test]
fn the_name_of_an_unknown_field_is_input_too() {
    for refused in [
        form("MARKED7=1&name=A&phoneNumber=1"),
        json(r#"{"MARKED7": 1, "name": "A", "phoneNumber": "1"}"#),
    ] {
        let refused = refused.map(drop).unwrap_err();
        assert_eq!(refused.unknown(), 1);
        assert!(printed(&refused).contains("one field is not known"));
        assert!(!printed(&refused).contains(MARK));
        assert_eq!(refused.kept(MARK), None);
    }
    let limits = Limits {
        ignore_unknown: true,
        ..Limits::default()
    };
    assert!(from_urlencoded::<SignUp>(b"button=1&name=A&phoneNumber=1", &limits).is_ok());
}

#[test]
fn what_was_typed_is_kept_unless_it_is_sensitive() {
    let refused =
        form("name=Asha&age=x&phoneNumber=MARKED7&passportNumber=MARKED7&languages=hi&pin=1")
            .map(drop)
            .unwrap_err();
    let kept = |field| refused.kept(field);
    assert_eq!((kept("name"), kept("age")), (Some("Asha"), Some("x")));
    for sensitive in ["phoneNumber", "passportNumber", "pin", "phone_number"] {
        assert_eq!(kept(sensitive), None);
    }
    let refused = json(r#"{"name": "A\u0073ha", "age": 256, "phoneNumber": "MARKED7"}"#)
        .map(drop)
        .unwrap_err();
    assert_eq!(refused.kept("name"), Some("Asha"));
    assert_eq!(refused.kept("age"), Some("256"));
    assert_eq!(refused.kept("phoneNumber"), None);
}

#[test]
fn the_program_says_what_is_wrong_and_the_input_is_kept() {
    let mut read = form("name=Asha&phoneNumber=MARKED7").unwrap();
    let refused = read
        .check(|form, wrong| {
            assert!(wrong.is_empty());
            wrong.at("phoneNumber", "is no phone number");
            wrong.at("phoneNumber", "is not the first reason");
            Some(std::mem::take(&mut form.phone_number))
        })
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "encfield-web: the input was refused: phoneNumber (********) is no phone number"
    );
    assert_eq!(refused.kept("name"), Some("Asha"));

    let mut read = form("name=Asha&phoneNumber=MARKED7").unwrap();
    let phone = read.check(|form, _| Some(std::mem::take(&mut form.phone_number)));
    assert_eq!(phone.unwrap(), MARK);
    assert!(read.check(|_, _| None::<()>).is_err());
    let mut read = form("name=Asha&phoneNumber=MARKED7").unwrap();
    assert!(read.check(|_, _| Some(())).is_ok());
    let refused = read.refuse("phoneNumber", "is registered already");
    assert_eq!(
        refused.reason_at("phoneNumber"),
        Some("is registered already")
    );
    assert_eq!(refused.kept("name"), Some("Asha"));
}

#[test]
fn what_was_submitted_prints_no_value() {
    let read = form("name=Asha&phoneNumber=MARKED7&pin=1").unwrap();
    let text = format!("{read:?}");
    assert!(
        text.contains("phone_number: ********") && !text.contains(MARK),
        "{text}"
    );
}

#[test]
fn a_body_that_stops_in_the_middle_is_refused_wherever_it_stops() {
    let whole =
        r#"{"name": "Asha", "phoneNumber": "MARKED7\u0041", "document": {"Number": "MARKED7"}}"#;
    assert!(json(whole).is_ok());
    for end in 0..whole.len() {
        let refused = json(&whole[..end]).map(drop).unwrap_err();
        assert_eq!(
            (refused.kind(), refused.status()),
            (RefusedKind::Malformed, 400)
        );
        assert!(!printed(&refused).contains(MARK));
    }
    let mut body = Body::new(&Limits::default(), Some(20)).unwrap();
    body.push(b"name=Asha&phone").unwrap();
    assert!(!format!("{body:?}").contains("Asha"));
    let refused = body.finish().unwrap_err();
    assert_eq!(
        (refused.kind(), refused.status()),
        (RefusedKind::Interrupted, 400)
    );
}

#[test]
fn what_is_no_object_or_no_text_is_malformed() {
    let mut invalid = br#"{"name": "MARKED7 "}"#.to_vec();
    invalid[16] = 0xff;
    for body in [
        br#""MARKED7""#.as_slice(),
        b"[\"MARKED7\"]",
        b"{} MARKED7",
        b"{\"name\": MARKED7}",
        b"{\"name\": \"MARKED7\\x\"}",
        b"",
        &invalid,
    ] {
        let refused = from_json::<SignUp>(body, &Limits::default())
            .map(drop)
            .unwrap_err();
        assert_eq!(refused.kind(), RefusedKind::Malformed);
        assert!(!printed(&refused).contains(MARK));
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let long = "M".repeat(5000);
    let refused = form(&format!("name=A&phoneNumber={long}"))
        .map(drop)
        .unwrap_err();
    assert_eq!(reasons(&refused), [("phoneNumber", "is too long")]);
    let refused = json(&format!(r#"{{"name": "A", "phoneNumber": "{long}"}}"#))
        .map(drop)
        .unwrap_err();
    assert_eq!(reasons(&refused), [("phoneNumber", "is too long")]);

    let limits = Limits::default();
    let many = "a=1&".repeat(limits.fields + 1);
    let huge = "a".repeat(limits.body + 1);
    for body in [many, huge] {
        let refused = form(&body).map(drop).unwrap_err();
        assert_eq!(
            (refused.kind(), refused.status()),
            (RefusedKind::TooLarge, 413)
        );
    }
    assert_eq!(
        Body::new(&limits, Some(u64::MAX)).unwrap_err().kind(),
        RefusedKind::TooLarge
    );
    let mut body = Body::new(&limits, None).unwrap();
    body.push(&vec![b'a'; limits.body]).unwrap();
    assert_eq!(body.push(b"a").unwrap_err().kind(), RefusedKind::TooLarge);

    let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    let refused = json(&format!(
        r#"{{"name": "A", "phoneNumber": "1", "document": {deep}}}"#
    ));
    assert_eq!(refused.map(drop).unwrap_err().status(), 422);
    #[derive(Sensitive, Deserialize)]
    struct Deep {
        #[sensitive(not_wiped)]
        all: Nested,
    }
    #[derive(Deserialize)]
    struct Nested(Vec<Nested>);
    let deep = format!(r#"{{"all": {}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    let refused = from_json::<Deep>(deep.as_bytes(), &limits)
        .map(drop)
        .unwrap_err();
    assert_eq!(reasons(&refused), [("all", "is nested too deeply")]);
}

/// A type whose reading says what it read.
struct Talkative(String);

impl encfield::Wipe for Talkative {
    fn overwrite(&mut self) {
        self.0.overwrite();
    }
}

impl<'de> Deserialize<'de> for Talkative {
    fn deserialize<D: serde::Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
        let text = String::deserialize(of)?;
        Err(serde::de::Error::custom(format!("cannot read {text}")))
    }
}

#[test]
fn what_a_types_own_error_says_is_not_heard() {
    #[derive(Sensitive, Deserialize)]
    struct Form {
        #[sensitive]
        secret: Talkative,
    }
    for refused in [
        from_urlencoded::<Form>(b"secret=MARKED7", &Limits::default()),
        from_json::<Form>(br#"{"secret": "MARKED7"}"#, &Limits::default()),
    ] {
        let refused = refused.map(drop).unwrap_err();
        assert_eq!(reasons(&refused), [("secret", "is not valid")]);
        assert!(!printed(&refused).contains(MARK));
    }
}

#[test]
fn types_that_do_not_list_their_fields_are_read_and_refused_alike() {
    #[derive(Sensitive, Deserialize)]
    struct Rest {
        name: String,
        #[sensitive(nested)]
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Sensitive, Deserialize)]
    struct Inner {
        #[sensitive]
        phone_number: String,
    }
    let read = from_json::<Rest>(
        br#"{"name": "Asha", "phone_number": "1"}"#,
        &Limits::default(),
    );
    assert_eq!(read.unwrap().inner.phone_number, "1");
    let refused = from_json::<Rest>(
        br#"{"name": "Asha", "phone_number": ["MARKED7"]}"#,
        &Limits::default(),
    );
    let refused = refused.map(drop).unwrap_err();
    assert_eq!(refused.status(), 422);
    assert!(!printed(&refused).contains(MARK));

    #[derive(Sensitive, Deserialize)]
    #[serde(tag = "kind")]
    enum Command {
        Call {
            #[sensitive]
            phone_number: String,
        },
    }
    let body = br#"{"kind": "Call", "phone_number": "1"}"#;
    assert!(from_json::<Command>(body, &Limits::default()).is_ok());
    assert!(from_urlencoded::<Command>(b"kind=Call&phone_number=1", &Limits::default()).is_ok());
}

/// Whether a refusal says nothing but names of the type and fixed words.
fn of_fixed_words(refused: &Refused) -> bool {
    const NAMES: [&str; 9] = [
        "name",
        "age",
        "newsletter",
        "languages",
        "plan",
        "phoneNumber",
        "passportNumber",
        "pin",
        "document",
    ];
    let mut rest = refused.to_string().replace("(********)", "");
    for (field, reason) in refused.fields() {
        rest = rest.replace(reason, "");
        if !NAMES.contains(&field) {
            return false;
        }
        rest = rest.replace(field, "");
    }
    let words = rest.split(|letter: char| !letter.is_ascii_alphabetic());
    let fixed = "encfield web the input was refused body is malformed send it as form or JSON that should \
                 be stopped before its end again too large less one field not known fields are";
    words
        .filter(|word| !word.is_empty())
        .all(|word| fixed.split(' ').any(|known| known == word))
}

/// Bodies that are nearly right.
fn nearly_right() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "name",
        "phoneNumber",
        "age",
        "pin",
        "document",
        "=",
        "&",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u00",
        "%",
        "%ff",
        "secretword",
        "7",
        "null",
        "Pair",
        "Number",
    ];
    let pieces = proptest::sample::select(pieces.to_vec());
    proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    /// Whatever comes, there is an answer, and it shows nothing of what came.
    #[test]
    fn no_body_gets_into_a_refusal(
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), nearly_right()],
    ) {
        for refused in [
            from_urlencoded::<SignUp>(&body, &Limits::default()).err(),
            from_json::<SignUp>(&body, &Limits::default()).err(),
        ].into_iter().flatten() {
            prop_assert!((400..500).contains(&refused.status()));
            prop_assert!(of_fixed_words(&refused), "{}", refused);
        }
    }

    #[test]
    fn json_reads_as_serde_json_does(text in any::<String>(), age in any::<Option<u8>>()) {
        let body = serde_json::json!({ "name": text, "phoneNumber": text, "age": age }).to_string();
        let escaped: String = body.chars().map(|letter| match letter {
            letter if letter.is_ascii() => letter.to_string(),
            letter => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        }).collect();
        for body in [body, escaped] {
            let read = json(&body).unwrap();
            prop_assert_eq!(&read.phone_number, &text);
            prop_assert_eq!(read.age, age);
        }
    }
}
