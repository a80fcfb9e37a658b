//! Any body of a request: never a panic, and no value in the refusal.
#![no_main]

use encfield::Sensitive;
use encfield_web::{Limits, from_json, from_urlencoded};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

#[derive(Sensitive, Deserialize)]
#[allow(dead_code, reason = "it is parsed and dropped")]
struct Form {
    country: Option<String>,
    age: Option<u8>,
    #[sensitive]
    phone_number: String,
    #[sensitive]
    #[serde(default)]
    more: Vec<String>,
    #[sensitive(nested)]
    inner: Option<Inner>,
}

#[derive(Sensitive, Deserialize)]
#[allow(dead_code, reason = "it is parsed and dropped")]
struct Inner {
    #[sensitive]
    secret: Option<i64>,
}

fuzz_target!(|body: &[u8]| {
    let limits = Limits::default();
    for submitted in [
        from_urlencoded::<Form>(body, &limits),
        from_json::<Form>(body, &limits),
    ] {
        let said = match &submitted {
            Ok(form) => format!("{form:?}"),
            Err(refused) => format!("{refused} {refused:?}"),
        };
        assert!(!said.contains("K1234567"), "{said}");
    }
});
