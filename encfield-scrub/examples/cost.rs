//! What scrubbing a line of a log costs, beside writing it: `cargo run --release -p encfield-scrub --example cost`.

#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use encfield_scrub::{Error, Scrubber};

const ROUNDS: usize = 301;
const LINES: u32 = 1_000;

fn main() -> Result<(), Error> {
    let plain = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"request finished","status":200,"latency_ms":3},"target":"webapp::requests","span":{"method":"GET","path":"/people/7","name":"request"}}"#;
    let found = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"signing up","country":"IN","phone_number":"+919876543210"},"target":"webapp::people","span":{"method":"POST","path":"/people","name":"request"}}"#;
    let names = |count: usize| (0..count).map(|at| format!("field_number_{at}"));
    let few = Scrubber::builder().names(["phone_number", "passport_number"]);
    let many = few_and(names(98)).secret("0123456789abcdef0123456789abcdef");
    for (label, scrubber, line) in [
        ("2 names, nothing found", few.build()?, plain),
        (
            "100 names and a secret, nothing found",
            many.build()?,
            plain,
        ),
        (
            "100 names and a secret, one found",
            few_and(names(98))
                .secret("0123456789abcdef0123456789abcdef")
                .build()?,
            found,
        ),
    ] {
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            for _ in 0..LINES {
                black_box(scrubber.scrub(black_box(line)));
            }
            times.push(started.elapsed() / LINES);
        }
        times.sort();
        let median = times.get(ROUNDS / 2).copied().unwrap_or(Duration::ZERO);
        println!(
            "{label}: {} ns for a line of {} bytes",
            median.as_nanos(),
            line.len()
        );
    }
    Ok(())
}

fn few_and(more: impl Iterator<Item = String>) -> encfield_scrub::Builder {
    Scrubber::builder()
        .names(["phone_number", "passport_number"])
        .names(more)
}
