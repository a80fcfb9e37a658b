//! What bad input gets: the form again, with a message at the field, what else was typed, and 4xx.

#![allow(clippy::unwrap_used, missing_docs)]

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use encfield_webapp::{App, Store, router};
use http_body_util::BodyExt;
use tower::ServiceExt;

const RIGHT: &str = "name=Asha&country=India&phone_number=%2B919876543210&passport_number=K1234567";

struct Answer {
    status: u16,
    cookie: String,
    page: String,
}

async fn send(app: &Router, request: axum::http::request::Builder, body: Body) -> Answer {
    let response = app.clone().oneshot(request.body(body).unwrap());
    let response = response.await.unwrap();
    let status = response.status().as_u16();
    let cookie = response.headers().get("set-cookie");
    let cookie = cookie.map(|text| text.to_str().unwrap().split(';').next().unwrap().to_owned());
    let page = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        cookie: cookie.unwrap_or_default(),
        page: String::from_utf8(page.to_vec()).unwrap(),
    }
}

fn post(path: &str, cookie: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
}

/// The application, with a person who signed up, and the cookie.
async fn app() -> (Router, String) {
    static KEYS: std::sync::Once = std::sync::Once::new();
    KEYS.call_once(|| encfield::Keyring::generate().install().unwrap());
    let app = router(App::new(Store::open(":memory:").await.unwrap()));
    let answer = send(&app, post("/", ""), Body::from(RIGHT)).await;
    assert_eq!(answer.status, 303);
    (app, answer.cookie)
}

fn form(name: &str, country: &str, phone: &str, passport: &str) -> String {
    format!("name={name}&country={country}&phone_number={phone}&passport_number={passport}")
}

impl Answer {
    /// The message that the input is described by.
    fn error_at(&self, field: &str) -> Option<&str> {
        let (_, rest) = self.page.split_once(&format!("id=\"{field}-error\""))?;
        let input = rest
            .split_once(&format!("<input id=\"{field}\""))
            .unwrap()
            .1;
        let input = input.split_once('>').unwrap().0;
        assert!(input.contains("aria-invalid=\"true\""), "{input}");
        assert!(input.contains(&format!("{field}-error")), "{input}");
        Some(rest.split_once("</p>").unwrap().0)
    }

    fn value_of(&self, field: &str) -> &str {
        let input = self
            .page
            .split_once(&format!("<input id=\"{field}\""))
            .unwrap()
            .1;
        let value = input.split_once("value=\"").unwrap().1;
        value.split_once('"').unwrap().0
    }
}

#[tokio::test]
async fn each_bad_input_shows_the_form_again_with_a_message_at_the_field() {
    let (app, cookie) = app().await;
    let (phone, passport) = ("%2B919812345678", "Z7654321");
    let long = "9".repeat(5000);
    for (body, field, message) in [
        (
            form("Ravi", "Nepal", "98765", passport),
            "phone_number",
            "needs its country",
        ),
        (
            form("Ravi", "Nepal", &long, passport),
            "phone_number",
            "is too long",
        ),
        (
            form("Ravi", "Nepal", "%ff", passport),
            "phone_number",
            "is not valid UTF-8",
        ),
        (
            form("Ravi", "Nepal", phone, "no"),
            "passport_number",
            "is not 6 to 20",
        ),
        (
            form("Ravi", "Nepal", phone, &long),
            "passport_number",
            "is too long",
        ),
        (
            form("Ravi", "Nepal", phone, passport) + "&passport_number=1",
            "passport_number",
            "more than once",
        ),
        (form("", "Nepal", phone, passport), "name", "is missing"),
        (
            form(&long[..81], "Nepal", phone, passport),
            "name",
            "is longer than 80",
        ),
        (
            form("%ff", "Nepal", phone, passport),
            "name",
            "is not valid UTF-8",
        ),
        (form("Ravi", "", phone, passport), "country", "is missing"),
        (
            form("Ravi", "Nepal", phone, passport) + "&country=x",
            "country",
            "more than once",
        ),
    ] {
        for path in ["/", "/profile/edit"] {
            let answer = send(&app, post(path, &cookie), Body::from(body.clone())).await;
            let what = format!("{path} {:.120} {}", body, answer.page);
            assert_eq!(answer.status, 422, "{what}");
            let error = answer.error_at(field);
            assert!(error.is_some_and(|error| error.contains(message)), "{what}");
            for (other, typed) in [("name", "Ravi"), ("country", "Nepal")] {
                if other != field {
                    assert_eq!(answer.value_of(other), typed, "{what}");
                }
            }
            for sensitive in ["phone_number", "passport_number"] {
                assert_eq!(answer.value_of(sensitive), "", "{what}");
                assert_eq!(
                    answer.error_at(sensitive).is_some(),
                    sensitive == field,
                    "{what}"
                );
            }
        }
    }
    // Of somebody else: the passport of the first is taken.
    let body = form("Ravi", "Nepal", phone, "K1234567");
    let answer = send(&app, post("/", ""), Body::from(body)).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer
            .error_at("passport_number")
            .unwrap()
            .contains("registered already")
    );
    assert_eq!(
        (answer.value_of("name"), answer.value_of("country")),
        ("Ravi", "Nepal")
    );
}

