//! A last line: registered fields and known secrets are taken out of what a program prints.
//!
//! encfield's types print `********` by themselves. This is for what is printed by somebody else: a
//! library that logs a request, a `{:?}` of a plain string, a panic in a parser. It looks at text, so it
//! is a net and not a wall: a value that is printed without its name and that nobody has told it of goes
//! through.
//!
//! ```
//! use encfield_scrub::Scrubber;
//!
//! let scrubber = Scrubber::builder()
//!     .names(["phone_number", "passport_number"])
//!     .secret("correct horse battery staple")
//!     .build()?;
//! assert_eq!(
//!     scrubber.scrub(r#"sign-up failed: {"phoneNumber":"+91 98765 43210","country":"IN"}"#),
//!     r#"sign-up failed: {"phoneNumber":"********","country":"IN"}"#,
//! );
//! assert_eq!(
//!     scrubber.scrub("connecting as app:correct horse battery staple@db"),
//!     "connecting as app:********@db",
//! );
//! # Ok::<(), encfield_scrub::Error>(())
//! ```

mod assignment;
mod builder;
mod documents;
mod error;
mod names;
mod panic_report;
mod scrubber;
mod secrets;
#[cfg(feature = "tracing-subscriber")]
mod writer;

pub use crate::builder::Builder;
pub use crate::error::{Error, ErrorKind};
pub use crate::scrubber::Scrubber;
#[cfg(feature = "tracing-subscriber")]
pub use crate::writer::{Scrubbed, Scrubbing};

/// What stands in place of a value.
const MASK: &[u8] = b"********";
