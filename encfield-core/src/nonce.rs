//! Nonces: 24 bytes that no value under the same key has had before.
//!
//! They come from a ChaCha20 generator per thread, seeded by the operating system, so that a value
//! costs no system call. The first half of a nonce is drawn when the generator is seeded, and lives
//! as long as the seed: the values of a thread have it in common, so that the subkey that it picks is
//! made once for all of them. The second half is drawn for each value. Three things could make two
//! values share a nonce, and each is closed here:
//!
//! - **A fork** copies the generator into the child. `ReseedingRng` registers a handler with
//!   `pthread_atfork` that bumps a counter, and looks at that counter each time it fills its block.
//!   Its block is exactly one nonce here, so nothing that was drawn before the fork is left over; and
//!   with the new seed comes another first half.
//! - **A long life**: the generator is seeded anew after [`VALUES`] values. `docs/DESIGN.md` has the
//!   odds that follow.
//! - **A failed seed**: the last word of each block says whether the generator was seeded, and a
//!   nonce from one that was not is never handed out.

use std::cell::RefCell;

use rand::rngs::adapter::ReseedingRng;
use rand::{CryptoRng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::block::BlockRngCore;

use crate::error::{Error, ErrorKind};

/// The length of a nonce in bytes.
pub(crate) const LENGTH: usize = 24;

/// A nonce.
pub(crate) type Nonce = [u8; LENGTH];

/// The length of each half in 32-bit words.
const HALF: usize = LENGTH / 4 / 2;

/// How many values have the first half of their nonces in common at most.
const VALUES: u64 = 1 << 15;

/// How many bytes a generator gives before it is seeded anew.
const RESEED_AFTER: u64 = VALUES * WORDS as u64 * 4;

/// One block in 32-bit words: six of nonce, one that says whether the generator was seeded.
const WORDS: usize = LENGTH / 4 + 1;

/// The value of a block's last word when the generator was seeded.
const SEEDED: u32 = 1;

thread_local! {
    static GENERATOR: RefCell<ReseedingRng<NonceCore, System>> =
        RefCell::new(ReseedingRng::new(NonceCore::seeded(), RESEED_AFTER, System));
}

/// A fresh nonce.
pub(crate) fn fresh() -> Result<Nonce, Error> {
    let mut block = [0; WORDS * 4];
    // A thread that is ending has no generator any more: a generator for this one value, then.
    if GENERATOR
        .try_with(|generator| generator.borrow_mut().fill_bytes(&mut block))
        .is_err()
    {
        ReseedingRng::new(NonceCore::seeded(), RESEED_AFTER, System).fill_bytes(&mut block);
    }
    let (nonce, seeded) = block.split_at(LENGTH);
    if seeded != SEEDED.to_le_bytes() {
        // The generator is thrown away, so that the next value asks the operating system again.
        let _ = GENERATOR.try_with(|generator| {
            *generator.borrow_mut() = ReseedingRng::new(NonceCore::seeded(), RESEED_AFTER, System);
        });
        return Err(Error::new(ErrorKind::Entropy));
    }
    nonce.try_into().map_err(|_| Error::new(ErrorKind::Entropy))
}

/// Random bytes that have nothing to do with any nonce: no first half is among them.
pub(crate) fn unrelated() -> Result<[u8; 32], Error> {
    let mut random = [0; 32];
    for part in random.chunks_mut(LENGTH / 2) {
        let nonce = fresh()?;
        for (byte, drawn) in part.iter_mut().zip(nonce.iter().skip(LENGTH / 2)) {
            *byte = *drawn;
        }
    }
    Ok(random)
}

/// The generator proper, or nothing where the operating system gave no seed.
struct NonceCore(Option<Seeded>);

/// ChaCha20, and the first half that was drawn from it first.
struct Seeded {
    generator: ChaCha20Rng,
    first_half: [u32; HALF],
}

impl NonceCore {
    fn seeded() -> Self {
        let mut seed = [0; 32];
        Self(
            getrandom::fill(&mut seed)
                .is_ok()
                .then(|| Seeded::new(seed)),
        )
    }
}

impl Seeded {
    fn new(seed: [u8; 32]) -> Self {
        let mut generator = ChaCha20Rng::from_seed(seed);
        let first_half = [(); HALF].map(|()| generator.next_u32());
        Self {
            generator,
            first_half,
        }
    }
}

impl BlockRngCore for NonceCore {
    type Item = u32;
    type Results = [u32; WORDS];

    fn generate(&mut self, results: &mut Self::Results) {
        *results = [0; WORDS];
        if let Some(Seeded {
            generator,
            first_half,
        }) = &mut self.0
        {
            let (first, rest) = results.split_at_mut(HALF);
            first.copy_from_slice(first_half);
            let (second, seeded) = rest.split_at_mut(HALF);
            second.fill_with(|| generator.next_u32());
            seeded.fill(SEEDED);
        }
    }
}

impl CryptoRng for NonceCore {}

impl SeedableRng for NonceCore {
    type Seed = [u8; 32];

    fn from_seed(seed: Self::Seed) -> Self {
        Self(Some(Seeded::new(seed)))
    }

    /// Called by `ReseedingRng` after a fork and after its threshold.
    ///
    /// It asks the operating system itself and never fails: `ReseedingRng` panics when seeding
    /// fails, and a library must not. An unseeded core says so in each block instead.
    fn from_rng<R: RngCore>(_: R) -> Result<Self, rand::Error> {
        Ok(Self::seeded())
    }
}

/// The reseeder that `ReseedingRng` asks for; [`NonceCore::from_rng`] never draws from it.
struct System;

impl CryptoRng for System {}

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        0
    }

    fn next_u64(&mut self) -> u64 {
        0
    }

    fn fill_bytes(&mut self, _: &mut [u8]) {}

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), rand::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn a_nonce_is_never_drawn_twice_by_any_thread() {
        let draw = || (0..20_000).map(|_| fresh().unwrap()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(draw)).collect();
        let mut seen: HashSet<Nonce> = draw().into_iter().collect();
        for thread in threads {
            seen.extend(thread.join().unwrap());
        }
        assert_eq!(seen.len(), 100_000);
    }

    /// Of a thread that nothing was drawn on before.
    fn drawn_alone(count: u64) -> Vec<Nonce> {
        thread::spawn(move || (0..count).map(|_| fresh().unwrap()).collect())
            .join()
            .unwrap()
    }

    #[test]
    fn a_first_half_is_kept_for_its_number_of_values_and_no_longer() {
        let drawn = drawn_alone(3 * VALUES + 1);
        let halves: Vec<_> = drawn
            .chunk_by(|one, next| one[..LENGTH / 2] == next[..LENGTH / 2])
            .collect();
        let lengths: Vec<_> = halves.iter().map(|values| values.len() as u64).collect();
        assert_eq!(lengths, [VALUES, VALUES, VALUES, 1]);
        let first: HashSet<_> = halves
            .iter()
            .map(|values| &values[0][..LENGTH / 2])
            .collect();
        assert_eq!(first.len(), 4, "a seed brought an old first half back");
        let second: HashSet<_> = drawn.iter().map(|nonce| &nonce[LENGTH / 2..]).collect();
        assert_eq!(second.len(), drawn.len(), "a second half came twice");
    }

    #[test]
    fn two_threads_have_no_first_half_in_common() {
        let (one, other) = (drawn_alone(10), drawn_alone(10));
        assert_ne!(one[0][..LENGTH / 2], other[0][..LENGTH / 2]);
    }

    #[test]
    fn unrelated_bytes_hold_no_first_half() {
        // On a thread of its own, 300 values lie within one seed.
        thread::spawn(|| {
            let half = |nonce: Nonce| nonce[..LENGTH / 2].to_vec();
            let before = half(fresh().unwrap());
            let random: HashSet<_> = (0..100).map(|_| unrelated().unwrap()).collect();
            assert_eq!(random.len(), 100);
            assert_eq!(half(fresh().unwrap()), before);
            for random in random {
                assert!(random.windows(LENGTH / 2).all(|window| *window != before));
            }
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_generator_that_passes_its_threshold_repeats_nothing() {
        let mut generator = ReseedingRng::new(NonceCore::seeded(), 280, System);
        let mut seen = HashSet::new();
        for _ in 0..1_000 {
            let mut block = [0; WORDS * 4];
            generator.fill_bytes(&mut block);
            assert!(seen.insert(block));
        }
    }

    #[test]
    fn an_unseeded_generator_gives_no_nonce() {
        let mut results = [7; WORDS];
        NonceCore(None).generate(&mut results);
        assert_eq!(results, [0; WORDS]);

        GENERATOR.with(|generator| {
            *generator.borrow_mut() = ReseedingRng::new(NonceCore(None), RESEED_AFTER, System);
        });
        assert_eq!(fresh().unwrap_err().kind(), ErrorKind::Entropy);
        // The failed generator is gone, and the operating system is well again.
        fresh().unwrap();
    }

    #[test]
    fn a_thread_that_ends_still_gets_a_nonce() {
        struct SealsOnDrop;
        impl Drop for SealsOnDrop {
            fn drop(&mut self) {
                fresh().unwrap();
            }
        }
        thread_local!(static LAST: SealsOnDrop = const { SealsOnDrop });
        thread::spawn(|| {
            LAST.with(|_| ());
            fresh().unwrap();
        })
        .join()
        .unwrap();
    }
}
