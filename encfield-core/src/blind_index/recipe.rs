//! How the tags of an index are made, as data.

use super::normaliser::Tagging;
use super::{IndexPlace, Tag, TagKey};
use crate::error::Error;
use crate::key::Key;

/// What Argon2id costs: the memory in KiB, and how often it goes over it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
}

#[cfg(feature = "argon2")]
impl Cost {
    /// Whether Argon2id takes it: 8 KiB to 4 GiB, and one pass at least.
    pub(super) const fn is_possible(self) -> bool {
        self.memory_kib >= 8 && self.memory_kib <= 1 << 22 && self.passes > 0
    }
}

/// How the tags of an index are made of a normal form: what tells the index from every other one,
/// the bits of a tag, and what makes a guess costly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(super) identity: String,
    pub(crate) bits: u16,
    pub(super) cost: Option<Cost>,
}

impl Recipe {
    pub(crate) fn of<K: Tagging>() -> Self {
        let mut identity = String::new();
        K::identity(&mut identity);
        Self {
            identity,
            bits: K::BITS,
            cost: K::COST,
        }
    }

    /// The tag of a normal form under one index key.
    pub(super) fn tag(&self, key: &Key, place: &IndexPlace, normal: &[u8]) -> Result<Tag, Error> {
        let tag_key = TagKey::new(key, place, self);
        match self.cost {
            None => Ok(tag_key.tag(normal, self.bits)),
            Some(cost) => {
                let salt = key.derive(&place.info(b"encfield/1 index salt", &self.identity));
                let stretched = stretched(cost, normal, salt.as_bytes())?;
                Ok(tag_key.tag(stretched.as_slice(), self.bits))
            }
        }
    }
}

/// The length of Argon2id's salt in bytes.
#[cfg(feature = "argon2")]
const SALT: usize = 16;

#[cfg(feature = "argon2")]
fn stretched(
    cost: Cost,
    normal: &[u8],
    salt: &[u8],
) -> Result<zeroize::Zeroizing<[u8; 32]>, Error> {
    super::slow::stretched(cost, normal, salt.get(..SALT).unwrap_or(salt))
}

/// Without the feature there is no index that has a cost.
#[cfg(not(feature = "argon2"))]
fn stretched(_: Cost, _: &[u8], _: &[u8]) -> Result<zeroize::Zeroizing<[u8; 32]>, Error> {
    use crate::error::ErrorKind;

    Err(Error::new(ErrorKind::NotIndexable)
        .with_note("a slow index needs encfield's feature `argon2`"))
}