#[tokio::test]
async fn a_form_that_did_not_come_whole_is_shown_again_with_what_did() {
    let (app, cookie) = app().await;
    let right = form("Ravi", "Nepal", "%2B919812345678", "Z7654321");
    let huge = right.clone() + &"9".repeat(100_000);
    for path in ["/", "/profile/edit"] {
        let stream = |end: Option<std::io::Error>| {
            let pieces = [Ok(Bytes::from(right.clone()))];
            let pieces: Vec<_> = pieces.into_iter().chain(end.map(Err)).collect();
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        let lost = Some(std::io::Error::other("lost"));
        for (status, request, body) in [
            (413, post(path, &cookie), Body::from(huge.clone())),
            (
                413,
                post(path, &cookie).header("content-length", huge.len()),
                Body::from(huge.clone()),
            ),
            (400, post(path, &cookie), stream(lost)),
            (
                400,
                post(path, &cookie).header("content-length", 500),
                stream(None),
            ),
            (
                400,
                post(path, &cookie),
                Body::from(right.clone() + "&%ff=1"),
            ),
            (
                422,
                post(path, &cookie),
                Body::from(right.clone() + "&other=1"),
            ),
        ] {
            let answer = send(&app, request, body).await;
            assert_eq!(answer.status, status, "{path}");
            assert!(
                answer.page.contains("There is a problem"),
                "{path} {status}"
            );
            assert_eq!(
                (answer.value_of("name"), answer.value_of("country")),
                ("Ravi", "Nepal"),
                "{path} {status}"
            );
            assert!(!answer.page.contains("98123") && !answer.page.contains("Z7654321"));
        }
    }
}

#[tokio::test]
async fn a_search_for_what_is_no_number_says_so_at_the_field() {
    let (app, _) = app().await;
    for (body, field) in [
        ("phone_number=98765&passport_number=", "phone_number"),
        ("phone_number=&passport_number=K1", "passport_number"),
        ("phone_number=&passport_number=", "phone_number"),
    ] {
        let answer = send(&app, post("/people", ""), Body::from(body)).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.error_at(field).is_some(), "{body}");
        assert!(!answer.page.contains("98765"));
    }
    for body in [
        "phone_number=&passport_number=k1234567",
        "phone_number=%2B91-98765-43210",
    ] {
        let answer = send(&app, post("/people", ""), Body::from(body)).await;
        assert_eq!(answer.status, 200, "{body}");
        assert!(answer.page.contains("One person found"), "{body}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_by_its_origin_alone() {
    let (app, cookie) = app().await;
    for (origin, status) in [
        (Some("http://desk.example:3000"), 422),
        (Some("http://other.example"), 403),
        (Some("http://desk.example"), 403),
        (Some("null"), 403),
        // No browser, which always says one of the two.
        (None, 422),
    ] {
        let mut request = post("/", &cookie).header("host", "desk.example:3000");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let answer = send(&app, request, Body::from("name=Asha")).await;
        assert_eq!(answer.status, status, "{origin:?}");
    }
    // A browser says `Origin: null` of the application's own forms where the policy is `no-referrer`.
    let request = Request::get("/").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.headers()["referrer-policy"], "same-origin");
}

#[tokio::test]
async fn who_signs_out_is_nobody_any_more() {
    let (app, cookie) = app().await;
    let profile = || Request::get("/profile").header("cookie", &cookie);
    assert_eq!(send(&app, profile(), Body::empty()).await.status, 200);
    let answer = send(&app, post("/sign-out", &cookie), Body::empty()).await;
    assert_eq!((answer.status, answer.cookie.as_str()), (303, "session="));
    assert_eq!(send(&app, profile(), Body::empty()).await.status, 303);
}
