//! What a type that derives `Sensitive` prints of an option, and says to serde.

use std::fmt;
use std::marker::PhantomData;

use serde::Serializer;

use crate::secret::Redacted;
use crate::sensitive::Sensitive;

/// A hint of a value that may be missing; which of the two it is does not show.
pub struct Shown<T>(pub Option<T>);

impl<T: fmt::Debug> fmt::Debug for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(hint) => hint.fmt(f),
            None => Redacted.fmt(f),
        }
    }
}

/// Lists of names as one, made when a program is compiled.
#[derive(Debug)]
pub struct Names {
    names: [&'static str; Names::MOST],
    count: usize,
}

impl Names {
    /// How many fit in.
    const MOST: usize = 256;

    /// The names of all lists. More than 256 do not compile.
    #[must_use]
    pub const fn joined(lists: &[&[&'static str]]) -> Self {
        let mut joined = Self {
            names: [""; Self::MOST],
            count: 0,
        };
        let mut lists = lists;
        while let [list, others @ ..] = lists {
            let mut rest = *list;
            while let [name, behind @ ..] = rest {
                assert!(
                    joined.count < Self::MOST,
                    "a type has up to 256 names of sensitive fields"
                );
                joined.names[joined.count] = name;
                joined.count += 1;
                rest = behind;
            }
            lists = others;
        }
        joined
    }

    /// The names.
    #[must_use]
    pub const fn as_slice(&self) -> &[&'static str] {
        self.names.split_at(self.count).0
    }
}

/// What is nested prints itself; so its type must be one that prints no sensitive value.
pub fn nested<T: Sensitive + ?Sized>(value: &T) -> &T {
    value
}

/// Writes `********` in place of a value.
///
/// # Errors
/// The serializer's own.
pub fn redact<T: ?Sized, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("********")
}

/// Nothing implements it, and a `Serialize` that asks for it is never there: it stands in the way of a
/// derived one, which would show every field.
#[diagnostic::on_unimplemented(
    message = "a type that derives `Sensitive` is not serialized unless it says how",
    label = "this would show its sensitive fields",
    note = "write `#[sensitive(serialize)]` on the type to serialize it with `********` in place of each sensitive field, and `#[sensitive(serialize_exposed)]` on a field that is meant to be shown"
)]
pub trait SerializesItsSecrets {}

/// Stands for every type in the bound of [`SerializesItsSecrets`].
#[derive(Debug)]
pub struct Refused<'never>(PhantomData<&'never ()>);
