//! Every path of the application, right and wrong.

use std::error::Error;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use axum::routing::post;
use encfield::web::SensitiveForm;
use encfield_webapp::{App, Failure, ProfileForm, around, router};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::database::Database;
use crate::marks::Marks;

/// What was answered.
#[derive(Default)]
pub(crate) struct Answers {
    /// On the owner's own page.
    pub(crate) owner: Vec<u8>,
    pub(crate) others: Vec<u8>,
    /// What an error reporter makes of each failure.
    pub(crate) errors: Vec<u8>,
}

/// An error and all that it is from, by every way to print it.
fn report(error: &(dyn Error + 'static), errors: &mut Vec<u8>) {
    let mut next = Some(error);
    while let Some(error) = next {
        errors.extend(format!("{error} {error:#} {error:?} {error:#?}\n").bytes());
        next = error.source();
    }
}

struct Browser {
    app: Router,
    cookie: Option<String>,
    answers: Answers,
}

const FORM: &str = "application/x-www-form-urlencoded";

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

impl Browser {
    async fn send(&mut self, request: Request<Body>, is_owners: bool) -> u16 {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let (head, body) = response.into_parts();
        if let Some(Failure(error)) = head.extensions.get() {
            report(error.as_ref(), &mut self.answers.errors);
        }
        if let Some(cookie) = head.headers.get("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next();
            self.cookie = cookie.map(str::to_owned);
        }
        let answers = match is_owners {
            true => &mut self.answers.owner,
            false => &mut self.answers.others,
        };
        for (name, value) in &head.headers {
            answers.extend_from_slice(name.as_str().as_bytes());
            answers.extend_from_slice(value.as_bytes());
        }
        answers.extend_from_slice(&body.collect().await.unwrap().to_bytes());
        answers.push(b'\n');
        status
    }

    fn request(&self, method: &str, uri: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(uri);
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    async fn get(&mut self, uri: &str) -> u16 {
        let request = self.request("GET", uri).body(Body::empty()).unwrap();
        self.send(request, uri == "/profile").await
    }

    async fn post(&mut self, uri: &str, body: impl Into<Body>) -> u16 {
        self.post_as(uri, FORM, body).await
    }

    async fn post_as(&mut self, uri: &str, media_type: &str, body: impl Into<Body>) -> u16 {
        let request = self.request("POST", uri).header("content-type", media_type);
        let request = request.body(body.into()).unwrap();
        self.send(request, false).await
    }
}

/// A program that fails with a form in its hands, and says which.
async fn panicking(SensitiveForm(form): SensitiveForm<ProfileForm>) {
    panic!("cannot go on with {form:?}");
}

pub(crate) async fn drive(database: &Database, marks: &Marks) -> Answers {
    let app = App::new(database.store().await);
    let failing = around(Router::new().route("/panic", post(panicking)));
    let mut browser = Browser {
        app: router(app).merge(failing),
        cookie: None,
        answers: Answers::default(),
    };
    let person = |phone: &str, passport: &str| {
        form(&[
            ("name", &marks.name),
            ("country", "India"),
            ("phone_number", phone),
            ("passport_number", passport),
        ])
    };
    let right = person(&marks.phone, &marks.passport);

    for (uri, status) in [
        ("/", 200),
        ("/profile", 303),
        ("/profile/edit", 303),
        ("/people", 200),
        ("/style.css", 200),
        ("/nowhere", 404),
    ] {
        assert_eq!(browser.get(uri).await, status, "{uri}");
    }
    wrong(&mut browser, "/", marks).await;
    assert_eq!(browser.post("/", right.clone()).await, 303);
    assert_eq!(browser.get("/profile").await, 200);
    assert_eq!(browser.get("/profile/edit").await, 200);
    // The same passport again.
    assert_eq!(browser.post("/", right).await, 422);
    wrong(&mut browser, "/profile/edit", marks).await;
    assert_eq!(browser.post("/profile/edit", person("", "")).await, 303);
    let changed = person(&marks.changed_phone, &marks.changed_passport);
    assert_eq!(browser.post("/profile/edit", changed).await, 303);
    assert_eq!(browser.get("/profile").await, 200);

    for (phone, passport, status) in [
        (marks.changed_phone.as_str(), "", 200),
        ("", marks.changed_passport.as_str(), 200),
        (&marks.changed_phone, &marks.changed_passport, 200),
        (&marks.wrong_phone, &marks.wrong_passport, 422),
        (&marks.wrong_phone, "", 422),
        ("", &marks.wrong_passport, 422),
        (&marks.phone, &marks.passport, 200),
        ("", "", 422),
    ] {
        let search = form(&[("phone_number", phone), ("passport_number", passport)]);
        assert_eq!(browser.post("/people", search).await, status);
    }
    wrong(&mut browser, "/people", marks).await;
    let elsewhere = &marks.elsewhere;
    for (uri, status) in [
        ("/people/1/raw".to_owned(), 200),
        ("/people/999/raw".to_owned(), 404),
        (format!("/people/{elsewhere}/raw"), 404),
        (format!("/{elsewhere}"), 404),
        (
            format!("/people?phone_number={elsewhere}&passportNumber={elsewhere}"),
            200,
        ),
    ] {
        assert_eq!(browser.get(&uri).await, status, "{uri}");
    }
    let panicking = person(&marks.phone, &marks.passport);
    assert_eq!(browser.post("/panic", panicking).await, 500);

    // Somebody copies one column into another: the row does not open.
    database
        .execute("UPDATE profiles SET passport_number = phone_number")
        .await;
    assert_eq!(browser.get("/profile").await, 500);
    assert_eq!(browser.post("/profile/edit", person("", "")).await, 500);
    assert_eq!(browser.get("/people").await, 500);
    // The table is not as the program thinks.
    database
        .execute("ALTER TABLE profiles RENAME TO gone")
        .await;
    assert_eq!(
        browser
            .post("/", person("+91 98111 22334", "AB1234567"))
            .await,
        500
    );
    database
        .execute("ALTER TABLE gone RENAME TO profiles")
        .await;
    browser.answers
}

/// Bad input of every kind, with marks in it.
async fn wrong(browser: &mut Browser, uri: &str, marks: &Marks) {
    let elsewhere = &marks.elsewhere;
    let (phone, passport) = (encoded(&marks.phone), encoded(&marks.passport));
    let wrong_phone = encoded(&marks.wrong_phone);
    let texts = match uri {
        "/people" => String::new(),
        _ => form(&[("name", &marks.name), ("country", "India")]) + "&",
    };
    let numbers = format!("phone_number={phone}&passport_number={passport}");
    let long = marks.wrong_passport.repeat(1000);
    let mut bodies = vec![
        format!("{texts}phone_number={phone}&{numbers}"),
        format!("{texts}{numbers}%ff"),
        format!(
            "{texts}phone_number={phone}&passport_number={}",
            encoded(&long)
        ),
        format!("{texts}{numbers}&{elsewhere}={elsewhere}"),
        format!("{texts}{numbers}&other={elsewhere}"),
        format!("{elsewhere}%ff={elsewhere}"),
        format!("{texts}{numbers}&a={}", long.repeat(10)),
    ];
    if uri != "/people" {
        bodies.extend([
            format!("{texts}phone_number={wrong_phone}&passport_number={passport}"),
            format!(
                "{texts}phone_number={phone}&passport_number={}",
                encoded(&marks.wrong_passport)
            ),
            format!("name=&country=&{numbers}"),
            format!("name={}&country=India&{numbers}", "n".repeat(100)),
            numbers.clone(),
            String::new(),
        ]);
    }
    for body in bodies {
        let status = browser.post(uri, body.clone()).await;
        assert!((400..500).contains(&status), "{uri} {status} {body}");
    }
    let body = format!("{texts}{numbers}");
    for media_type in ["text/plain", "application/json", elsewhere] {
        assert_eq!(browser.post_as(uri, media_type, body.clone()).await, 415);
    }
    // A body that stops in the middle, and one whose connection breaks.
    let request = browser.request("POST", uri).header("content-type", FORM);
    let request = request.header("content-length", body.len() + 10);
    let request = request.body(Body::from_stream(futures_util::stream::iter([Ok::<
        _,
        String,
    >(
        Bytes::from(body.clone()),
    )])));
    assert_eq!(browser.send(request.unwrap(), false).await, 400);
    let pieces = [
        Ok(Bytes::from(body.clone())),
        Err(format!("lost after {body}")),
    ];
    let stream = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(browser.post(uri, stream).await, 400);
    // A form of another site.
    let request = browser.request("POST", uri).header("content-type", FORM);
    let request = request.header("sec-fetch-site", "cross-site");
    assert_eq!(
        browser
            .send(request.body(body.into()).unwrap(), false)
            .await,
        403
    );
}
