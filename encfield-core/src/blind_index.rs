//! Blind indexes: tags that a value is found by without being opened.
//!
//! A value is brought into a normal form, the normal form is authenticated under a key of the index,
//! and the result, the tag, stands in a column beside the ciphertext. Equal values have equal tags;
//! without the key nobody can make a tag, or tell which value one belongs to.
//! `docs/FORMAT.md` writes the derivation down, and vectors freeze it.

mod chain;
mod compound;
mod exact;
mod normaliser;
mod parts;
mod plan;
mod text;
mod tokens;
mod truncated;
mod year;

#[cfg(feature = "phonenumber")]
mod phone;
#[cfg(feature = "argon2")]
mod slow;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use smallvec::SmallVec;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

pub use self::chain::Chain;
pub use self::exact::{Bytes, Exact, FewValues, ManyValues};
pub(crate) use self::normaliser::normal_form;
pub use self::normaliser::{FullTags, IndexValue, Normaliser, Normalises, Tagging};
pub use self::parts::{FirstLetter, LastFour};
#[cfg(feature = "phonenumber")]
pub use self::phone::{E164, E164In};
pub use self::plan::{Choice, Plan, Skew};
#[cfg(feature = "argon2")]
pub use self::slow::Slow;
pub use self::text::{CaseFolded, Digits, Email, Nfkc, Text};
pub use self::tokens::{NGrams, Prefixes, Tokeniser};
pub use self::truncated::Truncated;
pub use self::year::Year;

use crate::context::{AssociatedData, pae};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::keyring::Keyring;
use crate::nonce;
use crate::secret::Redacted;

/// The length of a full tag in bytes.
const FULL: usize = 32;

/// The tag of a value, as a blind index column holds it.
///
/// Load it where a struct must name every column of its table; nothing else can be done with it. It
/// prints as `********` and is compared in constant time. It cannot be stored by hand: the model
/// fills an index, or [`Indexed`](crate::Indexed) does.
#[derive(Clone)]
pub struct Tag(SmallVec<[u8; FULL]>);

impl Tag {
    pub(crate) fn from_slice(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }

    /// The tag's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A tag of this many bits that belongs to no value: what stands for a `None` that is hidden.
    pub(crate) fn of_nothing(bits: u16) -> Result<Self, Error> {
        let (first, second) = (nonce::fresh()?, nonce::fresh()?);
        let random: SmallVec<[u8; FULL]> = first.iter().chain(&second).copied().collect();
        Ok(Self::truncated(&random, bits))
    }

    /// The first bits of these bytes; the rest of the last byte is zero.
    fn truncated(bytes: &[u8], bits: u16) -> Self {
        let length = usize::from(bits.div_ceil(8)).min(FULL);
        let mut tag: SmallVec<[u8; FULL]> = bytes.iter().copied().take(length).collect();
        let spare = u32::from(bits.div_ceil(8) * 8 - bits);
        if let Some(last) = tag.last_mut() {
            *last &= u8::MAX.checked_shl(spare).unwrap_or_default();
        }
        Self(tag)
    }
}

/// In constant time.
impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Tag {}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

/// What an index's key is derived for, the normaliser apart.
///
/// For the index of one column: its table and its name, and an empty third piece. The other kinds
/// say in the third piece what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexPlace {
    pub(crate) table: String,
    pub(crate) column: Vec<u8>,
    pub(crate) index: &'static str,
}

impl IndexPlace {
    /// The index of one column.
    pub(crate) fn of_column(table: &str, column: &str) -> Self {
        Self {
            table: table.to_owned(),
            column: column.as_bytes().to_owned(),
            index: "",
        }
    }

    /// The index of several columns together: of each its table and its name.
    pub(crate) fn of_compound(columns: &[(&str, &str)]) -> Self {
        let names = columns
            .iter()
            .flat_map(|(table, column)| [table.as_bytes(), column.as_bytes()]);
        let mut column = Vec::new();
        pae(names, columns.len() * 2, |bytes| {
            column.extend_from_slice(bytes)
        });
        Self {
            table: String::new(),
            column,
            index: "compound",
        }
    }

    /// An index that columns of several tables share.
    pub(crate) fn of_domain(name: &str) -> Self {
        Self {
            table: String::new(),
            column: name.as_bytes().to_owned(),
            index: "shared",
        }
    }

    /// PAE of a purpose, this place and the normaliser: what HKDF expands a key of the index with.
    fn info(&self, purpose: &[u8], normaliser: &str) -> AssociatedData {
        let pieces = [
            purpose,
            self.table.as_bytes(),
            &self.column,
            self.index.as_bytes(),
            normaliser.as_bytes(),
        ];
        let mut info = AssociatedData::new();
        pae(pieces.into_iter(), pieces.len(), |bytes| {
            info.extend_from_slice(bytes)
        });
        info
    }
}

/// The tag of a normal form under one index key.
fn tag<K: Tagging>(key: &Key, place: &IndexPlace, normal: &[u8]) -> Result<Tag, Error> {
    let mut identity = String::new();
    K::identity(&mut identity);
    let derived = key.derive(&place.info(b"encfield/1 index", &identity));
    let stretched = K::stretch(normal, &|salt| {
        let material = key.derive(&place.info(b"encfield/1 index salt", &identity));
        let length = salt.len().min(material.as_bytes().len());
        let (salt, material) = (salt.get_mut(..length), material.as_bytes().get(..length));
        if let Some((salt, material)) = salt.zip(material) {
            salt.copy_from_slice(material);
        }
    })?;
    let message = stretched.as_ref().map_or(normal, |bytes| bytes.as_slice());
    let mut mac = match Hmac::<Sha256>::new_from_slice(derived.as_bytes()) {
        Ok(mac) => mac,
        // Going on would mean a tag that anyone can make.
        Err(_) => unreachable!("HMAC takes a key of any length"),
    };
    mac.update(message);
    let mut full = Zeroizing::new([0; FULL]);
    full.copy_from_slice(&mac.finalize().into_bytes());
    Ok(Tag::truncated(full.as_slice(), K::BITS))
}

impl Keyring {
    /// The tag to store: under the primary index key.
    pub(crate) fn tag<K: Tagging>(&self, place: &IndexPlace, normal: &[u8]) -> Result<Tag, Error> {
        self.permit_tagging()?;
        let key = self.live_index_keys().next();
        tag::<K>(key.ok_or_else(no_index_key)?, place, normal)
    }

    /// The tags to look for: under every index key that is not compromised, the primary's first.
    pub(crate) fn live_tags<K: Tagging>(
        &self,
        place: &IndexPlace,
        normal: &[u8],
    ) -> Result<Vec<Tag>, Error> {
        let tags: Vec<_> = self
            .live_index_keys()
            .map(|key| tag::<K>(key, place, normal))
            .collect::<Result<_, _>>()?;
        if tags.is_empty() {
            return Err(no_index_key());
        }
        Ok(tags)
    }
}

fn no_index_key() -> Error {
    Error::new(ErrorKind::NoIndexKey)
}

impl Drop for Tag {
    /// A tag is no secret to whoever reads the database; in the program it is one value's mark.
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

#[cfg(test)]
mod tests;
