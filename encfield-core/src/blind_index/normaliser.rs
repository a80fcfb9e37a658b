//! How a value becomes the bytes that its tag is made of.

use std::cell::{RefCell, RefMut};
use std::fmt;

use zeroize::Zeroize;
#[cfg(feature = "engine")]
use zeroize::Zeroizing;

use super::recipe::Cost;
use crate::codec::Encoder;
use crate::secret::Redacted;

/// A normal form: what values must have in common to be found as one.
///
/// It is a part of the index column's type, so that storing and looking up cannot differ. Its name
/// and version are in the index's key: an index under another name or version is another index, and
/// finds nothing that was stored under the old one. Never change what a normaliser does; give it the
/// next version, and fill the index anew.
///
/// Implement it for an empty type of your own, and [`Normalises`] for the types that it takes:
///
/// ```
/// use encfield_core::{Encoder, Normaliser, Normalises, Text};
///
/// /// An IBAN with or without its spaces, in either case.
/// pub struct Iban;
///
/// impl Normaliser for Iban {
///     const NAME: &'static str = "iban";
///     const VERSION: u16 = 1;
/// }
///
/// impl<V: Text + ?Sized> Normalises<V> for Iban {
///     fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
///         let mut letters = value.text().chars().filter(|c| !c.is_whitespace()).peekable();
///         letters.peek()?;
///         letters.for_each(|letter| out.write_char(letter.to_ascii_uppercase()));
///         Some(())
///     }
/// }
/// ```
pub trait Normaliser: 'static {
    /// A name that says what it does; no other normaliser in the program has it.
    ///
    /// encfield's own names are taken, whatever the version: `exact`, `few-values`, `case-folded`, `nfkc`,
    /// `digits`, `email`, `last-four`, `first-letter`, `year`, `e164`, `e164-in`, and the words `chain`,
    /// `compound`, `truncated`, `slow`, `prefixes` and `n-grams`. A name of yours that is one of them is
    /// taken for encfield's by the command `encfield`, which then fills the index with other tags.
    const NAME: &'static str;

    /// 1, and one more with each change of what it does.
    const VERSION: u16;
}

/// That a normaliser takes values of this type.
#[diagnostic::on_unimplemented(
    message = "the blind index's normaliser `{Self}` does not take a `{V}`",
    label = "this value has no normal form there",
    note = "the normaliser is the second parameter of the column's `BlindIndex`: `Exact` is for text, `Exact<[u8]>` for bytes, `Exact<T>` for a type of many values, `FewValues<T>` for a type of few, and a phone number wants `E164`",
    note = "a token index (`Prefixes`, `NGrams`) is looked up with `may_start_with` or `may_contain`"
)]
pub trait Normalises<V: ?Sized> {
    /// Writes the value's normal form.
    ///
    /// `None` is for a value that has none, such as text without a digit where digits are asked for:
    /// it is stored without a tag and never found. What was written before is dropped then.
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()>;
}

/// How a tag is made: from which normal form, how slowly and of how many bits.
///
/// Every [`Normaliser`] is one, with a full tag of 256 bits. It cannot be implemented otherwise.
pub trait Tagging: 'static {
    /// What brings a value into its normal form.
    #[doc(hidden)]
    type Normaliser;

    /// The bits of a tag.
    #[doc(hidden)]
    const BITS: u16;

    /// Writes what tells it from every other one.
    #[doc(hidden)]
    fn identity(out: &mut String);

    /// What makes the normal form costly to guess: nothing, but for a slow index.
    #[doc(hidden)]
    const COST: Option<Cost> = None;
}

impl<N: Normaliser> Tagging for N {
    type Normaliser = N;
    const BITS: u16 = 256;

    fn identity(out: &mut String) {
        out.push_str(N::NAME);
        out.push('/');
        out.push_str(&N::VERSION.to_string());
    }
}

/// That tags are long enough for equal tags to mean equal values: 128 bits at least.
#[diagnostic::on_unimplemented(
    message = "tags of `{Self}` do not tell values apart",
    label = "this index finds rows of other values, too",
    note = "use `may_match` and drop what does not match with `keep_matching`; a unique index or one to ask `does_not_match` needs a full tag or 128 bits",
    note = "a token index (`Prefixes`, `NGrams`) is looked up with `may_start_with` or `may_contain`"
)]
pub trait FullTags: Tagging {}

