//! The extractors and the request log, in an application.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use encfield::Sensitive;
use encfield::web::{HiddenParameters, Limits, Refused, SensitiveForm, SensitiveJson};
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;
use tower_http::trace::TraceLayer;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::format::FmtSpan;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

#[derive(Sensitive, Deserialize)]
struct SignUp {
    name: String,
    #[serde(default)]
    age: Option<u8>,
    #[sensitive]
    phone_number: String,
}

#[tracing::instrument(level = "trace")]
async fn by_form(SensitiveForm(form): SensitiveForm<SignUp>) -> String {
    tracing::info!(?form, "signed up");
    form.name.clone()
}

async fn by_json(SensitiveJson(form): SensitiveJson<SignUp>) -> String {
    tracing::info!(?form, "signed up");
    form.name.clone()
}

/// Shows the form again.
async fn again(form: Result<SensitiveForm<SignUp>, Refused>) -> String {
    match form {
        Ok(form) => format!("{form:?}"),
        Err(refused) => {
            tracing::info!(%refused, debug = ?refused, "shown again");
            let name = refused.kept("name").unwrap_or_default();
            let reason = refused.reason_at("age").unwrap_or_default();
            format!("name={name} age {reason}")
        }
    }
}

fn app() -> Router {
    Router::new()
        .route("/form", post(by_form))
        .route("/json", post(by_json))
        .route("/again", post(again))
        .route("/people/{id}", get(async || "somebody"))
        .layer(TraceLayer::new_for_http().make_span_with(HiddenParameters::of::<SignUp>()))
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Answer {
    status: u16,
    media_type: String,
    text: String,
    log: String,
}

/// Sends a request, and gives the answer with all that was logged, down to `TRACE`.
async fn send_to(app: Router, request: Request) -> Answer {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let response: Response = app
        .oneshot(request)
        .instrument(tracing::trace_span!("outer"))
        .with_subscriber(subscriber)
        .await
        .unwrap();
    let status = response.status().as_u16();
    let media_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    Answer {
        status,
        media_type,
        text: String::from_utf8(body.to_vec()).unwrap(),
        log,
    }
}

fn request(path: &str, media_type: &str, body: impl Into<Body>) -> Request {
    Request::post(path)
        .header("content-type", media_type)
        .body(body.into())
        .unwrap()
}

async fn send(path: &str, media_type: &str, body: impl Into<Body>) -> Answer {
    send_to(app(), request(path, media_type, body)).await
}

impl Answer {
    /// The request is in the log, and nothing that is marked is anywhere.
    fn shows_nothing(&self) {
        for text in [&self.text, &self.log] {
            assert!(!text.contains("MARKED7"), "{text}");
        }
        assert!(
            self.log.contains("request{method=POST uri=/"),
            "{}",
            self.log
        );
    }
}

#[tokio::test]
async fn a_right_body_is_read_and_logged_with_the_mask() {
    let answer = send("/form", FORM, "name=Asha&phone_number=MARKED7").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "Asha"));
    assert!(
        answer.log.contains("phone_number: ********"),
        "{}",
        answer.log
    );
    answer.shows_nothing();

    let body = r#"{"name": "Asha", "phone_number": "MARKED7"}"#;
    for media_type in [
        JSON,
        "application/json; charset=utf-8",
        "Application/merge-patch+JSON",
    ] {
        let answer = send("/json", media_type, body).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "Asha"));
        answer.shows_nothing();
    }
}

#[tokio::test]
async fn the_search_for_a_value_finds_one_that_is_logged() {
    async fn careless(body: String) -> &'static str {
        tracing::trace!(body);
        "done"
    }
    let app = Router::new().route("/", post(careless));
    let answer = send_to(app, request("/", "text/plain", "MARKED7")).await;
    assert!(answer.log.contains("MARKED7"));
    // tower-http's own span has the whole URI.
    let app = app_with_its_own_span();
    let request = Request::get("/?phone_number=MARKED7").body(Body::empty());
    let answer = send_to(app, request.unwrap()).await;
    assert!(answer.log.contains("MARKED7"));
}

