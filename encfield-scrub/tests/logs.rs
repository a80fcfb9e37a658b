//! What tracing-subscriber writes, and what a panic prints.

#![cfg(feature = "tracing-subscriber")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use encfield_scrub::{ErrorKind, Scrubber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

const PHONE: &str = "+91 98765 43210";
const PASSPORT: &str = "K1234567";
const SECRET: &str = "correct \"horse\" battery";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn scrubber() -> Scrubber {
    let builder = Scrubber::builder().names(["phone_number", "passport_number"]);
    builder.secret(SECRET).build().unwrap()
}

#[derive(Debug)]
#[allow(dead_code)]
struct Careless {
    country: &'static str,
    phone_number: Option<&'static str>,
    nested: Vec<Nested>,
}

#[derive(Debug)]
#[allow(dead_code)]
struct Nested {
    passport_number: String,
}

fn parsed(number: Nested) -> Result<(), Nested> {
    Err(number)
}

/// Everything that a careless program logs.
fn log_everything() {
    let value = Careless {
        country: "IN",
        phone_number: Some(PHONE),
        nested: vec![Nested {
            passport_number: PASSPORT.into(),
        }],
    };
    let span = tracing::info_span!("sign_up", country = "IN", phone_number = PHONE, passport_number = %PASSPORT);
    let _entered = span.enter();
    tracing::info!(phone_number = %PHONE, passport_number = ?Some(PASSPORT), id = 7, "by field");
    tracing::info!(?value, "by struct");
    tracing::info!("by pretty struct {value:#?}");
    tracing::info!("by text phone_number={PHONE} id=7");
    tracing::info!(r#"by JSON {{"phoneNumber":"{PHONE}","id":7}}"#);
    tracing::info!("by query ?passport-number={PASSPORT}&id=7");
    tracing::info!("by secret {SECRET} and {SECRET:?}");
}

fn clean(log: &str) {
    for marked in [PHONE, "98765", PASSPORT, "battery"] {
        assert!(!log.contains(marked), "{marked} in {log}");
    }
    assert_eq!(log.matches("by ").count(), 7, "{log}");
    assert!(log.contains("IN") && log.contains("sign_up"), "{log}");
}

#[test]
fn no_format_of_a_log_shows_a_registered_field_or_a_known_secret() {
    for (format, ansi) in [
        ("full", false),
        ("full", true),
        ("json", false),
        ("pretty", true),
        ("compact", false),
    ] {
        let log = Log::default();
        let held = log.clone();
        let builder = tracing_subscriber::fmt()
            .with_span_events(FmtSpan::FULL)
            .with_ansi(ansi)
            .with_writer(scrubber().writer(move || held.clone()));
        let subscriber: Box<dyn tracing::Subscriber + Send + Sync> = match format {
            "json" => Box::new(builder.json().finish()),
            "pretty" => Box::new(builder.pretty().finish()),
            "compact" => Box::new(builder.compact().finish()),
            _ => Box::new(builder.finish()),
        };
        tracing::subscriber::with_default(subscriber, log_everything);
        clean(&log.text());
        assert!(log.text().contains("********"), "{}", log.text());
    }
}

#[test]
fn without_the_scrubber_the_search_finds_them() {
    let log = Log::default();
    let held = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || held.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, log_everything);
    for marked in [PHONE, PASSPORT, SECRET] {
        assert!(log.text().contains(marked));
    }
}

#[test]
fn what_is_written_in_pieces_is_scrubbed_whole() {
    let log = Log::default();
    let held = log.clone();
    let maker = scrubber().writer(move || held.clone());
    let mut writer = maker.make_writer();
    for piece in ["phone_num", "ber=+91 987", "65 43210", " id=7", "\nand K12"] {
        writer.write_all(piece.as_bytes()).unwrap();
    }
    drop(writer);
    assert_eq!(log.text(), "phone_number=******** id=7\nand K12");
}

#[test]
fn a_panic_prints_place_and_message_without_values() {
    let reports = Arc::new(Mutex::new(String::new()));
    let (scrubber, held) = (scrubber(), Arc::clone(&reports));
    // Other tests of this file do not panic.
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        held.lock().unwrap().push_str(&scrubber.panic_report(info));
    }));
    let panicked = std::panic::catch_unwind(|| {
        let number = Nested {
            passport_number: PASSPORT.into(),
        };
        parsed(number).unwrap();
    });
    std::panic::set_hook(before);
    assert!(panicked.is_err());
    let report = reports.lock().unwrap();
    assert!(!report.contains(PASSPORT), "{report}");
    for kept in [
        "a_panic_prints",
        "logs.rs",
        "called `Result::unwrap()`",
        "passport_number: \"********\"",
    ] {
        assert!(report.contains(kept), "{kept} in {report}");
    }
}

