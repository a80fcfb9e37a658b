//! Token indexes: many tags for one value, to find it by a part.

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

use super::normaliser::{Normalises, Tagging};
use crate::codec::Encoder;
use crate::error::{Error, ErrorKind};

/// One token of a text, wiped when it is dropped.
pub(crate) type Token = Zeroizing<String>;

/// The prefixes of text, of `MIN` to `MAX` characters: for `may_start_with`.
///
/// The text is brought into the normal form of `N` first, such as `Chain<Nfkc, CaseFolded>`. Text
/// shorter than `MIN` has no tokens.
///
/// Characters are code points of the normal form. [`CaseFolded`](crate::CaseFolded) takes accents
/// apart: `ü` is `u` and its dots, two characters, and `mu` finds `Müller`. With
/// `Chain<CaseFolded, Nfkc>` they are one, and only `mü` does.
///
/// It leaks, beside which rows share a prefix of each length, how long a value is up to `MAX`, and
/// which tag is which prefix to whoever knows how often names begin how.
pub struct Prefixes<N, const MIN: usize, const MAX: usize>(PhantomData<fn() -> N>);

/// All runs of `LENGTH` characters in text: for `may_contain`.
///
/// The text is brought into the normal form of `N` first. Text shorter than `LENGTH` has no tokens.
/// Characters are code points of the normal form, as with [`Prefixes`].
///
/// It leaks how long a value is and which runs it shares with others. Runs of three letters of a
/// known language are recovered with ease, and values from their runs: of all indexes this one shows
/// the most. Keep it for text that hardly needs to be secret.
pub struct NGrams<N, const LENGTH: usize>(PhantomData<fn() -> N>);

/// How text is taken apart: [`Prefixes`] or [`NGrams`]. It cannot be implemented.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no tokens of a `{V}`",
    label = "not a token index for such a value",
    note = "a token index is a `BlindIndex<column, Prefixes<..>>` or a `BlindIndex<column, NGrams<..>>`; other indexes are looked up with `matches` or `may_match`"
)]
pub trait Tokeniser<V: ?Sized>: Tagging {
    /// The tokens that are stored for a value.
    #[doc(hidden)]
    fn tokens(value: &V) -> Vec<Zeroizing<String>>;

    /// The tokens that a row must have to hold this part.
    #[doc(hidden)]
    fn asked(part: &V) -> Result<Vec<Zeroizing<String>>, Error>;

    /// Whether the value holds the part.
    #[doc(hidden)]
    fn holds(value: &V, part: &V) -> bool;
}

/// Text in its normal form.
fn normal<V: ?Sized, N: Normalises<V>>(value: &V) -> Option<Token> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    N::normalise(value, &mut Encoder::new(&mut bytes))?;
    std::str::from_utf8(&bytes)
        .ok()
        .map(|text| Zeroizing::new(text.to_owned()))
}

/// The text up to this many characters.
fn prefix(text: &str, length: usize) -> &str {
    let end = text
        .char_indices()
        .nth(length)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn too_short(note: &'static str) -> Error {
    Error::new(ErrorKind::NotIndexable).with_note(note)
}

impl<N: Tagging, const MIN: usize, const MAX: usize> Tagging for Prefixes<N, MIN, MAX> {
    type Normaliser = Self;
    const BITS: u16 = {
        assert!(
            MIN > 0 && MIN <= MAX,
            "prefixes have one character at least, and `MIN` is not above `MAX`"
        );
        256
    };

    fn identity(out: &mut String) {
        out.push_str(&format!("prefixes/1({MIN},{MAX},"));
        N::identity(out);
        out.push(')');
    }
}

impl<V: ?Sized, N, const MIN: usize, const MAX: usize> Tokeniser<V> for Prefixes<N, MIN, MAX>
where
    N: Tagging + Normalises<V>,
{
    fn tokens(value: &V) -> Vec<Token> {
        let Some(text) = normal::<V, N>(value) else {
            return Vec::new();
        };
        let longest = text.chars().count().min(MAX);
        (MIN..=longest)
            .map(|length| Zeroizing::new(prefix(&text, length).to_owned()))
            .collect()
    }

    fn asked(part: &V) -> Result<Vec<Token>, Error> {
        let text = normal::<V, N>(part).filter(|text| text.chars().count() >= MIN);
        let text =
            text.ok_or_else(|| too_short("the prefix is shorter than the index's shortest"))?;
        Ok(vec![Zeroizing::new(prefix(&text, MAX).to_owned())])
    }

    fn holds(value: &V, part: &V) -> bool {
        let both = normal::<V, N>(value).zip(normal::<V, N>(part));
        both.is_some_and(|(text, part)| text.starts_with(part.as_str()))
    }
}

impl<N: Tagging, const LENGTH: usize> Tagging for NGrams<N, LENGTH> {
    type Normaliser = Self;
    const BITS: u16 = {
        assert!(LENGTH > 0, "runs have one character at least");
        256
    };

    fn identity(out: &mut String) {
        out.push_str(&format!("n-grams/1({LENGTH},"));
        N::identity(out);
        out.push(')');
    }
}

impl<V: ?Sized, N, const LENGTH: usize> Tokeniser<V> for NGrams<N, LENGTH>
where
    N: Tagging + Normalises<V>,
{
    fn tokens(value: &V) -> Vec<Token> {
        normal::<V, N>(value).map_or_else(Vec::new, |text| runs(&text, LENGTH))
    }

    fn asked(part: &V) -> Result<Vec<Token>, Error> {
        let runs = normal::<V, N>(part).map_or_else(Vec::new, |text| runs(&text, LENGTH));
        if runs.is_empty() {
            return Err(too_short("the text is shorter than the index's runs"));
        }
        Ok(runs)
    }

    fn holds(value: &V, part: &V) -> bool {
        let both = normal::<V, N>(value).zip(normal::<V, N>(part));
        both.is_some_and(|(text, part)| text.contains(part.as_str()))
    }
}

/// Each run of so many characters, once.
fn runs(text: &str, length: usize) -> Vec<Token> {
    let count = text.chars().count();
    let mut runs: Vec<_> = text
        .char_indices()
        .take((count + 1).saturating_sub(length))
        .filter_map(|(at, _)| text.get(at..))
        .map(|rest| Zeroizing::new(prefix(rest, length).to_owned()))
        .collect();
    runs.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    runs.dedup_by(|one, other| one.as_str() == other.as_str());
    runs
}

impl<N, const MIN: usize, const MAX: usize> fmt::Debug for Prefixes<N, MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefixes")
    }
}

impl<N, const LENGTH: usize> fmt::Debug for NGrams<N, LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NGrams")
    }
}
