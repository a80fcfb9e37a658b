//! Nonces: 24 bytes that no value under the same key has had before.
//!
//! They come from a ChaCha20 generator per thread, seeded by the operating system, so that a value
//! costs no system call. Three things could make two values share a nonce, and each is closed here:
//!
//! - **A fork** copies the generator into the child. `ReseedingRng` registers a handler with
//!   `pthread_atfork` that bumps a counter, and looks at that counter each time it fills its block.
//!   Its block is exactly one nonce here, so nothing that was drawn before the fork is left over.
//! - **A long life**: the generator is seeded anew after [`RESEED_AFTER`] bytes.
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

/// How many bytes a generator gives before it is seeded anew.
const RESEED_AFTER: u64 = 1 << 20;

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

/// The generator proper: ChaCha20, or nothing where the operating system gave no seed.
struct NonceCore(Option<ChaCha20Rng>);

impl NonceCore {
    fn seeded() -> Self {
        let mut seed = [0; 32];
        Self(
            getrandom::fill(&mut seed)
                .is_ok()
                .then(|| ChaCha20Rng::from_seed(seed)),
        )
    }
}

impl BlockRngCore for NonceCore {
    type Item = u32;
    type Results = [u32; WORDS];

    fn generate(&mut self, results: &mut Self::Results) {
        *results = [0; WORDS];
        if let Some(generator) = &mut self.0 {
            let (nonce, seeded) = results.split_at_mut(WORDS - 1);
            nonce.fill_with(|| generator.next_u32());
            seeded.fill(SEEDED);
        }
    }
}

impl CryptoRng for NonceCore {}

impl SeedableRng for NonceCore {
    type Seed = [u8; 32];

    fn from_seed(seed: Self::Seed) -> Self {
        Self(Some(ChaCha20Rng::from_seed(seed)))
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
        // 5 x 480,000 bytes: half of the way to a new seed in each thread.
        assert_eq!(seen.len(), 100_000);
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
