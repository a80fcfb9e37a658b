//! Indexes by the text that tells them apart, for those that are known when the program runs.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::exact::FewValues;
use super::normaliser::{FullTags, IndexValue, NormalForm, Normalises, normal_form};
use super::recipe::{Cost, Recipe};
use super::{CaseFolded, Digits, Email, Exact, FirstLetter, LastFour, Nfkc};
use crate::codec::{Codec, CodecError};

/// From the plaintext of a value to its normal form, if it has one.
pub(crate) type Form =
    Arc<dyn Fn(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, CodecError> + Send + Sync>;

/// An index that is read from its identity, such as `truncated/1(12,chain/1(nfkc/1,case-folded/1))`.
pub(crate) struct NamedTagging {
    pub(crate) recipe: Recipe,
    /// The normal form of each column that it is made of.
    pub(crate) forms: Vec<Form>,
}

impl NamedTagging {
    /// The index of this identity, of columns whose fields have these types. None for what is not known
    /// here, such as a normaliser of the program's own: nothing is guessed.
    pub(crate) fn parse(identity: &str, field_types: &[&str]) -> Option<Self> {
        let Parsed { bits, cost, forms } = tagging(identity, field_types)?;
        let recipe = Recipe {
            identity: identity.to_owned(),
            bits,
            cost,
        };
        Some(Self { recipe, forms })
    }
}

struct Parsed {
    bits: u16,
    cost: Option<Cost>,
    forms: Vec<Form>,
}

/// `name/version` and what stands in the parentheses behind it, by the commas between.
fn split(identity: &str) -> Option<(&str, Vec<&str>)> {
    let Some((name, rest)) = identity.split_once('(') else {
        return Some((identity, Vec::new()));
    };
    let inner = rest.strip_suffix(')')?;
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                parts.push(inner.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inner.get(start..)?);
    (depth == 0).then_some((name, parts))
}

/// A number in the one way in which an identity writes it.
fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    let number: T = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn tagging(identity: &str, field_types: &[&str]) -> Option<Parsed> {
    match split(identity)? {
        ("truncated/1", parts) => {
            let [bits, inner] = parts.as_slice() else {
                return None;
            };
            let (bits, inner) = (number(bits)?, tagging(inner, field_types)?);
            (0 < bits && bits < inner.bits).then_some(Parsed { bits, ..inner })
        }
        #[cfg(feature = "argon2")]
        ("slow/1", parts) => {
            let ["argon2id", memory_kib, passes, inner] = parts.as_slice() else {
                return None;
            };
            let cost = Cost {
                memory_kib: number(memory_kib)?,
                passes: number(passes)?,
            };
            let inner = tagging(inner, field_types)?;
            cost.is_possible().then_some(Parsed {
                cost: Some(cost),
                ..inner
            })
        }
        ("compound/1", parts) if parts.len() > 1 && parts.len() == field_types.len() => {
            let part = |(part, field_type): (&&str, &&str)| {
                // A normaliser: what makes a tag shorter or slower is said of the whole.
                form(part, field_type)
            };
            let forms = parts.iter().zip(field_types).map(part);
            Some(full(forms.collect::<Option<_>>()?))
        }
        _ => match field_types {
            [field_type] => Some(full(vec![form(identity, field_type)?])),
            _ => None,
        },
    }
}

/// A tag of all its bits.
fn full(forms: Vec<Form>) -> Parsed {
    Parsed {
        bits: 256,
        cost: None,
        forms,
    }
}

/// A normaliser that takes fields of this type.
fn form(identity: &str, field_type: &str) -> Option<Form> {
    match split(identity)? {
        ("chain/1", parts) => {
            let [first, second] = parts.as_slice() else {
                return None;
            };
            // The first one's normal form is text to the second.
            let (first, second) = (form(first, field_type)?, form(second, "String")?);
            Some(Arc::new(move |plaintext: &[u8]| match first(plaintext)? {
                Some(normal) if std::str::from_utf8(&normal).is_ok() => second(&normal),
                _ => Ok(None),
            }))
        }
        #[cfg(feature = "phonenumber")]
        ("e164-in/1", parts) => match parts.as_slice() {
            [region] => in_region(region, field_type),
            _ => None,
        },
        _ => {
            let known = known(field_type);
            known.iter().find_map(|candidate| candidate(identity))
        }
    }
}

/// `E164In`, whose region is a part of the type there.
#[cfg(feature = "phonenumber")]
fn in_region(region: &str, field_type: &str) -> Option<Form> {
    use super::E164;
    use super::phone::dialled_form;
    use crate::codec::Encoder;

    if region.len() != 2 || !region.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return None;
    }
    let region = region.to_owned();
    match field_type {
        "String" => Some(Arc::new(move |plaintext: &[u8]| {
            let mut text = String::decode(plaintext)?;
            let mut normal = Zeroizing::new(Vec::with_capacity(128));
            let found = dialled_form(&region, &text, &mut Encoder::new(&mut normal));
            text.wipe();
            Ok(found.map(|()| normal))
        })),
        "PhoneNumber" => Some(form_of::<E164, phonenumber::PhoneNumber>()),
        _ => None,
    }
}

