//! What can be asked of a blind index.

use diesel::expression::Expression;

use super::index_join::{IndexJoin, SharesTagsWith};
use super::index_source::IndexType;
use super::lookup::IndexLookup;
use super::tag_bind::NormaliserOf;
use crate::blind_index::{FullTags, IndexValue, Normalises, Tokeniser, normal_form};

/// The tagging of an expression's index.
type TaggingOf<E> = <<E as Expression>::SqlType as IndexType>::Tagging;

/// What can be asked of a blind index. Bring it into scope beside Diesel's own methods.
///
/// Every lookup asks for the tags under all live index keys at once, so that nothing is missed while
/// an index key is being rotated. The value goes through the index's normaliser, as it did when it
/// was stored.
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::IndexExpressionMethods;
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::{BlindIndex, Ciphertext};
/// #     profiles (id) {
/// #         id -> Integer,
/// #         passport_number -> Nullable<Ciphertext<passport_number>>,
/// #         passport_index -> Nullable<BlindIndex<passport_number>>,
/// #     }
/// # }
/// # encfield_core::Keyring::generate().install().unwrap();
///
/// let one = profiles::table.filter(profiles::passport_index.matches("K1234567"));
/// let some = profiles::table.filter(profiles::passport_index.matches_any(["K1234567", "K7654321"]));
/// let others = profiles::table.filter(profiles::passport_index.does_not_match("K1234567"));
/// ```
///
/// It leaks to whoever reads the statements the tag that was asked for, and nothing of the value.
pub trait IndexExpressionMethods: Expression + Sized {
    /// The rows whose value has the same normal form.
    ///
    /// A value without a normal form matches no row, and needs no index key. Where otherwise no index key is in the keyring, the query
    /// fails with [`ErrorKind::NoIndexKey`](crate::ErrorKind::NoIndexKey).
    fn matches<V>(self, value: V) -> IndexLookup<Self>
    where
        Self::SqlType: IndexType,
        TaggingOf<Self>: FullTags,
        V: IndexValue<NormaliserOf<Self::SqlType>>,
    {
        IndexLookup::any(self, normal_form(&value))
    }

    /// The rows whose value has the same normal form as one of these; no row for no value.
    ///
    /// Each value takes a parameter of the statement for each live index key, and a database has a
    /// limit: 32,766 for SQLite, 65,535 for PostgreSQL and MySQL.
    fn matches_any<I>(self, values: I) -> IndexLookup<Self>
    where
        Self::SqlType: IndexType,
        TaggingOf<Self>: FullTags,
        I: IntoIterator<Item: IndexValue<NormaliserOf<Self::SqlType>>>,
    {
        let normal = values.into_iter().filter_map(|value| normal_form(&value));
        IndexLookup::any(self, normal).of_any_number()
    }

    /// The rows whose value has another normal form, as `<>` finds them: not those that are NULL.
    ///
    /// Where `None` is hidden by `hide_null`, those rows are among them. So are rows with the value whose
    /// tag was made under an index key that is gone: it is unlike every tag that can be made.
    fn does_not_match<V>(self, value: V) -> IndexLookup<Self>
    where
        Self::SqlType: IndexType,
        TaggingOf<Self>: FullTags,
        V: IndexValue<NormaliserOf<Self::SqlType>>,
    {
        IndexLookup::any(self, normal_form(&value)).others()
    }

    /// The rows of a [`Truncated`](crate::Truncated) index that may match, and others.
    ///
    /// Drop what does not match with [`keep_matching`](Self::keep_matching).
    fn may_match<V>(self, value: V) -> IndexLookup<Self>
    where
        Self::SqlType: IndexType,
        V: IndexValue<NormaliserOf<Self::SqlType>>,
    {
        IndexLookup::any(self, normal_form(&value))
    }

    /// Of the rows that [`may_match`](Self::may_match) found, those that do.
    ///
    /// `field` gives the opened value of a row.
    fn keep_matching<R, V, W, F>(self, rows: Vec<R>, value: &V, field: F) -> Vec<R>
    where
        Self::SqlType: IndexType,
        NormaliserOf<Self::SqlType>: Normalises<V> + Normalises<W>,
        V: ?Sized,
        W: ?Sized,
        F: for<'r> Fn(&'r R) -> Option<&'r W>,
    {
        let wanted = normal_form::<NormaliserOf<Self::SqlType>>(&value);
        let form = |row: &R| normal_form::<NormaliserOf<Self::SqlType>>(&field(row)?);
        let mut rows = rows;
        rows.retain(|row| wanted.is_some() && form(row) == wanted);
        rows
    }

    /// The rows of a [`Prefixes`](crate::Prefixes) index whose value may begin so; of an
    /// [`NGrams`](crate::NGrams) index use [`may_contain`](Self::may_contain).
    ///
    /// A prefix longer than the index's longest brings along rows that begin as its first part does:
    /// drop them with [`keep_holding`](Self::keep_holding). One that is too short fails the query
    /// with [`ErrorKind::NotIndexable`](crate::ErrorKind::NotIndexable).
    fn may_start_with<V>(self, prefix: &V) -> IndexLookup<Self>
    where
        Self::SqlType: IndexType,
        TaggingOf<Self>: Tokeniser<V>,
        V: ?Sized,
    {
        match TaggingOf::<Self>::asked(prefix) {
            Ok(tokens) => IndexLookup::any(self, tokens.iter().map(|token| token.as_bytes())),
            Err(error) => IndexLookup::refused(self, error),
        }
    }

    /// One condition for each run of characters in the part: a row that holds the part meets them
    /// all, and some meet them all without holding it.
    ///
    /// Each condition is for one row of the side table, so ask for the rows of each and take what is
    /// common; then drop what does not hold the part with [`keep_holding`](Self::keep_holding).
    fn may_contain<V>(self, part: &V) -> Vec<IndexLookup<Self>>
    where
        Self: Clone,
        Self::SqlType: IndexType,
        TaggingOf<Self>: Tokeniser<V>,
        V: ?Sized,
    {
        match TaggingOf::<Self>::asked(part) {
            Ok(tokens) => tokens
                .iter()
                .map(|token| IndexLookup::any(self.clone(), [token.as_bytes()]))
                .collect(),
            Err(error) => vec![IndexLookup::refused(self, error)],
        }
    }

    /// Of the rows that [`may_start_with`](Self::may_start_with) or
    /// [`may_contain`](Self::may_contain) found, those whose value does.
    ///
    /// `field` gives the opened value of a row.
    fn keep_holding<R, V, F>(self, rows: Vec<R>, part: &V, field: F) -> Vec<R>
    where
        Self::SqlType: IndexType,
        TaggingOf<Self>: Tokeniser<V>,
        V: ?Sized,
        F: for<'r> Fn(&'r R) -> Option<&'r V>,
    {
        let mut rows = rows;
        rows.retain(|row| field(row).is_some_and(|value| TaggingOf::<Self>::holds(value, part)));
        rows
    }

    /// The rows in which both indexes have the same tag: a join by equal values.
    ///
    /// Both are [`Shared`](crate::Shared) in the same domain, with the same normaliser. While an index key is being
    /// rotated, values under the old key and values under the new one do not meet.
    fn matches_index_of<E>(self, other: E) -> IndexJoin<Self, E>
    where
        E: Expression,
        Self::SqlType: SharesTagsWith<E::SqlType>,
    {
        IndexJoin::new(self, other)
    }
}

impl<E: Expression> IndexExpressionMethods for E {}
