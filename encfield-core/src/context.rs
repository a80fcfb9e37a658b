//! The place a value belongs to: what it is bound to, as associated data.

use std::fmt;

use crate::aead::{Associated, AssociatedData, Head, Lasting};
use crate::error::Error;
use crate::scope::Scope;

/// The place of a value: table, column and, where the value is bound to its row, the row's values.
///
/// A value sealed for one context does not open in another. The names are the SQL names as the
/// database knows them; a table in a schema is `schema.table`. They are authenticated, not stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    table: &'a str,
    column: &'a str,
    bound: &'a [&'a [u8]],
    scope: Option<&'a Scope>,
}

/// The first piece of every associated data: which library and format it belongs to.
const DOMAIN: &[u8] = b"encfield/1";

impl<'a> Context<'a> {
    /// The place of a value that is not bound to its row.
    #[must_use]
    pub const fn new(table: &'a str, column: &'a str) -> Self {
        Self {
            table,
            column,
            bound: &[],
            scope: None,
        }
    }

    /// The same place, bound to these values of the row in this order.
    #[must_use]
    pub const fn with_bound(self, bound: &'a [&'a [u8]]) -> Self {
        Self { bound, ..self }
    }

    /// The same place, for values that are sealed under the data key of this scope.
    ///
    /// The data key's id in the value names the scope, so it is not part of the associated data.
    #[must_use]
    pub const fn with_scope(self, scope: &'a Scope) -> Self {
        Self {
            scope: Some(scope),
            ..self
        }
    }

    /// The scope under whose data key the values are sealed, if there is one.
    pub(crate) const fn scope(&self) -> Option<&'a Scope> {
        self.scope
    }

    /// Whether it is a column and nothing more: not bound to a row, and in no scope.
    pub(crate) const fn is_plain(&self) -> bool {
        self.bound.is_empty() && self.scope.is_none()
    }

    /// The SQL name of the table, with its schema where it has one.
    #[must_use]
    pub const fn table(&self) -> &'a str {
        self.table
    }

    /// The SQL name of the column.
    #[must_use]
    pub const fn column(&self) -> &'a str {
        self.column
    }

    /// The associated data for a value with this header: PAE of domain, header, table, column and
    /// the bound values.
    pub(crate) fn associated_data(&self, header: &[u8]) -> AssociatedData {
        let pieces = [
            DOMAIN,
            header,
            self.table.as_bytes(),
            self.column.as_bytes(),
        ];
        let mut out = AssociatedData::new();
        pae(
            pieces.into_iter().chain(self.bound.iter().copied()),
            4 + self.bound.len(),
            |bytes| out.extend_from_slice(bytes),
        );
        out
    }

    /// The associated data for a value with this header, made where it is needed.
    pub(crate) fn associated<'h>(&self, header: &'h Head) -> AtPlace<'a, 'h> {
        AtPlace {
            place: *self,
            header,
        }
    }

    /// The error with this place in it.
    pub(crate) fn blame(&self, error: Error) -> Error {
        error.at(self.table.to_owned(), self.column.to_owned())
    }
}

/// What is authenticated beside a value: its header and its place.
pub(crate) struct AtPlace<'a, 'h> {
    place: Context<'a>,
    header: &'h Head,
}

impl Associated for AtPlace<'_, '_> {
    /// The values of a column have the same associated data, unless each is bound to its row.
    fn lasting(&self) -> Option<Lasting<'_>> {
        let Context { table, column, .. } = self.place;
        self.place.bound.is_empty().then_some(Lasting {
            header: self.header,
            table,
            column,
        })
    }

    fn encode(&self) -> AssociatedData {
        self.place.associated_data(self.header)
    }
}

/// PASETO's pre-authentication encoding: the number of pieces, then each piece behind its length,
/// all numbers as 8 little-endian bytes with the top bit clear.
///
/// No two lists of pieces have the same encoding. Source: [PASETO, common implementation details].
///
/// [PASETO, common implementation details]: https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Common.md#pae-definition
pub(crate) fn pae<'p>(
    pieces: impl Iterator<Item = &'p [u8]>,
    count: usize,
    mut write: impl FnMut(&[u8]),
) {
    let le64 = |number: usize| (number as u64 & (u64::MAX >> 1)).to_le_bytes();
    write(&le64(count));
    for piece in pieces {
        write(&le64(piece.len()));
        write(piece);
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bound values are the row's own and may be personal: their number is enough.
        write!(
            f,
            "{}.{} ({} bound)",
            self.table,
            self.column,
            self.bound.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        pae(pieces.iter().copied(), pieces.len(), |bytes| {
            out.extend_from_slice(bytes);
        });
        out
    }

    /// The cases that PASETO's specification publishes.
    #[test]
    fn pae_agrees_with_the_published_cases() {
        assert_eq!(encoded(&[]), [0; 8]);
        assert_eq!(encoded(&[b""]), *b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert_eq!(
            encoded(&[b"", b""]),
            *b"\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        );
        assert_eq!(
            encoded(&[b"test"]),
            *b"\x01\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0test"
        );
        assert_eq!(
            encoded(&[b"Paragon"]),
            *b"\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0Paragon"
        );
        assert_eq!(
            encoded(&[b"Paragon", b"Initiative"]),
            *b"\x02\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0Paragon\x0a\0\0\0\0\0\0\0Initiative"
        );
    }

    #[test]
    fn pieces_cannot_be_shifted_from_one_to_the_next() {
        assert_ne!(encoded(&[b"ab", b"c"]), encoded(&[b"a", b"bc"]));
        assert_ne!(
            Context::new("ab", "c").associated_data(b"h"),
            Context::new("a", "bc").associated_data(b"h")
        );
    }

    #[test]
    fn debug_prints_no_bound_value() {
        let bound: [&[u8]; 1] = [b"person-7"];
        let printed = format!("{:?}", Context::new("t", "c").with_bound(&bound));
        assert_eq!(printed, "t.c (1 bound)");
    }
}
