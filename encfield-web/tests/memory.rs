//! What parsing leaves in memory: nothing.
//!
//! One test in a process of its own, because it looks at all of the process's memory.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use encfield::Sensitive;
use encfield::web::{Body, Limits, SensitiveForm, SensitiveJson, from_json, from_urlencoded};
use serde::Deserialize;
use zeroize::Zeroizing;

#[path = "memory/process.rs"]
mod process;

use process::{Mark, found};

#[derive(Sensitive, Deserialize)]
struct Form {
    #[serde(default)]
    age: Option<u8>,
    #[sensitive]
    secret: String,
    #[sensitive]
    #[serde(default)]
    more: Vec<String>,
    #[sensitive(nested)]
    #[serde(default)]
    inner: Option<Inner>,
}

#[derive(Sensitive, Deserialize)]
struct Inner {
    #[sensitive]
    secret: String,
}

/// A text with the mark in it eight times wherever a `$` stands, so that a freed block, of which the
/// allocator overwrites the beginning, still shows it.
fn marked(text: &str, mark: Mark) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + 8 * 16 * 8));
    for byte in text.bytes() {
        match byte {
            b'$' => (0..8).for_each(|_| mark.letters().for_each(|letter| bytes.push(letter))),
            byte => bytes.push(byte),
        }
    }
    bytes
}

const BODIES: [(&str, bool); 12] = [
    ("secret=$", true),
    ("secret=%41+%42$&more=$&more=$", true),
    ("secret=$&age=wrong", false),
    ("secret=$%ff", false),
    ("secret=$&secret=$", false),
    ("$=$&secret=1", false),
    (r#"{"secret": "$"}"#, true),
    (
        r#"{"secret": "\n\u0041$\t", "more": ["$\n", "\"$"], "inner": {"s\u0065cret": "$\\"}}"#,
        true,
    ),
    (r#"{"secret": "$\n", "age": "wrong"}"#, false),
    (r#"{"secret": "$\n", "secret": "$"}"#, false),
    (r#"{"$\n": "$", "secret": "$\ud800"}"#, false),
    (r#"{"secret": "$", "more": ["$\n", "$"#, false),
];

fn parse((text, right): (&str, bool), mark: Mark) {
    let body = marked(text, mark);
    let limits = Limits::default();
    let read = match text.starts_with('{') {
        true => from_json::<Form>(&body, &limits),
        false => from_urlencoded::<Form>(&body, &limits),
    };
    assert_eq!(read.is_ok(), right, "{text}");
}

/// A body in two pieces, of which the second may never come.
async fn extract(text: &str, mark: Mark, whole: bool) {
    let bytes = marked(text, mark);
    let half = bytes.len() / 2;
    let mut pieces = vec![Ok::<_, std::io::Error>(Bytes::copy_from_slice(
        &bytes[..half],
    ))];
    if whole {
        pieces.push(Ok(Bytes::copy_from_slice(&bytes[half..])));
    }
    let stream = futures_util::StreamExt::chain(
        futures_util::stream::iter(pieces),
        futures_util::stream::once(async move {
            if !whole {
                std::future::pending::<()>().await;
            }
            Ok(Bytes::new())
        }),
    );
    let media_type = match text.starts_with('{') {
        true => "application/json",
        false => "application/x-www-form-urlencoded",
    };
    let request = Request::post("/")
        .header("content-type", media_type)
        .body(axum::body::Body::from_stream(stream))
        .unwrap();
    let extracted = async {
        match text.starts_with('{') {
            true => SensitiveJson::<Form>::from_request(request, &())
                .await
                .is_ok(),
            false => SensitiveForm::<Form>::from_request(request, &())
                .await
                .is_ok(),
        }
    };
    // A client that goes away in the middle: the future is dropped where it waits.
    tokio::select! {
        biased;
        read = extracted => assert!(whole && read),
        () = tokio::task::yield_now(), if !whole => {}
    }
}

/// Free blocks of every size between blocks in use: what grows must move, and leaves its old block behind.
fn scattered() -> Vec<Vec<u8>> {
    let sizes = (3..12).map(|power| 1_usize << power);
    let blocks = sizes.flat_map(|size| (0..12).map(move |_| Vec::with_capacity(size)));
    let blocks: Vec<Vec<u8>> = blocks.collect();
    let odd = |(at, block)| (at % 2 == 1).then_some(block);
    blocks.into_iter().enumerate().filter_map(odd).collect()
}

#[test]
fn no_value_is_left_in_memory() {
    let in_use = scattered();
    let count = u32::try_from(BODIES.len()).unwrap();
    let marks: Vec<Mark> = (0..count + 10).map(Mark::new).collect();
    let at = |number: u32| marks[number as usize];

    for (case, mark) in BODIES.iter().zip(&marks) {
        parse(*case, *mark);
    }
    let mut body = Body::new(&Limits::default(), None).unwrap();
    for piece in marked("$", at(count)).chunks(20) {
        body.push(piece).unwrap();
    }
    drop(body);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        extract("secret=$", at(count + 1), true).await;
        extract("secret=$", at(count + 2), false).await;
        extract(r#"{"secret": "$\n"}"#, at(count + 3), true).await;
        extract(r#"{"secret": "$\n"}"#, at(count + 4), false).await;
    });

    // The search sees what is alive, and what was freed and not wiped.
    let alive = marked("$", at(count + 5));
    drop(std::hint::black_box(
        marked("$$$$$", at(count + 6)).to_vec(),
    ));
    drop(marked("$", at(count + 7)));
    let found = found("self", &marks);
    drop((alive, in_use));
    let left: Vec<_> = (0..found.len()).filter(|number| found[*number]).collect();
    let controls = [count + 5, count + 6].map(|number| number as usize);
    assert_eq!(left, controls, "the numbers of the marks that were found");
}