fn app_with_its_own_span() -> Router {
    Router::new()
        .route("/", get(async || "home"))
        .layer(TraceLayer::new_for_http())
}

#[tokio::test]
async fn a_wrong_body_gets_4xx_with_names_alone() {
    for (media_type, body, status, expected) in [
        (
            FORM,
            "name=A&age=MARKED7&phone_number=MARKED7",
            422,
            "age (********) is not a number",
        ),
        (
            FORM,
            "name=A&phone_number=MARKED7&phone_number=MARKED7",
            422,
            "given more than once",
        ),
        (
            FORM,
            "name=A&phone_number=MARKED7%ff",
            422,
            "phone_number (********) is not valid UTF-8",
        ),
        (
            FORM,
            "name=A&phone_number=1&MARKED7=1",
            422,
            "one field is not known",
        ),
        (
            FORM,
            "phone_number=MARKED7",
            422,
            "name (********) is missing",
        ),
        (FORM, "", 422, "is missing"),
        (FORM, r#"{"phone_number": "MARKED7"}"#, 422, "is missing"),
        (
            JSON,
            r#"{"name": "A", "phone_number": ["MARKED7"]}"#,
            422,
            "phone_number",
        ),
        (
            JSON,
            r#"{"name": "A", "phone_number": "MARKED7"#,
            400,
            "malformed",
        ),
        (JSON, "name=A&phone_number=MARKED7", 400, "malformed"),
        ("text/plain", "MARKED7", 415, "Content-Type"),
        (
            "multipart/form-data; boundary=MARKED7",
            "MARKED7",
            415,
            "Content-Type",
        ),
    ] {
        for path in ["/form", "/json"] {
            if (path == "/json") != (media_type == JSON) && status != 415 {
                continue;
            }
            let answer = send(path, media_type, body).await;
            assert_eq!(answer.status, status, "{path} {body}");
            assert!(answer.text.contains(expected), "{}", answer.text);
            let right = if path == "/json" {
                JSON
            } else {
                "text/plain; charset=utf-8"
            };
            assert_eq!(answer.media_type, right);
            answer.shows_nothing();
        }
    }
    let answer = send("/json", JSON, r#"{"name": 1, "phone_number": "MARKED7"}"#).await;
    assert_eq!(
        answer.text,
        r#"{"error":"encfield-web: the input was refused: name (********) is of the wrong type","fields":{"name":"is of the wrong type"}}"#
    );
}

#[tokio::test]
async fn a_huge_body_is_refused_before_it_is_read() {
    let huge = "MARKED7".repeat(20_000);
    let answer = send("/form", FORM, format!("name=A&phone_number={huge}")).await;
    assert_eq!(answer.status, 413);
    answer.shows_nothing();

    // Announced: not a byte of JSON is read, and of a form as much as the limit, for what was typed.
    let pieces = futures_util::stream::poll_fn(
        |_| -> std::task::Poll<Option<Result<Bytes, std::io::Error>>> {
            panic!("the body was read")
        },
    );
    let announced = |mut request: Request| {
        let headers = request.headers_mut();
        headers.insert("content-length", 10_000_000.into());
        request
    };
    let unread = announced(request("/json", JSON, Body::from_stream(pieces)));
    assert_eq!(send_to(app(), unread).await.status, 413);

    // A form, announced or not, is read up to the limit and refused there.
    let endless = || {
        let mut count = 0;
        request(
            "/form",
            FORM,
            Body::from_stream(futures_util::stream::poll_fn(move |_| {
                count += 1;
                assert!(count < 100, "the body was read on");
                std::task::Poll::Ready(Some(Ok::<_, std::io::Error>(Bytes::from(
                    "MARKED7".repeat(1000),
                ))))
            })),
        )
    };
    for request in [endless(), announced(endless())] {
        let answer = send_to(app(), request).await;
        assert_eq!(answer.status, 413);
        answer.shows_nothing();
    }

    let limits = Limits {
        body: 1 << 20,
        field: 1 << 20,
        ..Limits::default()
    };
    let answer = send_to(
        app().layer(Extension(limits)),
        request("/form", FORM, format!("name=A&phone_number={huge}")),
    )
    .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_is_refused() {
    for length in [None, Some(100)] {
        let pieces = [
            Ok(Bytes::from_static(b"name=A&phone_number=MARKED7")),
            Err(std::io::Error::other("MARKED7 is what was read")),
        ];
        let mut pieces = Vec::from(pieces);
        if length.is_some() {
            pieces.truncate(1);
        }
        let mut stopped = request(
            "/form",
            FORM,
            Body::from_stream(futures_util::stream::iter(pieces)),
        );
        if let Some(length) = length {
            stopped
                .headers_mut()
                .insert("content-length", length.into());
        }
        let answer = send_to(app(), stopped).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.text.contains("stopped before its end"),
            "{}",
            answer.text
        );
        answer.shows_nothing();
    }
}

#[tokio::test]
async fn a_form_is_shown_again_with_what_was_typed() {
    let answer = send("/again", FORM, "name=Asha&age=MARKED7&phone_number=MARKED7").await;
    assert_eq!(answer.text, "name=Asha age is not a number");
    answer.shows_nothing();
}

/// Of a form that cannot be read as a whole, the fields before are there. The last one may be half.
#[tokio::test]
async fn a_form_that_did_not_come_whole_is_shown_again_with_what_did() {
    let kept = async |request| {
        let answer = send_to(app(), request).await;
        answer.shows_nothing();
        answer.text
    };
    let huge = format!("name=Asha&phone_number={}", "MARKED7".repeat(20_000));
    let mut announced = request("/again", FORM, huge.clone());
    let length = huge.len().into();
    announced.headers_mut().insert("content-length", length);
    let pieces = |text: &'static str, end: Option<std::io::Error>| {
        let pieces = [Ok(Bytes::from_static(text.as_bytes()))];
        let pieces = pieces.into_iter().chain(end.map(Err));
        let pieces: Vec<_> = pieces.collect();
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let broken = Some(std::io::Error::other("MARKED7"));
    let broken = pieces("name=Asha&phone_number=MARKED7", broken);
    let mut short = request(
        "/again",
        FORM,
        pieces("phone_number=MARKED7&name=Asha&age=1", None),
    );
    short.headers_mut().insert("content-length", 100.into());
    let many = format!("name=Asha&phone_number=MARKED7{}", "&a=1".repeat(300));
    for request in [
        request("/again", FORM, huge.clone()),
        announced,
        request("/again", FORM, broken),
        short,
        request(
            "/again",
            FORM,
            "MARKED7%ff=1&name=Asha&phone_number=MARKED7",
        ),
        request("/again", FORM, many),
    ] {
        assert_eq!(kept(request).await, "name=Asha age ");
    }
    // Half of a name is none.
    let half = Some(std::io::Error::other("MARKED7"));
    let half = request("/again", FORM, pieces("phone_number=MARKED7&name=As", half));
    assert_eq!(kept(half).await, "name= age ");
}

#[tokio::test]
async fn the_request_log_hides_parameters_and_paths() {
    let get = |uri: &str| Request::get(uri).body(Body::empty()).unwrap();
    let answer = send_to(app(), get("/people/MARKED7?page=2&phoneNumber=MARKED7")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.log.contains("MARKED7"), "{}", answer.log);
    assert!(
        answer
            .log
            .contains("uri=/people/{id}?page=2&phoneNumber=********"),
        "{}",
        answer.log
    );
    let shown = Router::new()
        .route("/people/{id}", axum::routing::get(async || "somebody"))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(HiddenParameters::all_but(["page"]).with_paths()),
        );
    let answer = send_to(shown, get("/people/7?page=2&q=MARKED7")).await;
    assert!(
        answer.log.contains("uri=/people/7?page=2&********"),
        "{}",
        answer.log
    );
    assert!(!answer.log.contains("MARKED7"), "{}", answer.log);
}