#[test]
fn a_name_of_any_letters_and_with_spaces_is_found() {
    let builder = Scrubber::builder().name("telefon nummer").name("straße");
    let scrubber = builder.build().unwrap();
    for (line, masked) in [
        (
            r#"{"telefon nummer":"+49 30"}"#,
            r#"{"telefon nummer":"********"}"#,
        ),
        (r#"{"straße":"Am Ring 1"}"#, r#"{"straße":"********"}"#),
    ] {
        assert_eq!(scrubber.scrub(line), masked);
    }
}

#[test]
fn a_short_secret_and_a_name_that_is_none_are_refused() {
    let kind = |builder: encfield_scrub::Builder| builder.build().unwrap_err().kind();
    assert_eq!(
        kind(Scrubber::builder().secret("1234567")),
        ErrorKind::SecretTooShort
    );
    assert_eq!(
        kind(Scrubber::builder().name("phone=number")),
        ErrorKind::NotAName
    );
    assert_eq!(kind(Scrubber::builder().name("")), ErrorKind::NotAName);
    // A value that was passed as a name is not quoted.
    let builder = Scrubber::builder().names(["pin", "+91 98765"]);
    let error = builder.build().unwrap_err();
    assert!(
        error.to_string().contains("at position 2 is not the name"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("98765"));
    let error = Scrubber::builder().secret("hunter2").build().unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
    assert!(!format!("{error:?} {:?}", Scrubber::builder().secret("hunter2")).contains("hunter2"));
}

#[test]
fn text_without_anything_to_hide_is_given_back_as_it_is() {
    let scrubber = scrubber();
    for text in [
        "",
        "nothing",
        "the phone_number is missing",
        "phone_numbers=3",
        "my_phone_number_count=3",
        "äöü €",
    ] {
        assert!(
            matches!(scrubber.scrub(text), std::borrow::Cow::Borrowed(same) if same == text),
            "{text}"
        );
    }
}

#[test]
fn a_phone_number_without_quotes_is_masked_to_its_last_digit() {
    for number in [
        "+91 (22) 1234 5678",
        "(022) 12345678",
        "091(22)1234567",
        "+912212345678;ext=17",
        "+91 22 12345678 ext: 17",
    ] {
        for line in [
            format!("phone_number={number}"),
            format!("phone_number={number} id=7"),
            format!("Phone number:\t{number}, id=7"),
            format!("phone_number[]={number}&id=7"),
        ] {
            let scrubbed = scrubber().scrub(&line).into_owned();
            assert!(
                !scrubbed.contains(|letter: char| letter.is_ascii_digit() && letter != '7')
                    && !scrubbed.contains("17"),
                "{scrubbed}"
            );
        }
    }
}

#[test]
fn json_that_was_scrubbed_is_json_still() {
    let builder = Scrubber::builder().names(["pin", "phone_number"]);
    let scrubber = builder.build().unwrap();
    for value in [
        "1234",
        "-1.5e3",
        "null",
        "true",
        r#""1234""#,
        r#"["1234", {"n": 1234}]"#,
        r#"{"code": [1234, "]"]}"#,
    ] {
        let line = format!(r#"{{"pin":{value},"all":[{{ "pin" : {value} }}],"id":7}}"#);
        let said = serde_json::to_string(&line).unwrap();
        let message = format!(
            r#"{{"message":"got phone_number=12\"34 and {}","id":7}}"#,
            &said[1..said.len() - 1]
        );
        for line in [line, message] {
            let scrubbed = scrubber.scrub(&line);
            let json: serde_json::Value = serde_json::from_str(&scrubbed)
                .unwrap_or_else(|error| panic!("{error}: {scrubbed}"));
            assert_eq!(json["id"], 7, "{scrubbed}");
            assert!(!scrubbed.contains("1234"), "{scrubbed}");
            if json.get("pin").is_some() {
                assert_eq!(json["pin"], "********");
                assert_eq!(json["all"][0]["pin"], "********");
            }
        }
    }
}

#[test]
fn one_key_of_a_keyring_is_masked_by_itself() {
    let key = "0123456789abcdef".repeat(4);
    let json = format!(
        r#"{{"encfield_keyring": 1, "encryption": [{{"state": "primary", "key": "{key}"}}]}}"#
    );
    let scrubber = Scrubber::builder().keyring(&json).build().unwrap();
    for text in [&key, &key.to_uppercase(), &json] {
        let scrubbed = scrubber.scrub(text);
        assert!(scrubbed.contains("********"), "{scrubbed}");
        assert!(
            !scrubbed.to_lowercase().contains("0123456789abcdef"),
            "{scrubbed}"
        );
    }
}

#[test]
fn what_a_writer_holds_is_not_in_its_debug_text() {
    let log = Log::default();
    let held = log.clone();
    let maker = scrubber().writer(move || held.clone());
    let mut writer = maker.make_writer();
    writer.write_all(b"K1234567").unwrap();
    let shown = format!("{writer:?}");
    assert!(
        !shown.contains("75") && !shown.contains("K1234567"),
        "{shown}"
    );
}

#[test]
fn any_bytes_can_be_scrubbed() {
    // Every prefix and suffix of a line that has all of it, so that no cut panics.
    let line = "phone_number\x1b[0m=\"a\\\"b\" passport_number: Some([\"x\", {'y': (1)}]), \u{1b}[3mphone-number=ü\\";
    let scrubber = scrubber();
    for at in 0..=line.len() {
        let _ = scrubber.scrub_bytes(&line.as_bytes()[at..]);
        let _ = scrubber.scrub_bytes(&line.as_bytes()[..at]);
    }
}
