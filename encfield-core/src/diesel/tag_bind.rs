//! Filling an index: a bind that holds the finished tag.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::{AppearsOnTable, Expression, TypedExpressionType};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType, SingleValue, SqlType};

use super::cell::CellBackend;
use super::index_source::{IndexOf, IndexSource, IndexType, NullableIndex};
use super::sql_types::BlindIndex;
use crate::blind_index::{IndexValue, Recipe, Tag, Tagging, Tokeniser, with_normal_form};
use crate::error::{Error, ErrorKind};
use crate::keyring::{self, Asked};
use crate::secret::Redacted;

/// A tag on its way into a blind index: made when it was made, bound as bytes.
///
/// The model makes it, and so do [`Indexed`](crate::Indexed) and [`tokens`]. It can be stored, and
/// not compared: [`matches`](crate::IndexExpressionMethods::matches) looks up under every live key.
///
/// Where making the tag failed, the error is kept and comes back from the query.
#[must_use = "a bind stores nothing until it is part of a query"]
pub struct TagIsStoredNeverCompared<ST> {
    tag: Result<Option<Tag>, Error>,
    sql_type: PhantomData<fn() -> ST>,
}

/// The normaliser of an index.
pub(super) type NormaliserOf<ST> = <<ST as IndexType>::Tagging as Tagging>::Normaliser;

impl<ST> TagIsStoredNeverCompared<ST> {
    fn new(tag: Result<Option<Tag>, Error>) -> Self {
        Self {
            tag,
            sql_type: PhantomData,
        }
    }
}

impl<ST> TagIsStoredNeverCompared<ST> {
    /// The tag of a value, for an index of these columns.
    pub(crate) fn of<C>(value: impl IndexValue<NormaliserOf<ST>>) -> Self
    where
        ST: IndexType + IndexOf<C>,
    {
        Self::new(match tag::<ST>(&value) {
            Ok(None) if !ST::CAN_BE_NULL => Err(without_normal_form::<ST>()),
            tag => tag,
        })
    }

    /// The tag of what may be NULL, for an index of these columns.
    pub(crate) fn of_optional<C>(value: Option<impl IndexValue<NormaliserOf<ST>>>) -> Self
    where
        ST: NullableIndex + IndexOf<C>,
    {
        Self::new(value.map_or(Ok(None), |value| tag::<ST>(&value)))
    }

    /// The tag of what may be `None`, which gets a tag of no value, so that it does not show. So does a
    /// value without a normal form.
    fn of_hidden<C>(value: Option<impl IndexValue<NormaliserOf<ST>>>) -> Self
    where
        ST: IndexType + IndexOf<C>,
    {
        let tag = value.map_or(Ok(None), |value| tag::<ST>(&value));
        Self::new(tag.and_then(|tag| match tag {
            Some(tag) => Ok(Some(tag)),
            None => Tag::of_nothing(ST::Tagging::BITS).map(Some),
        }))
    }

    /// A write that would change a part only of what the index is made of.
    fn left_apart() -> Self
    where
        ST: IndexType,
    {
        let error = Error::new(ErrorKind::IndexNotFilled).with_note(
            "a compound index is made of several values, and `None` leaves some of them as they are",
        );
        Self::new(Err(at_source::<ST>(error)))
    }
}

/// What the model's code calls, and nobody else: a tag without its value beside it is not for the
/// program to make.
pub(crate) mod made_by_the_model {
    use super::*;

    /// The tag of a value, for an index of these columns.
    pub fn tag_of<ST, C>(value: impl IndexValue<NormaliserOf<ST>>) -> TagIsStoredNeverCompared<ST>
    where
        ST: IndexType + IndexOf<C>,
    {
        TagIsStoredNeverCompared::of(value)
    }

    /// The tag of what may be NULL, for an index of these columns.
    pub fn tag_of_optional<ST, C>(
        value: Option<impl IndexValue<NormaliserOf<ST>>>,
    ) -> TagIsStoredNeverCompared<ST>
    where
        ST: NullableIndex + IndexOf<C>,
    {
        TagIsStoredNeverCompared::of_optional(value)
    }

    /// The tag of what may be `None` and does not show it, for an index of these columns.
    pub fn tag_of_hidden<ST, C>(
        value: Option<impl IndexValue<NormaliserOf<ST>>>,
    ) -> TagIsStoredNeverCompared<ST>
    where
        ST: IndexType + IndexOf<C>,
    {
        TagIsStoredNeverCompared::of_hidden(value)
    }

    /// In the place of a tag, the error of a write that changes a part only of what it is made of.
    pub fn tag_left_apart<ST: IndexType>() -> TagIsStoredNeverCompared<ST> {
        TagIsStoredNeverCompared::left_apart()
    }
}

/// The tag under the primary index key; none for a value without a normal form.
#[inline]
fn tag<ST: IndexType>(value: &impl IndexValue<NormaliserOf<ST>>) -> Result<Option<Tag>, Error> {
    with_normal_form(value, |normal| tag_of_normal_form::<ST>(normal)).transpose()
}

#[inline]
pub(crate) fn tag_of_normal_form<ST: IndexType>(normal: &[u8]) -> Result<Tag, Error> {
    let tag = keyring::to_tag(TypeId::of::<ST>(), |key| key.tag(normal, ST::Tagging::BITS));
    tag.or_else(|asked| tag_anew::<ST>(normal, asked))
}

