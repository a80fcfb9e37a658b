//! Whose value it is: the tenant or the person under whose data key it is sealed.

use std::fmt::{self, Display, Write};

use crate::error::{Error, ErrorKind};

/// A tenant or a person with a data key of their own, under which their values are sealed.
///
/// It has a name for the kind of scope and a value that tells one from the other. The same name and
/// value are the same scope in every table. Use an id that stays as it is: it is stored in plain
/// beside the data key, and after [`DataKeys::shred`](crate::DataKeys::shred) no other can take its
/// place.
///
/// ```
/// use encfield_core::Scope;
///
/// let scope = Scope::new("tenant_id", &7);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Scope {
    /// `name=value`, as it stands in the table of data keys.
    text: String,
    /// Why it is no scope.
    problem: Option<&'static str>,
}

/// A value that tells one scope from the other: whatever can be displayed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot tell one scope from another",
    label = "not a value for a scope",
    note = "use a number, a text, a UUID or a type of your own that implements `Display`"
)]
pub trait ScopeValue {
    /// Writes the value's text.
    #[doc(hidden)]
    fn write_scope(&self, text: &mut String) -> fmt::Result;
}

impl<T: Display + ?Sized> ScopeValue for T {
    fn write_scope(&self, text: &mut String) -> fmt::Result {
        write!(text, "{self}")
    }
}

impl Scope {
    /// The most bytes of name and value together, with the `=` between them.
    pub const MAX_LENGTH: usize = 255;

    /// The scope of this value among those of the name.
    ///
    /// What is sealed in a scope without a value, or in one that is too long, is refused with
    /// [`ErrorKind::ScopeInvalid`].
    pub fn new<T: ScopeValue + ?Sized>(name: &str, value: &T) -> Self {
        let mut text = format!("{name}=");
        let empty = text.len();
        let written = value.write_scope(&mut text);
        let problem = match () {
            () if name.is_empty() || name.contains('=') => Some("its name is empty or has a `=`"),
            () if written.is_err() => Some("its value cannot be displayed"),
            () if text.len() == empty => Some("its value is empty"),
            () if text.len() > Self::MAX_LENGTH => Some("it is longer than 255 bytes"),
            () => None,
        };
        Self { text, problem }
    }

    /// The same of a value that may be missing. Nothing can be sealed in no scope.
    pub fn of_optional<T: ScopeValue + ?Sized>(name: &str, value: Option<&T>) -> Self {
        match value {
            Some(value) => Self::new(name, value),
            None => Self {
                text: String::new(),
                problem: Some("its value is `None`"),
            },
        }
    }

    /// The scope as it is stored.
    pub(crate) fn text(&self) -> Result<&str, Error> {
        match self.problem {
            None => Ok(&self.text),
            Some(problem) => Err(Error::new(ErrorKind::ScopeInvalid).with_note(problem)),
        }
    }
}

/// The name alone: the value may be personal.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.text.split('=').next().unwrap_or_default();
        write!(f, "Scope({name})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_without_a_value_is_none() {
        let long = "x".repeat(Scope::MAX_LENGTH);
        for scope in [
            Scope::new("tenant", ""),
            Scope::new("", "7"),
            Scope::new("a=b", "7"),
            Scope::new("tenant", &long),
            Scope::of_optional::<i32>("tenant", None),
        ] {
            assert_eq!(scope.text().unwrap_err().kind(), ErrorKind::ScopeInvalid);
        }
        assert_eq!(Scope::new("tenant", &7).text().unwrap(), "tenant=7");
        assert_eq!(Scope::new("tenant", "a=b").text().unwrap(), "tenant=a=b");
        assert!(Scope::new("tenant", &long[..248]).text().is_ok());
    }

    #[test]
    fn debug_prints_the_name_alone() {
        assert_eq!(
            format!("{:?}", Scope::new("person", "ann@x")),
            "Scope(person)"
        );
    }
}
