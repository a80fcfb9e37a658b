//! The error that goes through serde: it takes no text from anybody.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::reason::{MISSING, NOT_A_CHOICE, NOT_VALID, Reason, TWICE, WRONG_TYPE};

/// What is wrong with a value or a record.
///
/// Serde's own messages quote the input, and a type's `Deserialize` may put anything into one: they are
/// not even written out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wrong {
    /// A field, by its name in the type.
    Field(&'static str, Reason),
    /// The value itself.
    Value(Reason),
}

impl Wrong {
    /// What is said of a field whose value is wrong in this way.
    pub(crate) fn reason(self) -> Reason {
        match self {
            // Of a part of the value.
            Self::Field(..) => NOT_VALID,
            Self::Value(reason) => reason,
        }
    }
}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Value(NOT_VALID)
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Value(WRONG_TYPE)
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Value(NOT_A_CHOICE)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Field(field, MISSING)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Field(field, TWICE)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for Wrong {}