/// The tag for an index whose key this thread has not chosen before.
#[cold]
fn tag_anew<ST: IndexType>(normal: &[u8], asked: Option<Asked>) -> Result<Tag, Error> {
    let source = ST::Source::place()?;
    keyring::with_current(&source.context, |keyring| {
        let recipe = Recipe::of::<ST::Tagging>();
        match asked {
            // A slow index stretches what it tags.
            Some(asked) if ST::Tagging::COST.is_none() => {
                let key = keyring.tag_key(&recipe, &source.place)?;
                let tag = key.tag(normal, recipe.bits);
                keyring::remember_tag(asked, TypeId::of::<ST>(), key);
                Ok(tag)
            }
            _ => keyring.tag(&recipe, &source.place, normal),
        }
    })
    .map_err(|error| source.context.blame(error))
}

fn without_normal_form<ST: IndexType>() -> Error {
    at_source::<ST>(Error::new(ErrorKind::NotIndexable).with_note("the value has no normal form"))
}

/// The error with the column that the index is made of.
fn at_source<ST: IndexType>(error: Error) -> Error {
    match ST::Source::place() {
        Ok(source) => source.context.blame(error),
        Err(_) => error,
    }
}

/// The tags of a value for a token index, one for each row of the side table.
///
/// Replace a value's rows in the transaction that changes the value. The tags come in an order that
/// says nothing about where in the value they stand.
///
/// ```
/// use diesel::prelude::*;
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::Ciphertext;
/// #     people (id) { id -> Integer, name -> Ciphertext<name> }
/// # }
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::sql_types::BlindIndex;
///     use encfield_core::{CaseFolded, Chain, Nfkc, Prefixes};
///     use super::people;
///
///     name_tokens (person_id, token) {
///         person_id -> Integer,
///         token -> BlindIndex<people::name, Prefixes<Chain<Nfkc, CaseFolded>, 2, 8>>,
///     }
/// }
///
/// # fn main() -> Result<(), encfield_core::Error> {
/// # encfield_core::Keyring::generate().install()?;
/// let tokens = encfield_core::tokens(name_tokens::token, "Meier")?;
/// let rows: Vec<_> = tokens
///     .into_iter()
///     .map(|token| (name_tokens::person_id.eq(1), name_tokens::token.eq(token)))
///     .collect();
/// assert_eq!(rows.len(), 4); // me, mei, meie, meier
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::NoKeyring`] and [`ErrorKind::NoIndexKey`].
pub fn tokens<I, V>(index: I, value: &V) -> Result<Vec<TagIsStoredNeverCompared<I::SqlType>>, Error>
where
    I: Expression<SqlType: IndexType<Tagging: Tokeniser<V>>>,
    V: ?Sized,
{
    let _ = index;
    let tokens = <<I::SqlType as IndexType>::Tagging as Tokeniser<V>>::tokens(value);
    let mut tags: Vec<Tag> = tokens
        .iter()
        .map(|token| tag_of_normal_form::<I::SqlType>(token.as_bytes()))
        .collect::<Result<_, _>>()?;
    tags.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    Ok(tags
        .into_iter()
        .map(|tag| TagIsStoredNeverCompared::new(Ok(Some(tag))))
        .collect())
}

impl<ST: SqlType + TypedExpressionType> Expression for TagIsStoredNeverCompared<ST> {
    type SqlType = ST;
}

// As with a ciphertext's bind: it can be inserted and set, and there is no `ValidGrouping`.
impl<ST, QS: ?Sized> AppearsOnTable<QS> for TagIsStoredNeverCompared<ST> where Self: Expression {}

impl<ST: QueryId> QueryId for TagIsStoredNeverCompared<ST> {
    type QueryId = TagIsStoredNeverCompared<ST::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = ST::HAS_STATIC_QUERY_ID;
}

impl<ST, DB> QueryFragment<DB> for TagIsStoredNeverCompared<ST>
where
    DB: Backend + HasSqlType<ST>,
    Self: ToSql<ST, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_bind_param::<ST, Self>(self)
    }
}

impl<ST, DB> ToSql<ST, DB> for TagIsStoredNeverCompared<ST>
where
    DB: Backend,
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        match &self.tag {
            Ok(Some(tag)) => <[u8] as ToSql<Binary, DB>>::to_sql(tag.as_bytes(), out),
            Ok(None) => Ok(IsNull::Yes),
            Err(error) => Err(Box::new(error.clone())),
        }
    }
}

impl<ST> fmt::Debug for TagIsStoredNeverCompared<ST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl<C, K, DB> FromSql<BlindIndex<C, K>, DB> for Tag
where
    DB: CellBackend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        DB::with_cell(bytes, Self::from_slice)
    }
}

impl<ST, DB> Queryable<ST, DB> for Tag
where
    ST: SingleValue,
    DB: Backend,
    Self: FromSql<ST, DB>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Keyring;

    diesel::table! {
        use diesel::sql_types::*;
        use crate::sql_types::{BlindIndex, Ciphertext};
        use crate::{NGrams, Nfkc};

        people (id) {
            id -> Integer,
            name -> Ciphertext<name>,
            token -> BlindIndex<name, NGrams<Nfkc, 2>>,
        }
    }

    #[test]
    fn the_order_of_tokens_says_nothing_about_where_they_stand() {
        Keyring::generate().override_within(|| {
            let made = tokens(people::token, "abcdefghijklmnopqrstuvwxyz").unwrap();
            let tags: Vec<Tag> = made
                .into_iter()
                .map(|made| made.tag.unwrap().unwrap())
                .collect();
            assert_eq!(tags.len(), 25);
            assert!(tags.is_sorted_by(|one, other| one.as_bytes() < other.as_bytes()));
        });
    }
}
