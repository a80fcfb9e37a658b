//! What is said of a field: fixed words, so that no value can get into them.

/// A sentence without its subject.
pub(crate) type Reason = &'static str;

pub(crate) const MISSING: Reason = "is missing";
pub(crate) const TWICE: Reason = "is given more than once";
pub(crate) const TOO_LONG: Reason = "is too long";
pub(crate) const TOO_DEEP: Reason = "is nested too deeply";
pub(crate) const NOT_TEXT: Reason = "is not valid UTF-8 text";
pub(crate) const WRONG_TYPE: Reason = "is of the wrong type";
pub(crate) const NOT_A_NUMBER: Reason = "is not a number";
pub(crate) const NOT_A_CHOICE: Reason = "is not one of the choices";
pub(crate) const NOT_VALID: Reason = "is not valid";
