//! Timing that holds on a noisy machine: all variants in turn, and the median of same-round ratios.

use std::fmt;
use std::time::{Duration, Instant};

/// One way to do the work, by its name.
pub struct Variant<'w> {
    pub name: &'static str,
    work: Box<dyn FnMut() + 'w>,
}

impl fmt::Debug for Variant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a variant took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub name: &'static str,
    /// Of the first variant in the same round; the median over the rounds.
    pub ratio: f64,
    /// The median over the rounds.
    pub time: Duration,
}

impl<'w> Variant<'w> {
    pub fn new(name: &'static str, work: impl FnMut() + 'w) -> Self {
        Self {
            name,
            work: Box::new(work),
        }
    }
}

/// Does the work of each variant once a round, and once before that counts for nothing.
///
/// Each round begins with another variant, so that none always runs behind the same one.
pub fn compare(rounds: usize, variants: &mut [Variant<'_>]) -> Vec<Taken> {
    let mut times = vec![Vec::with_capacity(rounds); variants.len()];
    for variant in variants.iter_mut() {
        (variant.work)();
    }
    for round in 0..rounds {
        for step in 0..variants.len() {
            let at = (round + step) % variants.len();
            let begun = Instant::now();
            (variants[at].work)();
            times[at].push(begun.elapsed());
        }
    }
    let taken = variants.iter().zip(&times).map(|(variant, own)| Taken {
        name: variant.name,
        ratio: median(
            own.iter()
                .zip(&times[0])
                .map(|(own, first)| own.as_secs_f64() / first.as_secs_f64()),
        ),
        time: Duration::from_secs_f64(median(own.iter().map(Duration::as_secs_f64))),
    });
    taken.collect()
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
