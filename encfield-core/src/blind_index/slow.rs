//! Tags that are costly to make.

use std::fmt;
use std::marker::PhantomData;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::normaliser::{FullTags, Tagging};
use super::recipe::Cost;
use crate::error::{Error, ErrorKind};

/// A tag behind Argon2id, for values that can be guessed: phone numbers, dates, short numbers.
///
/// Without the index key nobody can test a guess, slow or not. Once an index key is stolen, whoever
/// has it can try every value: at a microsecond each all phone numbers of a country take a minute,
/// behind Argon2id years. The price is the same for the program: each write and each lookup takes
/// tens of milliseconds and `MEMORY_KIB` of memory for every live index key.
///
/// `MEMORY_KIB` is 19,456 (19 MiB) and `PASSES` 2 by default, with one lane: what OWASP's Password
/// Storage Cheat Sheet gives for Argon2id. Both are part of the index's identity. Source: [RFC 9106].
///
/// It leaks what the index inside leaks: equal values still have equal tags.
///
/// [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106
pub struct Slow<K, const MEMORY_KIB: u32 = 19_456, const PASSES: u32 = 2>(PhantomData<fn() -> K>);

impl<K: Tagging, const MEMORY_KIB: u32, const PASSES: u32> Tagging for Slow<K, MEMORY_KIB, PASSES> {
    type Normaliser = K::Normaliser;
    const BITS: u16 = {
        assert!(
            Cost {
                memory_kib: MEMORY_KIB,
                passes: PASSES
            }
            .is_possible(),
            "Argon2id takes 8 KiB to 4 GiB of memory and one pass at least"
        );
        K::BITS
    };
    const COST: Option<Cost> = Some(Cost {
        memory_kib: MEMORY_KIB,
        passes: PASSES,
    });

    fn identity(out: &mut String) {
        out.push_str("slow/1(argon2id,");
        out.push_str(&format!("{MEMORY_KIB},{PASSES},"));
        K::identity(out);
        out.push(')');
    }
}

impl<K: FullTags, const MEMORY_KIB: u32, const PASSES: u32> FullTags
    for Slow<K, MEMORY_KIB, PASSES>
{
}

impl<K, const MEMORY_KIB: u32, const PASSES: u32> fmt::Debug for Slow<K, MEMORY_KIB, PASSES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slow")
    }
}

/// Argon2id, version 0x13, one lane, 32 bytes out.
pub(super) fn stretched(
    cost: Cost,
    normal: &[u8],
    salt: &[u8],
) -> Result<Zeroizing<[u8; 32]>, Error> {
    let refused = |_| {
        Error::new(ErrorKind::NotIndexable)
            .with_note("Argon2id refuses its parameters or the value")
    };
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(refused)?;
    // Our own memory, because it holds what the value was stretched to, and is wiped here.
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(normal, salt, out.as_mut_slice(), memory.as_mut_slice())
        .map_err(refused)?;
    Ok(out)
}
