//! A key that is no longer in the keyring is no longer in memory, without any help of the allocator.
//!
//! That is the key itself, as it stands in the keyring, and its text. A thread that worked with it keeps
//! subkeys of single values, until it works again or ends.
//!
//! One test in a process of its own, because it looks at all of the process's heap.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use encfield::Keyring;
use encfield_webapp::{App, Store, router};
use tower::ServiceExt;

#[path = "../../../encfield-web/tests/memory/process.rs"]
mod process;

use process::{Mark, found};

/// The bytes and the text of the encryption key and of the index key.
fn marks(keyring: &Keyring) -> [Mark; 4] {
    let json = keyring.to_json().unwrap();
    let mut keys = json.split("\"key\"").skip(1).map(|rest| {
        let text = rest.trim_start_matches([':', ' ', '"']).as_bytes();
        let digit = |letter: u8| u8::try_from(char::from(letter).to_digit(16).unwrap()).unwrap();
        let bytes: [u8; 16] =
            std::array::from_fn(|at| digit(text[2 * at]) << 4 | digit(text[2 * at + 1]));
        [Mark::of(&bytes), Mark::of(text)]
    });
    let ([a, b], [c, d]) = (keys.next().unwrap(), keys.next().unwrap());
    [a, c, b, d]
}

async fn send(app: &Router, method: &str, path: &str, body: &'static str) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body));
    let response = app.clone().oneshot(request.unwrap()).await.unwrap();
    response.status().as_u16()
}

/// Every use of keys: sealing, opening, tags.
async fn use_keys() {
    let app = router(App::new(Store::open(":memory:").await.unwrap()));
    let form = "name=Asha&country=India&phone_number=%2B919876543210&passport_number=K1234567";
    assert_eq!(send(&app, "POST", "/", form).await, 303);
    assert_eq!(send(&app, "GET", "/people", "").await, 200);
    assert_eq!(
        send(
            &app,
            "POST",
            "/people",
            "phone_number=&passport_number=K1234567"
        )
        .await,
        200
    );
}

#[test]
fn a_key_that_was_replaced_is_gone() {
    let first = Keyring::generate();
    let gone = marks(&first);
    first.install().unwrap();
    // A thread that worked with the key, and then has nothing to do.
    let (idle, begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        run(use_keys());
        idle.send(()).unwrap();
        ended.recv().unwrap_err();
    });
    begun.recv().unwrap();
    run(use_keys());

    let second = Keyring::generate();
    let alive = marks(&second);
    second.replace().unwrap();
    run(use_keys());
    // The bytes of a key that is in use are there, and its text is not.
    assert_eq!(found("self", &alive), [true, true, false, false]);
    assert_eq!(found("self", &gone), [false; 4]);
    drop(end);
    thread.join().unwrap();
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}
