//! What a refusal answers.

use std::fmt;

use ::axum::http::StatusCode;
use ::axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use ::axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::refused::Refused;

/// A refusal that answers in JSON: `{"error": "..", "fields": {"phone_number": "is missing"}}`.
pub struct RefusedJson(pub Refused);

impl fmt::Debug for RefusedJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RefusedJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for RefusedJson {}

impl From<Refused> for RefusedJson {
    fn from(refused: Refused) -> Self {
        Self(refused)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        reply(&self, "text/plain; charset=utf-8", format!("{self}\n"))
    }
}

impl IntoResponse for RefusedJson {
    fn into_response(self) -> Response {
        let fields: Map<_, _> = self
            .0
            .fields()
            .map(|(field, reason)| (field.to_owned(), Value::from(reason)))
            .collect();
        let mut answer = Map::new();
        answer.insert("error".to_owned(), self.0.to_string().into());
        answer.insert("fields".to_owned(), fields.into());
        reply(&self.0, "application/json", Value::from(answer).to_string())
    }
}

fn reply(refused: &Refused, media_type: &'static str, text: String) -> Response {
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}
