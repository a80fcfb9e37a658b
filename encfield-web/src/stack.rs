//! What a parser leaves on the stack.

use std::hint::black_box;

use zeroize::Zeroize;

/// More than the frames of a parser, and little to overwrite: less than a microsecond.
const BYTES: usize = 16 * 1024;

/// Runs a parser, and overwrites the stack on which it ran.
///
/// A search through a body, such as serde_json's for the line of an error, holds up to 128 bytes of it in
/// registers, and they are spilled. What is on the stack gets on the heap by way of the padding of what is
/// moved there later.
pub(crate) fn wiped_after<R>(parse: impl FnOnce() -> R) -> R {
    let result = run(parse);
    overwrite();
    result
}

#[inline(never)]
fn run<R>(parse: impl FnOnce() -> R) -> R {
    parse()
}

#[inline(never)]
fn overwrite() {
    let mut frame = black_box([1_u8; BYTES]);
    frame.zeroize();
    black_box(&frame);
}
