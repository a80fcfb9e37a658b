//! Extractors for axum, and spans for tower-http's request log.

mod extract;
mod reply;
mod span;

pub use self::extract::{SensitiveForm, SensitiveJson};
pub use self::reply::RefusedJson;