/// Makes a form, if its normaliser has the name.
type Candidate = fn(&str) -> Option<Form>;

/// The normalisers that take fields of this type.
fn known(field_type: &str) -> Vec<Candidate> {
    match field_type {
        "String" => vec![
            candidate::<Exact, String>,
            candidate::<CaseFolded, String>,
            candidate::<Nfkc, String>,
            candidate::<Digits, String>,
            candidate::<Email, String>,
            candidate::<LastFour, String>,
            candidate::<FirstLetter, String>,
            candidate::<FewValues<String>, String>,
            #[cfg(feature = "phonenumber")]
            candidate::<super::E164, String>,
        ],
        "Vec<u8>" => vec![
            candidate::<Exact<[u8]>, Vec<u8>>,
            candidate::<FewValues<Vec<u8>>, Vec<u8>>,
        ],
        "bool" => vec![candidate::<FewValues<bool>, bool>],
        "i8" => vec![candidate::<FewValues<i8>, i8>],
        "u8" => vec![candidate::<FewValues<u8>, u8>],
        "i16" => many::<i16>(),
        "u16" => many::<u16>(),
        "i32" => many::<i32>(),
        "u32" => many::<u32>(),
        "i64" => many::<i64>(),
        "u64" => many::<u64>(),
        "i128" => many::<i128>(),
        "u128" => many::<u128>(),
        "IpAddr" => many::<std::net::IpAddr>(),
        "Ipv4Addr" => many::<std::net::Ipv4Addr>(),
        "Ipv6Addr" => many::<std::net::Ipv6Addr>(),
        #[cfg(feature = "uuid")]
        "Uuid" => many::<uuid::Uuid>(),
        #[cfg(feature = "chrono")]
        "NaiveDate" => {
            let mut dates = many::<chrono::NaiveDate>();
            dates.push(candidate::<super::Year, chrono::NaiveDate>);
            dates
        }
        #[cfg(feature = "phonenumber")]
        "PhoneNumber" => vec![
            candidate::<super::E164, phonenumber::PhoneNumber>,
            candidate::<LastFour, phonenumber::PhoneNumber>,
        ],
        _ => Vec::new(),
    }
}

fn many<T: Codec + super::ManyValues + 'static>() -> Vec<Candidate> {
    vec![candidate::<Exact<T>, T>, candidate::<FewValues<T>, T>]
}

fn candidate<N, T>(identity: &str) -> Option<Form>
where
    N: FullTags<Normaliser = N> + Normalises<T>,
    T: Codec + 'static,
{
    let mut own = String::new();
    N::identity(&mut own);
    (own == identity).then(form_of::<N, T>)
}

