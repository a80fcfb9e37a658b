//! Forms and JSON with sensitive fields: parsed, refused and logged without a value.
//!
//! A body from outside becomes a type that derives [`Sensitive`](encfield_core::Sensitive), by
//! [`from_urlencoded`] or [`from_json`], or is [`Refused`]. A refusal names the fields and says why, and
//! never has a value in its text, in its `Debug` or behind `source()`. What the user typed into the other
//! fields is [kept](Refused::kept), so that the form can be shown again.
//!
//! ```
//! use encfield_core::Sensitive;
//! use encfield_web::{Limits, from_urlencoded};
//! # use encfield_core::Wipe;
//! # struct SignUp { country: String, age: u8, phone_number: String }
//! # impl Wipe for SignUp { fn overwrite(&mut self) { self.phone_number.overwrite() } }
//! # impl Sensitive for SignUp { const FIELDS: &'static [&'static str] = &["phone_number"]; }
//! # impl<'de> serde::Deserialize<'de> for SignUp {
//! #     fn deserialize<D: serde::Deserializer<'de>>(of: D) -> Result<Self, D::Error> {
//! #         #[derive(serde::Deserialize)]
//! #         struct Plain { country: String, age: u8, phone_number: String }
//! #         let Plain { country, age, phone_number } = Plain::deserialize(of)?;
//! #         Ok(SignUp { country, age, phone_number })
//! #     }
//! # }
//!
//! // #[derive(Sensitive, Deserialize)]
//! // struct SignUp { country: String, age: u8, #[sensitive] phone_number: String }
//!
//! let body = b"country=IN&age=old&phone_number=%2B919876543210";
//! let refused = from_urlencoded::<SignUp>(body, &Limits::default()).err().unwrap();
//! assert_eq!(refused.to_string(), "encfield-web: the input was refused: age (********) is not a number");
//! assert_eq!(refused.reason_at("age"), Some("is not a number"));
//! assert_eq!(refused.kept("country"), Some("IN"));
//! assert_eq!(refused.kept("phone_number"), None);
//! ```
//!
//! # For every framework
//!
//! - [`Body`] collects a body in one buffer that never grows and is wiped.
//! - [`Submitted`] is what was parsed; its [`check`](Submitted::check) is where the program says what is
//!   wrong with a value, in fixed words.
//! - [`HiddenParameters`] hides parameters in the URIs and bodies that a log shows.
//!
#![cfg_attr(
    feature = "axum",
    doc = "With the feature `axum`: [`SensitiveForm`], [`SensitiveJson`], and [`HiddenParameters`] makes the \
           spans of tower-http's `TraceLayer`."
)]
//!
//! # What is left in memory
//!
//! Buffers that are made here are wiped. What came before is not ours: a server's own buffers, and the
//! socket's. A field of a type that buffers while it is parsed (serde's `flatten` and its untagged and
//! internally tagged enums) leaves copies that nothing wipes.
//!
//! Inside, arrows run one way: reason, wrong, name, limits, refused, body, entry, then the two notations,
//! record, stack and submitted.

#[cfg(feature = "axum")]
mod axum;
mod body;
mod entry;
mod json;
mod limits;
mod name;
mod parameters;
mod reason;
mod record;
mod refused;
mod stack;
mod submitted;
mod text_value;
mod urlencoded;
mod wrong;

#[cfg(feature = "axum")]
pub use crate::axum::{RefusedJson, SensitiveForm, SensitiveJson};
pub use crate::body::Body;
pub use crate::limits::Limits;
pub use crate::parameters::HiddenParameters;
pub use crate::refused::{Reasons, Refused, RefusedKind};
pub use crate::submitted::{Submitted, from_json, from_urlencoded};

/// The guide's examples are tests.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../../docs/guide/web.md")]
mod guide {}
