//! The table, as Markdown: one line for each work, one column for each variant.

use encfield_bench::round::{Taken, Variant, compare};

use crate::extent::Extent;

/// The variants in the order of their columns; the first is what the others are compared with.
pub(crate) const VARIANTS: [&str; 8] = [
    "plain",
    "transparent",
    "explicit",
    "lazy",
    "as bytes",
    "by hand",
    "encrypted-message",
    "fernet",
];

pub(crate) fn head() {
    println!(
        "| database | work | plain, µs | {} |",
        VARIANTS[1..].join(" | ")
    );
    println!("|---|---|{}", "---:|".repeat(VARIANTS.len()));
}

/// Does this work on so many items by each variant, and prints its line; if it is asked for.
pub(crate) fn measure<'w>(
    extent: &Extent,
    database: &str,
    work: &str,
    items: i32,
    variants: impl FnOnce() -> Vec<Variant<'w>>,
) {
    if extent.has(work) {
        let taken = compare(extent.rounds, &mut variants());
        line(database, work, items.unsigned_abs(), &taken);
    }
}

/// A line: the time of the first variant for each of its `items`, and the ratios of the others to it.
fn line(database: &str, work: &str, items: u32, taken: &[Taken]) {
    let of = |name: &str| taken.iter().find(|taken| taken.name == name);
    print!("| {database} | {work} |");
    for name in VARIANTS {
        match of(name) {
            Some(taken) if name == VARIANTS[0] => {
                print!(
                    " {:.2} |",
                    taken.time.as_secs_f64() * 1e6 / f64::from(items)
                );
            }
            Some(taken) => print!(" {:.2} |", taken.ratio),
            None => print!(" |"),
        }
    }
    println!();
}
