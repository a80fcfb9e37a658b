//! What encfield costs, beside plain Diesel and beside other ways to encrypt a field.
//!
//! `cargo bench -p encfield-bench` prints the table; `docs/PERFORMANCE.md` explains it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a program that measures stops at the first error"
)]

pub mod model;
pub mod peer;
pub mod round;
pub mod schema;
pub mod store;
pub mod value;
