//! Blind indexes by the names of their normalisers, for columns that are known when the program runs.

use std::sync::Arc;

use super::index_fill::{IndexFill, Tagger};
use crate::blind_index::{
    CaseFolded, Chain, Digits, Email, Exact, FewValues, FirstLetter, IndexPlace, IndexValue,
    LastFour, Nfkc, Tagging, normal_form,
};
use crate::codec::Codec;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::keyring;

/// The column that an index is made of.
type Names = (String, String);

/// Makes a tagger for an index of this column, if its tagging has the name.
type Candidate = fn(&str, &Names) -> Option<Tagger>;

impl IndexFill {
    /// An index of one column whose normaliser has this name, such as `case-folded/1`, of a field of
    /// this type. What the index is made of: the table and column that values are bound to.
    ///
    /// The names are those that [`Inventory::to_toml`](crate::Inventory::to_toml) writes. None for one
    /// that is not known here: a normaliser of your own, one with parameters such as a truncated one,
    /// or a type that it does not take. Use [`IndexFill::of`] for these.
    #[must_use]
    pub fn named(
        index: &str,
        normaliser: &str,
        field_type: &str,
        table: &str,
        column: &str,
    ) -> Option<Self> {
        let field = super::FieldType::named(field_type)?;
        let names = (table.to_owned(), column.to_owned());
        let tagger = candidates(field.name())
            .iter()
            .find_map(|candidate| candidate(normaliser, &names))?;
        Some(Self {
            column: index.to_owned(),
            tagger,
        })
    }
}

/// The taggings that take a field of this type.
fn candidates(field_type: &str) -> Vec<Candidate> {
    match field_type {
        "String" => vec![
            tagger::<Exact, String>,
            tagger::<CaseFolded, String>,
            tagger::<Nfkc, String>,
            tagger::<Digits, String>,
            tagger::<Email, String>,
            tagger::<LastFour, String>,
            tagger::<FirstLetter, String>,
            tagger::<Chain<Nfkc, CaseFolded>, String>,
            #[cfg(feature = "phonenumber")]
            tagger::<crate::blind_index::E164, String>,
        ],
        "Vec<u8>" => vec![tagger::<Exact<[u8]>, Vec<u8>>],
        "bool" => vec![tagger::<FewValues<bool>, bool>],
        "i16" => vec![tagger::<Exact<i16>, i16>],
        "i32" => vec![tagger::<Exact<i32>, i32>],
        "i64" => vec![tagger::<Exact<i64>, i64>],
        "u32" => vec![tagger::<Exact<u32>, u32>],
        "u64" => vec![tagger::<Exact<u64>, u64>],
        #[cfg(feature = "uuid")]
        "Uuid" => vec![tagger::<Exact<uuid::Uuid>, uuid::Uuid>],
        #[cfg(feature = "chrono")]
        "NaiveDate" => vec![
            tagger::<Exact<chrono::NaiveDate>, chrono::NaiveDate>,
            tagger::<crate::blind_index::Year, chrono::NaiveDate>,
        ],
        #[cfg(feature = "phonenumber")]
        "PhoneNumber" => vec![
            tagger::<crate::blind_index::E164, phonenumber::PhoneNumber>,
            tagger::<LastFour, phonenumber::PhoneNumber>,
        ],
        _ => Vec::new(),
    }
}

fn tagger<K, T>(name: &str, (table, column): &Names) -> Option<Tagger>
where
    K: Tagging,
    T: Codec,
    for<'v> &'v T: IndexValue<K::Normaliser>,
{
    let mut identity = String::new();
    K::identity(&mut identity);
    if identity != name {
        return None;
    }
    let (table, column) = (table.clone(), column.clone());
    Some(Arc::new(move |plaintext: &[u8]| {
        let mut value = T::decode(plaintext)
            .map_err(|reason| Error::new(ErrorKind::NotDecodable).with_note(reason.reason()))?;
        let normal = normal_form::<K::Normaliser>(&&value);
        value.wipe();
        let Some(normal) = normal else {
            return Ok(None);
        };
        let place = IndexPlace::of_column(&table, &column);
        keyring::with_current(&Context::new(&table, &column), |keyring| {
            keyring.tag::<K>(&place, &normal)
        })
        .map(|tag| Some(tag.as_bytes().to_vec()))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let named = |normaliser, ty| IndexFill::named("i", normaliser, ty, "t", "c").is_some();
        assert!(named("exact/1", "Option<String>") && named("case-folded/1", "String"));
        assert!(named("exact/1", "i64") && named("few-values/1", "bool"));
        assert!(!named("exact/2", "String") && !named("own/1", "String"));
        assert!(!named("truncated/1(12,exact/1)", "String") && !named("exact/1", "bool"));
        assert!(!named("exact/1", "Own"));
    }
}
