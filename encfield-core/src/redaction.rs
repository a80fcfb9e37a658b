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
