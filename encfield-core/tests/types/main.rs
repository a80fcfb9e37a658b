//! Each type's encoding agrees with `vectors/types.json`, which was computed without this code and
//! is frozen.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod other_crates;
mod standard;
mod times;
mod vectors;

use vectors::Vectors;

#[test]
fn every_type_writes_and_reads_its_frozen_encoding_and_refuses_others() {
    let mut vectors = Vectors::read();
    standard::all(&mut vectors);
    times::all(&mut vectors);
    other_crates::all(&mut vectors);
    vectors.finish();
}
