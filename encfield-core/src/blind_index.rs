//! Blind indexes: tags that a value is found by without being opened.
//!
//! A value is brought into a normal form, the normal form is authenticated under a key of the index,
//! and the result, the tag, stands in a column beside the ciphertext. Equal values have equal tags;
//! without the key nobody can make a tag, or tell which value one belongs to.
//! `docs/FORMAT.md` writes the derivation down, and vectors freeze it.

mod chain;
mod compound;
mod exact;
#[cfg(feature = "engine")]
mod named;
mod normaliser;
mod parts;
mod plan;
mod recipe;
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
#[cfg(feature = "engine")]
pub(crate) use self::named::{Form, NamedTagging, form_of};
pub use self::normaliser::{CompoundPart, FullTags, IndexValue, Normaliser, Normalises, Tagging};
pub(crate) use self::normaliser::{normal_form, with_normal_form};
pub use self::parts::{FirstLetter, LastFour};
#[cfg(feature = "phonenumber")]
pub use self::phone::{E164, E164In};
pub use self::plan::{Choice, Plan, Skew};
pub(crate) use self::recipe::Recipe;
#[cfg(feature = "argon2")]
pub use self::slow::Slow;
pub use self::text::{CaseFolded, Digits, Email, Nfkc, Text};
pub use self::tokens::{NGrams, Prefixes, Tokeniser};
pub use self::truncated::Truncated;
pub use self::year::Year;

use crate::aead::AssociatedData;
use crate::context::pae;
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::key_id::KeyId;
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
        Ok(Self::truncated(&nonce::unrelated()?, bits))
    }

    /// The first bits of these bytes; the rest of the last byte is zero.
    #[inline]
    fn truncated(bytes: &[u8; FULL], bits: u16) -> Self {
        let mut tag = SmallVec::from_buf(*bytes);
        let length = usize::from(bits.div_ceil(8));
        if length < FULL {
            tag[length..].zeroize();
            tag.truncate(length);
        }
        let spare = u32::from(bits.div_ceil(8) * 8 - bits);
        // Not touched where it is whole: a processor that has just written a byte waits before it reads
        // the vector that it is in.
        if spare > 0
            && let Some(last) = tag.last_mut()
        {
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

/// What makes the tags of one index under one key: the state of HMAC behind the index's key.
pub(crate) struct TagKey(Hmac<Sha256>);

impl TagKey {
    fn new(key: &Key, place: &IndexPlace, recipe: &Recipe) -> Self {
        let derived = key.derive(&place.info(b"encfield/1 index", &recipe.identity));
        Self::under(derived.as_bytes())
    }

    /// HMAC-SHA256 (RFC 2104) under this key.
    pub(crate) fn under(key: &[u8]) -> Self {
        match Hmac::<Sha256>::new_from_slice(key) {
            Ok(mac) => Self(mac),
            // Going on would mean a tag that anyone can make.
            Err(_) => unreachable!("HMAC takes a key of any length"),
        }
    }

    /// The tag of a message, of this many bits.
    pub(crate) fn tag(&self, message: &[u8], bits: u16) -> Tag {
        Tag::truncated(&self.full(message), bits)
    }

    /// All of a tag.
    pub(crate) fn full(&self, message: &[u8]) -> Zeroizing<[u8; FULL]> {
        let mut mac = self.0.clone();
        mac.update(message);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl Keyring {
    /// The tag to store: under the primary index key.
    pub(crate) fn tag(
        &self,
        recipe: &Recipe,
        place: &IndexPlace,
        normal: &[u8],
    ) -> Result<Tag, Error> {
        self.permit_tagging()?;
        let key = self.live_index_keys().next();
        recipe.tag(key.ok_or_else(no_index_key)?, place, normal)
    }

    /// What makes the tags to store, for an index whose normal forms are tagged as they are.
    pub(crate) fn tag_key(&self, recipe: &Recipe, place: &IndexPlace) -> Result<TagKey, Error> {
        self.permit_tagging()?;
        let key = self.live_index_keys().next();
        Ok(TagKey::new(key.ok_or_else(no_index_key)?, place, recipe))
    }

    /// The tags to look for: under every index key that is not compromised, the primary's first.
    pub(crate) fn live_tags(
        &self,
        recipe: &Recipe,
        place: &IndexPlace,
        normal: &[u8],
    ) -> Result<Vec<(KeyId, Tag)>, Error> {
        let tags: Vec<_> = self
            .live_index_keys()
            .map(|key| Ok((key.id(), recipe.tag(key, place, normal)?)))
            .collect::<Result<_, Error>>()?;
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
