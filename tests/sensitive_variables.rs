//! `#[sensitive_variables]`: what spans record, at every level.

#![allow(clippy::unwrap_used, missing_docs, dead_code, unused_variables)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use encfield::{Sensitive, sensitive_variables};
use tracing::instrument;
use tracing_subscriber::fmt::format::FmtSpan;

/// What a program writes to its log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that is logged by some work, with every span that opens and closes.
fn logged_by(work: impl FnOnce()) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Runs a future that is never pending.
fn finished<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

const PHONE: &str = "+919876543210";
const PASSPORT: &str = "K1234567";

fn shows_neither(log: &str) {
    assert!(!log.contains(PHONE) && !log.contains(PASSPORT), "{log}");
}

#[sensitive_variables(phone_number, passport_number)]
fn sign_up(country: &str, phone_number: &str, passport_number: Option<&str>) -> usize {
    tracing::info!("signing up");
    phone_number.len() + passport_number.map_or(0, str::len)
}

#[test]
fn a_span_shows_the_mask_for_what_is_named_and_the_rest_as_usual() {
    let log = logged_by(|| assert_eq!(sign_up("IN", PHONE, Some(PASSPORT)), 21));
    shows_neither(&log);
    assert!(
        log.contains(r#"sign_up{country="IN" phone_number=******** passport_number=********}"#),
        "{log}"
    );
}

#[sensitive_variables(phone_number)]
async fn change(id: i32, phone_number: String) -> Result<(), std::fmt::Error> {
    tokio::task::yield_now().await;
    tracing::trace!("changing");
    assert_eq!(phone_number, PHONE);
    Err(std::fmt::Error)
}

#[test]
fn an_asynchronous_function_is_one_too() {
    let log = logged_by(|| assert!(finished(change(7, PHONE.to_owned())).is_err()));
    shows_neither(&log);
    assert!(log.contains("change{id=7 phone_number=********}"), "{log}");
}

#[sensitive_variables(phone_number)]
#[instrument(level = "debug", name = "storing", skip(pool, phone_number), err, fields(rows = 1 + 1))]
fn store(pool: &str, phone_number: &str) -> Result<(), std::fmt::Error> {
    let _ = pool;
    Err(std::fmt::Error)
}

#[sensitive_variables(phone_number)]
#[cfg_attr(all(), instrument(skip_all, fields(id, country = ?country)))]
fn skipping(id: i32, country: &str, phone_number: &str) {}

#[test]
fn the_options_of_an_instrument_below_are_kept() {
    let log = logged_by(|| assert!(store("pool", PHONE).is_err()));
    shows_neither(&log);
    assert!(
        log.contains("DEBUG storing{rows=2 phone_number=********}"),
        "{log}"
    );
    assert!(log.contains("ERROR") && !log.contains("pool"), "{log}");
    let log = logged_by(|| skipping(7, "IN", PHONE));
    shows_neither(&log);
    assert!(
        log.contains(r#"skipping{country="IN" phone_number=********}"#),
        "{log}"
    );
}

#[sensitive_variables]
fn everything(id: i32, r#type: &str, (first, _): (&str, u8)) {}

struct Service(String);

impl Service {
    #[sensitive_variables(self, number)]
    fn call(&self, number: &str, times: u8) {}
}

#[derive(Sensitive)]
struct SignUp {
    country: String,
    #[sensitive]
    phone_number: String,
}

#[instrument]
fn with_a_form(form: &SignUp) {}

#[test]
fn without_names_all_are_hidden_and_patterns_and_self_can_be_too() {
    let log = logged_by(|| everything(7, PHONE, (PASSPORT, 1)));
    shows_neither(&log);
    assert!(
        log.contains("everything{id=******** type=******** first=********}"),
        "{log}"
    );
    let log = logged_by(|| Service(PASSPORT.to_owned()).call(PHONE, 3));
    shows_neither(&log);
    assert!(log.contains("call{times=3 number=********}"), "{log}");
}

#[test]
fn a_sensitive_type_hides_its_fields_in_any_span() {
    let form = SignUp {
        country: "IN".into(),
        phone_number: PHONE.into(),
    };
    let log = logged_by(|| with_a_form(&form));
    shows_neither(&log);
    assert!(
        log.contains(r#"form=SignUp { country: "IN", phone_number: ******** }"#),
        "{log}"
    );
}

#[instrument]
fn not_hidden(phone_number: &str) {}

#[test]
fn the_search_finds_what_is_not_hidden() {
    assert!(logged_by(|| not_hidden(PHONE)).contains(PHONE));
}

trait Sender {
    fn send(&self, number: String) -> impl Future<Output = usize> + Send;
}

impl Sender for Service {
    #[sensitive_variables(self, number)]
    async fn send(&self, number: String) -> usize {
        number.len()
    }
}

#[test]
fn methods_of_traits_can_be_hidden() {
    let log = logged_by(|| {
        let service = Service(PASSPORT.to_owned());
        assert_eq!(finished(service.send(PHONE.to_owned())), 13);
    });
    shows_neither(&log);
    assert!(log.contains("send{number=********}"), "{log}");
}

#[async_trait::async_trait]
trait Boxed {
    async fn store(&self, country: &str, number: String) -> usize;
}

#[async_trait::async_trait]
impl Boxed for Service {
    #[sensitive_variables(self, number)]
    async fn store(&self, country: &str, number: String) -> usize {
        tokio::task::yield_now().await;
        tracing::info!("storing");
        number.len()
    }
}

#[test]
fn methods_that_async_trait_boxes_can_be_hidden() {
    let log = logged_by(|| {
        let service = Service(PASSPORT.to_owned());
        assert_eq!(finished(service.store("IN", PHONE.to_owned())), 13);
    });
    shows_neither(&log);
    assert!(
        log.contains(r#"store{country="IN" number=********}: sensitive_variables: storing"#),
        "{log}"
    );
}

#[test]
fn a_log_in_json_has_the_mask_as_a_text() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let _ = sign_up("IN", PHONE, Some(PASSPORT));
        let _ = finished(change(7, PHONE.to_owned()));
    });
    let bytes = log.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    shows_neither(&text);
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for name in ["sign_up", "change"] {
        let mut spans = lines.iter().filter(|line| line["span"]["name"] == name);
        assert!(spans.any(|line| line["span"]["phone_number"] == "********"));
    }
}

/// An error as it is reported: with the spans that it came out of.
mod report {
    use tracing_error::{ErrorLayer, ExtractSpanTrace, InstrumentError, SpanTrace};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// What a report prints, and the fields of each span by themselves.
    pub(super) fn of(work: impl FnOnce() -> Report) -> Report {
        let subscriber = tracing_subscriber::registry().with(ErrorLayer::default());
        tracing::subscriber::with_default(subscriber, work)
    }

    pub(super) struct Report {
        pub(super) text: String,
        pub(super) fields: Vec<String>,
    }

    fn written(trace: &SpanTrace, text: String) -> Report {
        let mut fields = Vec::new();
        trace.with_spans(|_, of_span| {
            fields.push(of_span.to_owned());
            true
        });
        Report { text, fields }
    }

    #[sensitive_variables(phone_number)]
    pub(super) fn captured(country: &str, phone_number: &str) -> Report {
        inside(phone_number)
    }

    #[sensitive_variables]
    fn inside(number: &str) -> Report {
        let trace = SpanTrace::capture();
        let text = format!("{trace} {trace:?}");
        written(&trace, text)
    }

    #[sensitive_variables(phone_number)]
    pub(super) async fn failed(id: i32, phone_number: String) -> Report {
        tokio::task::yield_now().await;
        let error = std::fmt::Error.in_current_span();
        let error: &(dyn std::error::Error + 'static) = &error;
        let chain: Vec<_> = std::iter::successors(Some(error), |error| error.source()).collect();
        let trace = chain.iter().find_map(|error| error.span_trace()).unwrap();
        let text = chain.iter().map(|error| format!("{error} {error:?}"));
        written(trace, text.collect::<String>() + &trace.to_string())
    }

    #[instrument]
    pub(super) fn not_hidden(phone_number: &str) -> Report {
        let trace = SpanTrace::capture();
        written(&trace, trace.to_string())
    }
}

#[test]
fn a_span_trace_and_the_report_of_an_error_show_the_mask() {
    let report = report::of(|| report::captured("IN", PHONE));
    shows_neither(&report.text);
    let expected = ["number=********", r#"country="IN" phone_number=********"#];
    assert_eq!(report.fields, expected);
    let report = report::of(|| finished(report::failed(7, PHONE.to_owned())));
    shows_neither(&report.text);
    assert_eq!(report.fields, ["id=7 phone_number=********"]);
    // What is not hidden is there to be found.
    let report = report::of(|| report::not_hidden(PHONE));
    assert!(report.text.contains(PHONE), "{}", report.text);
}
