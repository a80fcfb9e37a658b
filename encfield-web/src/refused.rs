//! Why a body was refused: fields and fixed words, and no value.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::reason::Reason;

/// The input of the fields that are not sensitive, by name.
pub(crate) type Kept = BTreeMap<String, Zeroizing<String>>;

/// A body was refused: one opaque type for forms and JSON.
///
/// It prints as one sentence with the fields' names, `********` in place of each value, and a reason a
/// field. It never holds a sensitive value, has no `source()`, and its `Debug` shows no input at all. A
/// field that the type does not have is counted and not named, because its name is input, too.
///
/// With the feature `axum` it is a response: its [`status`](Refused::status), and that sentence.
pub struct Refused(Box<Inside>);

struct Inside {
    kind: RefusedKind,
    reasons: Reasons,
    unknown: usize,
    kept: Kept,
}

/// What kind of refusal a [`Refused`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedKind {
    /// Fields are wrong, missing, unknown or repeated: 422.
    Fields,
    /// The body is not in the notation: 400.
    Malformed,
    /// The body ended before its end: 400.
    Interrupted,
    /// The body is larger than [`Limits::body`](crate::Limits::body) or has more fields than
    /// [`Limits::fields`](crate::Limits::fields): 413.
    TooLarge,
    /// The request says that its body is of another type: 415.
    MediaType,
}

impl RefusedKind {
    fn sentence(self) -> &'static str {
        match self {
            Self::Fields => "the input was refused",
            Self::Malformed => {
                "the body is malformed; send it as the form or the JSON that it should be"
            }
            Self::Interrupted => "the body stopped before its end; send it again",
            Self::TooLarge => "the body is too large; send less",
            Self::MediaType => "the body is of another type; say which one in `Content-Type`",
        }
    }
}

/// What is wrong with the fields, said by the program in [`Submitted::check`](crate::Submitted::check).
#[derive(Clone, Debug, Default)]
pub struct Reasons(BTreeMap<&'static str, Reason>);

impl Reasons {
    /// Says what is wrong with a field. The first reason of a field stays.
    ///
    /// The words are fixed, so that no value can get into them.
    pub fn at(&mut self, field: &'static str, reason: &'static str) {
        self.0.entry(field).or_insert(reason);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }
}

impl Refused {
    pub(crate) fn fields_wrong(reasons: Reasons, unknown: usize, kept: Kept) -> Self {
        Self(Box::new(Inside {
            kind: RefusedKind::Fields,
            reasons,
            unknown,
            kept,
        }))
    }

    pub(crate) fn whole(kind: RefusedKind) -> Self {
        Self(Box::new(Inside {
            kind,
            reasons: Reasons::default(),
            unknown: 0,
            kept: Kept::new(),
        }))
    }

    /// The same, with what was typed.
    pub(crate) fn with(mut self, kept: Kept) -> Self {
        self.0.kept = kept;
        self
    }

    pub(crate) fn into_kept(self) -> Kept {
        self.0.kept
    }

    /// What kind of refusal this is.
    #[must_use]
    pub fn kind(&self) -> RefusedKind {
        self.0.kind
    }

    /// The HTTP status that fits: 400, 413, 415 or 422.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.0.kind {
            RefusedKind::Fields => 422,
            RefusedKind::Malformed | RefusedKind::Interrupted => 400,
            RefusedKind::TooLarge => 413,
            RefusedKind::MediaType => 415,
        }
    }

    /// The fields that are wrong, and why, in the order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.0
            .reasons
            .0
            .iter()
            .map(|(field, reason)| (*field, *reason))
    }

    /// Why a field is wrong, if it is: for a message beside it.
    #[must_use]
    pub fn reason_at(&self, field: &str) -> Option<&'static str> {
        self.0.reasons.0.get(field).copied()
    }

    /// How many fields were given that the type does not have. Their names are not kept.
    #[must_use]
    pub fn unknown(&self) -> usize {
        self.0.unknown
    }

    /// What was typed into a field that is not sensitive, so that the form can be shown again.
    ///
    /// `None` for a sensitive field, whatever was typed: it is asked for again. A field counts as
    /// sensitive by its name in Rust, in any case and with `_`, `-` or nothing between its words; one
    /// that serde gives another name altogether (`rename`) must not be asked for here.
    #[must_use]
    pub fn kept(&self, field: &str) -> Option<&str> {
        self.0.kept.get(field).map(|text| text.as_str())
    }

    /// What is wrong, in one sentence without the crate's name.
    fn sentence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.sentence())?;
        let mut before = ": ";
        for (field, reason) in self.fields() {
            write!(f, "{before}{field} (********) {reason}")?;
            before = "; ";
        }
        match self.0.unknown {
            0 => Ok(()),
            1 => write!(f, "{before}one field is not known"),
            count => write!(f, "{before}{count} fields are not known"),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("encfield-web: ")?;
        self.sentence(f)
    }
}

/// No input, not even what was kept.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("kind", &self.0.kind)
            .field("message", &format_args!("{self}"))
            .finish()
    }
}

impl std::error::Error for Refused {}