impl<N: Normaliser> FullTags for N {}

/// That an index can be a part of a compound one: every normaliser can.
///
/// What makes a tag shorter or slower is said of the whole: `Slow<(A, B)>`, `Truncated<(A, B), 12>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a compound index",
    label = "a part says its normal form, and nothing of the tag",
    note = "a compound index has one tag: write `Slow<(A, B)>` or `Truncated<(A, B), BITS>` around the whole"
)]
pub trait CompoundPart: FullTags {}

impl<N: Normaliser> CompoundPart for N {}

/// A value to look up: a reference to one that the normaliser takes, or for a compound index a tuple
/// of such references.
#[diagnostic::on_unimplemented(
    message = "this blind index does not take a `{Self}`",
    label = "not a value of this index",
    note = "give a reference to a value that the index's normaliser takes, such as `matches(\"K1234567\")` or `matches(&number)`; for a compound index a tuple of references",
    note = "an index of a type of few values, such as a `bool`, is asked for by name: `BlindIndex<admitted, FewValues<bool>>`",
    note = "NULL is looked up with `is_null()` on the ciphertext column, as an `Option` matches nothing"
)]
pub trait IndexValue<N> {
    /// Writes the normal form; nothing for a value without one.
    #[doc(hidden)]
    fn normalise_into(&self, out: &mut Encoder<'_>) -> Option<()>;
}

impl<V: ?Sized, N: Normalises<V>> IndexValue<N> for &V {
    fn normalise_into(&self, out: &mut Encoder<'_>) -> Option<()> {
        N::normalise(self, out)
    }
}

/// A value's normal form, wiped on drop.
#[derive(PartialEq)]
pub(crate) struct NormalForm(Vec<u8>);

/// How many bytes a normal form has room for at first: enough for what is looked up.
const ROOM: usize = 128;

/// How many bytes are kept for the next one.
const MOST_ROOM: usize = 2 * ROOM;

thread_local! {
    /// The empty buffer of the normal form before, so that a tag costs no allocation.
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The value's normal form, if it has one.
pub(crate) fn normal_form<N>(value: &impl IndexValue<N>) -> Option<NormalForm> {
    let mut form = NormalForm(Vec::with_capacity(ROOM));
    value.normalise_into(&mut Encoder::new(&mut form.0))?;
    Some(form)
}

/// Works with the value's normal form, if it has one, and wipes it.
#[inline]
pub(crate) fn with_normal_form<N, R>(
    value: &impl IndexValue<N>,
    work: impl FnOnce(&[u8]) -> R,
) -> Option<R> {
    let mut work = Some(work);
    let done = SPARE.try_with(|spare| {
        let mut form = Spare(spare.try_borrow_mut().ok()?);
        let work = work.take()?;
        let normal = value.normalise_into(&mut Encoder::new(&mut form.0));
        Some(normal.map(|()| work(&form.0)))
    });
    match (done, work) {
        (Ok(Some(done)), _) => done,
        // A thread that is ending has no spare buffer, nor has a normaliser that makes a tag.
        (_, Some(work)) => normal_form(value).map(|form| work(&form.0)),
        _ => unreachable!("the work is taken where it is done"),
    }
}

/// The spare buffer with a normal form in it, which is wiped when it is done with, in a panic too.
struct Spare<'s>(RefMut<'s, Vec<u8>>);

impl Drop for Spare<'_> {
    fn drop(&mut self) {
        self.0.zeroize();
        if self.0.capacity() > MOST_ROOM {
            *self.0 = Vec::new();
        }
    }
}

impl NormalForm {
    /// The bytes for good, wiped on drop like the form.
    #[cfg(feature = "engine")]
    pub(crate) fn into_bytes(mut self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(std::mem::take(&mut self.0))
    }
}

impl fmt::Debug for NormalForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl AsRef<[u8]> for NormalForm {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for NormalForm {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