/// The normal form that `N` gives to a plaintext of type `T`.
pub(crate) fn form_of<N: 'static, T: Codec>() -> Form
where
    for<'v> &'v T: IndexValue<N>,
{
    Arc::new(|plaintext: &[u8]| {
        let mut value = T::decode(plaintext)?;
        let normal = normal_form::<N>(&&value);
        value.wipe();
        Ok(normal.map(NormalForm::into_bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blind_index::{Chain, Tagging, Truncated};

    fn parsed(identity: &str, field_types: &[&str]) -> bool {
        NamedTagging::parse(identity, field_types).is_some()
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        for identity in [
            "exact/2",
            "own/1",
            " exact/1",
            "exact/1 ",
            "exact/1()",
            "truncated/1(012,exact/1)",
            "truncated/1(0,exact/1)",
            "truncated/1(256,exact/1)",
            "truncated/1(12,truncated/1(12,exact/1))",
            "truncated/1(12,exact/1",
            "truncated/1(12,exact/1))",
            "truncated/1(12,own/1)",
            "chain/1(nfkc/1)",
            "chain/1(nfkc/1,truncated/1(12,exact/1))",
            "compound/1(exact/1,exact/1)",
            "slow/1(argon2i,64,3,exact/1)",
            "slow/1(argon2id,7,3,exact/1)",
            "slow/1(argon2id,64,0,exact/1)",
            "e164-in/1(in)",
            "e164-in/1(IND)",
            "prefixes/1(2,8,nfkc/1)",
        ] {
            assert!(!parsed(identity, &["String"]), "{identity}");
        }
        assert!(!parsed("exact/1", &["Own"]) && !parsed("exact/1", &["bool"]));
        assert!(!parsed("exact/1", &["String", "String"]));
        assert!(!parsed("compound/1(exact/1,exact/1)", &["String"]));
        // The parts of a compound are normalisers.
        for part in [
            "slow/1(argon2id,64,3,exact/1)",
            "truncated/1(128,exact/1)",
            "compound/1(exact/1,exact/1)",
        ] {
            let identity = format!("compound/1(exact/1,{part})");
            assert!(!parsed(&identity, &["String", "String"]), "{identity}");
        }
    }

    #[test]
    fn what_is_read_is_what_the_type_says() {
        fn same<K: Tagging>(field_types: &[&str]) {
            let of_type = Recipe::of::<K>();
            let named = NamedTagging::parse(&of_type.identity, field_types);
            let named = named.unwrap_or_else(|| panic!("{}", of_type.identity));
            assert_eq!(named.recipe, of_type);
            assert_eq!(named.forms.len(), field_types.len());
        }
        type Folded = Chain<Nfkc, CaseFolded>;
        same::<Exact>(&["String"]);
        same::<Folded>(&["String"]);
        same::<Chain<Folded, LastFour>>(&["String"]);
        same::<FewValues<bool>>(&["bool"]);
        same::<Truncated<Folded, 12>>(&["String"]);
        same::<Truncated<Truncated<Exact, 128>, 127>>(&["String"]);
        same::<(Exact, Exact<i32>)>(&["String", "i32"]);
        same::<(Nfkc, Folded, Exact<u64>)>(&["String", "String", "u64"]);
        same::<Truncated<(Exact, Folded), 16>>(&["String", "String"]);
        #[cfg(feature = "argon2")]
        {
            use crate::blind_index::Slow;

            same::<Slow<Exact>>(&["String"]);
            same::<Truncated<Slow<Folded, 64, 3>, 12>>(&["String"]);
            same::<Slow<(Exact, Nfkc), 64, 1>>(&["String", "String"]);
        }
        #[cfg(feature = "phonenumber")]
        {
            use crate::blind_index::{E164, E164In};

            same::<E164In<'I', 'N'>>(&["String"]);
            same::<E164In<'I', 'N'>>(&["PhoneNumber"]);
            same::<Chain<E164In<'I', 'N'>, LastFour>>(&["String"]);
            same::<(E164, Exact)>(&["PhoneNumber", "String"]);
        }
    }
}
