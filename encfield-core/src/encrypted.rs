//! The explicit style: a field's own type.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::field::Field;
use crate::row::RowValues;
use crate::scope::Scope;
use crate::secret::Redacted;

/// A value that is encrypted in the database and plain in the program.
///
/// Use it as a field's type with Diesel's ordinary derives. The column's SQL type is
/// [`Ciphertext`](crate::sql_types::Ciphertext); for a nullable column write
/// `Option<Encrypted<T>>`, where Diesel's rules for `None` apply (not inserted, not updated), or
/// `Encrypted<Option<T>>`, where `None` is always written as NULL.
///
/// It prints as `********` and has neither `Display` nor `Serialize`: [`Encrypted::expose`] is the
/// one way to the value, and a search for `expose` finds every use. The value is wiped on drop
/// where its [`Codec`](crate::Codec) can do that, as text, bytes and numbers can.
///
/// ```
/// use encfield_core::Encrypted;
///
/// let passport = Encrypted::new("K1234567".to_owned());
/// assert_eq!(format!("{passport:?}"), "********");
/// assert_eq!(passport.expose(), "K1234567");
/// ```
pub struct Encrypted<T: Field> {
    /// Empty only between [`Encrypted::into_exposed`] and the drop behind it.
    value: Option<T>,
}

impl<T: Field> Encrypted<T> {
    /// Takes a plain value into custody.
    pub const fn new(value: T) -> Self {
        Self { value: Some(value) }
    }

    /// The plain value.
    pub fn expose(&self) -> &T {
        match &self.value {
            Some(value) => value,
            None => unreachable!("`into_exposed` consumes the `Encrypted` that it empties"),
        }
    }

    /// The value for a column whose values are bound to their row: `column.eq(value.in_row(row))`.
    ///
    /// Load it as a [`Sealed`](crate::Sealed), and open it with the same values of the row.
    pub fn in_row(self, row: RowValues) -> InRow<T> {
        InRow { value: self, row }
    }

    /// The value for a column whose values are sealed in a scope: `column.eq(value.in_scope(scope))`.
    ///
    /// It is loaded like any other value: the scope is named by the value itself.
    pub fn in_scope(self, scope: Scope) -> InRow<T> {
        self.in_row(RowValues::none().in_scope(scope))
    }

    /// The plain value, out of custody: nothing wipes it from here on.
    pub fn into_exposed(mut self) -> T {
        match self.value.take() {
            Some(value) => value,
            None => unreachable!("`into_exposed` consumes the `Encrypted` that it empties"),
        }
    }
}

/// A value, and the row that it is to be stored in.
///
/// See [`Encrypted::in_row`].
#[must_use = "it stores nothing until it is part of a query"]
pub struct InRow<T: Field> {
    pub(crate) value: Encrypted<T>,
    pub(crate) row: RowValues,
}

impl<T: Field> fmt::Debug for InRow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl<T: Field> Encrypted<T> {
    pub(crate) fn wipe_value(&mut self) {
        if let Some(value) = &mut self.value {
            value.wipe_field();
        }
    }
}

impl<T: Field> Drop for Encrypted<T> {
    fn drop(&mut self) {
        self.wipe_value();
    }
}

impl<T: Field> From<T> for Encrypted<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Field + Clone> Clone for Encrypted<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
        }
    }
}

impl<T: Field + Default> Default for Encrypted<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Compares the plain values, in time that depends on them.
impl<T: Field + PartialEq> PartialEq for Encrypted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Field + Eq> Eq for Encrypted<T> {}

impl<T: Field + Hash> Hash for Encrypted<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl<T: Field> fmt::Debug for Encrypted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_the_mask_whatever_the_value() {
        assert_eq!(
            format!("{:?}", Encrypted::new("K1234567".to_owned())),
            "********"
        );
        assert_eq!(format!("{:#?}", Encrypted::new(None::<String>)), "********");
        assert_eq!(format!("{:?}", Encrypted::new(vec![1_u8, 2])), "********");
    }

    #[test]
    fn drop_wipes_the_value() {
        use std::cell::Cell;

        thread_local!(static WIPED: Cell<u32> = const { Cell::new(0) });
        #[derive(Clone)]
        struct Watched;
        impl crate::Codec for Watched {
            fn encoded_len(&self) -> usize {
                0
            }
            fn encode(&self, _: &mut crate::Encoder<'_>) -> Result<(), crate::CodecError> {
                Ok(())
            }
            fn decode(_: &[u8]) -> Result<Self, crate::CodecError> {
                Ok(Self)
            }
            fn wipe(&mut self) {
                WIPED.set(WIPED.get() + 1);
            }
        }
        drop(Encrypted::new(Watched));
        drop(Encrypted::new(Some(Watched)));
        assert_eq!(WIPED.get(), 2);
        let _plain = Encrypted::new(Watched).into_exposed();
        assert_eq!(WIPED.get(), 2);
    }
}
