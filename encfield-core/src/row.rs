//! What of a row a value is bound to.

use std::fmt;

use smallvec::SmallVec;
use zeroize::Zeroizing;

use crate::codec::{Encoder, Plain};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::scope::Scope;

/// Values of a row that a ciphertext is bound to, so that it opens in that row alone.
///
/// `#[sensitive(bind = user_id)]` makes them for the model. In the explicit style give them to
/// [`Encrypted::in_row`](crate::Encrypted::in_row) and to
/// [`Sealed::open_in`](crate::Sealed::open_in): the same values, in the same order and of the same
/// types. They are authenticated, not stored.
///
/// ```
/// use encfield_core::RowValues;
///
/// let user_id = 7;
/// let row = RowValues::of(&user_id).and("tenant-1");
/// ```
#[derive(Clone)]
#[must_use]
pub struct RowValues {
    bound: Result<SmallVec<[Zeroizing<Vec<u8>>; 2]>, Error>,
    scope: Option<Scope>,
}

impl RowValues {
    /// A row that is known by this value.
    pub fn of<T: Plain + ?Sized>(value: &T) -> Self {
        Self::none().and(value)
    }

    /// No values: what is sealed is bound to its table and column alone.
    pub fn none() -> Self {
        Self {
            bound: Ok(SmallVec::new()),
            scope: None,
        }
    }

    /// The same row, known by this value as well.
    pub fn and<T: Plain + ?Sized>(self, value: &T) -> Self {
        let bound = self.bound.and_then(|mut values| {
            let mut bytes = Zeroizing::new(Vec::with_capacity(value.plain_len()));
            value
                .write_plain(&mut Encoder::new(&mut bytes))
                .map_err(|reason| Error::new(ErrorKind::NotEncodable).with_note(reason.reason()))?;
            values.push(bytes);
            Ok(values)
        });
        Self { bound, ..self }
    }

    /// The same row, whose values are sealed under the data key of this scope.
    pub fn in_scope(self, scope: Scope) -> Self {
        Self {
            scope: Some(scope),
            ..self
        }
    }

    /// Runs the closure with the place of a value in this row.
    pub(crate) fn within<R>(
        &self,
        context: &Context<'_>,
        run: impl FnOnce(&Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let values = self
            .bound
            .as_ref()
            .map_err(|error| context.blame(error.clone()))?;
        let bound: SmallVec<[&[u8]; 4]> = values.iter().map(|value| value.as_slice()).collect();
        let context = context.with_bound(&bound);
        match &self.scope {
            Some(scope) => run(&context.with_scope(scope)),
            None => run(&context),
        }
    }
}

/// The number of values alone: they may be personal.
impl fmt::Debug for RowValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.bound.as_ref().map_or(0, SmallVec::len);
        write!(f, "RowValues({count})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Keyring;

    #[test]
    fn a_value_opens_in_its_own_row_alone() {
        let keyring = Keyring::generate();
        let place = Context::new("profiles", "passport_number");
        let seal = |row: &RowValues| {
            row.within(&place, |place| keyring.seal(place, b"x"))
                .unwrap()
        };
        let opens = |row: &RowValues, value: &[u8]| {
            row.within(&place, |place| keyring.open(place, value))
                .is_ok()
        };
        let rows = [
            RowValues::of(&7_i32),
            RowValues::of(&8_i32),
            RowValues::of(&7_i64),
            RowValues::of(&7_i32).and("x"),
            RowValues::of("x").and(&7_i32),
            RowValues::of("").and("x"),
            RowValues::of("x"),
            RowValues::of("x").and(""),
        ];
        for (position, row) in rows.iter().enumerate() {
            let value = seal(row);
            for (other, with) in rows.iter().enumerate() {
                assert_eq!(opens(with, &value), position == other, "{position} {other}");
            }
            assert!(
                keyring.open(&place, &value).is_err(),
                "opened without a row"
            );
        }
    }

    #[test]
    fn debug_prints_no_value() {
        assert_eq!(
            format!("{:?}", RowValues::of("person-7").and(&1_u8)),
            "RowValues(2)"
        );
    }
}
