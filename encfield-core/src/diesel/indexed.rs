//! The explicit style with an index: a value and its tags in one assignment.

use std::any::TypeId;
use std::fmt;

use diesel::expression::TypedExpressionType;
use diesel::insertable::Insertable;
use diesel::internal::derives::insertable::UndecoratedInsertRecord;
use diesel::query_builder::AsChangeset;
use diesel::sql_types::{Nullable, SingleValue, SqlType};
use diesel::{Column, ExpressionMethods, dsl};

use super::bind::{CiphertextIsStoredNeverCompared, SealAs};
use super::column::EncryptedColumn;
use super::index_columns::IndexedColumn;
use super::index_source::{IndexOf, IndexType, NullableIndex};
use super::sql_types::Ciphertext;
use super::tag_bind::{NormaliserOf, TagIsStoredNeverCompared};
use crate::blind_index::IndexValue;
use crate::codec::Plain;
use crate::row::RowValues;
use crate::secret::Redacted;

/// A value for an encrypted column together with the tags for its blind indexes.
///
/// Use it in a tuple of `values(..)` or `set(..)`, where a plain `column.eq(Encrypted::new(..))` is
/// refused for a column with an index. `#[encfield::model]` does the same for a struct.
///
/// The value is a reference, or for columns that can be NULL an `Option` of one. A column with
/// several indexes wants [`Indexed::and`] for each further one. A
/// [`Compound`](crate::Compound) index is filled by the model alone.
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::Indexed;
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::{BlindIndex, Ciphertext};
/// #     use encfield_core::LastFour;
/// #     profiles (id) {
/// #         id -> Integer,
/// #         passport_number -> Nullable<Ciphertext<passport_number>>,
/// #         passport_index -> Nullable<BlindIndex<passport_number>>,
/// #         passport_last_four -> Nullable<BlindIndex<passport_number, LastFour>>,
/// #     }
/// # }
/// # encfield_core::Keyring::generate().install().unwrap();
/// use profiles::{passport_index, passport_last_four, passport_number};
///
/// let passport = Indexed::new(passport_number, passport_index, "K1234567").and(passport_last_four);
/// let insert = diesel::insert_into(profiles::table).values((profiles::id.eq(1), passport));
///
/// let nothing = Indexed::new(passport_number, passport_index, None::<&str>).and(passport_last_four);
/// let update = diesel::update(profiles::table.find(1)).set(nothing);
/// ```
#[must_use = "an assignment does nothing until it is part of a query"]
pub struct Indexed<C, H, T> {
    column: C,
    value: H,
    tags: T,
    filled: Vec<TypeId>,
    row: Option<RowValues>,
}

/// A value by reference, or an `Option` of one, that can be sealed for a column of this SQL type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be encrypted into a column of type `{ST}`",
    label = "not a value for this column",
    note = "give a reference to a plain value, or, for a `Nullable<Ciphertext<..>>` column, an `Option` of one: `Some(\"K1234567\")`, `None::<&str>`, `field.as_deref()`"
)]
pub trait StoredAs<ST> {
    /// Sealed for the column `C`, in a write that fills these indexes.
    #[doc(hidden)]
    fn sealed<C: IndexedColumn>(
        &self,
        filled: &[TypeId],
        row: Option<&RowValues>,
    ) -> CiphertextIsStoredNeverCompared<ST>;
}

impl<ST, V: SealAs<ST> + ?Sized> StoredAs<ST> for &V {
    fn sealed<C: IndexedColumn>(
        &self,
        filled: &[TypeId],
        row: Option<&RowValues>,
    ) -> CiphertextIsStoredNeverCompared<ST> {
        CiphertextIsStoredNeverCompared::seal::<C, V>(self, filled, row)
    }
}

impl<S, V> StoredAs<Nullable<Ciphertext<S>>> for Option<&V>
where
    S: EncryptedColumn,
    V: Plain + ?Sized,
{
    fn sealed<C: IndexedColumn>(
        &self,
        filled: &[TypeId],
        row: Option<&RowValues>,
    ) -> CiphertextIsStoredNeverCompared<Nullable<Ciphertext<S>>> {
        CiphertextIsStoredNeverCompared::seal_optional::<C, V>(*self, filled, row)
    }
}

/// A value by reference, or an `Option` of one, that an index of this SQL type can be filled with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot fill a blind index of type `{ST}`",
    label = "not a value for this index",
    note = "give a reference to a value that the index's normaliser takes, or, for a `Nullable<BlindIndex<..>>`, an `Option` of one"
)]
pub trait TaggedAs<ST> {
    /// The value's tag.
    #[doc(hidden)]
    fn tag<C>(&self) -> TagIsStoredNeverCompared<ST>
    where
        ST: IndexOf<C>;
}

impl<'v, ST, V> TaggedAs<ST> for &'v V
where
    ST: IndexType,
    V: ?Sized,
    &'v V: IndexValue<NormaliserOf<ST>>,
{
    fn tag<C>(&self) -> TagIsStoredNeverCompared<ST>
    where
        ST: IndexOf<C>,
    {
        TagIsStoredNeverCompared::of(*self)
    }
}

impl<'v, ST, V> TaggedAs<ST> for Option<&'v V>
where
    ST: NullableIndex,
    V: ?Sized,
    &'v V: IndexValue<NormaliserOf<ST>>,
{
    fn tag<C>(&self) -> TagIsStoredNeverCompared<ST>
    where
        ST: IndexOf<C>,
    {
        TagIsStoredNeverCompared::of_optional(*self)
    }
}

/// A column of a table that a bind can be assigned to.
pub trait StoredColumn:
    Column<SqlType: SqlType + TypedExpressionType + SingleValue> + IndexedColumn
{
}

impl<C> StoredColumn for C where
    C: Column<SqlType: SqlType + TypedExpressionType + SingleValue> + IndexedColumn
{
}

/// The assignment of a tag to an index column.
type Filled<I> = dsl::Eq<I, TagIsStoredNeverCompared<<I as diesel::Expression>::SqlType>>;

impl<C, H> Indexed<C, H, ()> {
    /// A value for a column, and its tag for an index of the column.
    pub fn new<I>(column: C, index: I, value: H) -> Indexed<C, H, (Filled<I>,)>
    where
        C: Column,
        H: StoredAs<C::SqlType> + TaggedAs<I::SqlType>,
        I: StoredColumn<SqlType: IndexOf<C>>,
    {
        let tag = value.tag::<C>();
        Indexed {
            column,
            value,
            tags: (index.eq(tag),),
            filled: vec![TypeId::of::<I>()],
            row: None,
        }
    }
}

impl<C, H, T> Indexed<C, H, T> {
    /// The same with the value's tag for one more index of the column.
    pub fn and<I>(self, index: I) -> Indexed<C, H, (T, Filled<I>)>
    where
        C: Column,
        H: TaggedAs<I::SqlType>,
        I: StoredColumn<SqlType: IndexOf<C>>,
    {
        let Self {
            column,
            value,
            tags,
            mut filled,
            row,
        } = self;
        filled.push(TypeId::of::<I>());
        let tag = value.tag::<C>();
        Indexed {
            column,
            value,
            tags: (tags, index.eq(tag)),
            filled,
            row,
        }
    }

    /// The same, with the value bound to its row.
    pub fn in_row(self, row: RowValues) -> Self {
        Self {
            row: Some(row),
            ..self
        }
    }

    /// The assignments of the value and of its tags.
    fn assignments(self) -> Assignments<C, T>
    where
        C: StoredColumn,
        H: StoredAs<C::SqlType>,
    {
        let sealed = self.value.sealed::<C>(&self.filled, self.row.as_ref());
        (self.column.eq(sealed), self.tags)
    }
}

/// The assignment of a sealed value, and those of its tags.
type Assignments<C, T> = (
    dsl::Eq<C, CiphertextIsStoredNeverCompared<<C as diesel::Expression>::SqlType>>,
    T,
);

impl<C, H, T> Insertable<C::Table> for Indexed<C, H, T>
where
    C: StoredColumn,
    H: StoredAs<C::SqlType>,
    Assignments<C, T>: Insertable<C::Table>,
{
    type Values = <Assignments<C, T> as Insertable<C::Table>>::Values;

    fn values(self) -> Self::Values {
        self.assignments().values()
    }
}

impl<C: Column, H, T> UndecoratedInsertRecord<C::Table> for Indexed<C, H, T> {}

impl<C, H, T> AsChangeset for Indexed<C, H, T>
where
    C: StoredColumn,
    H: StoredAs<C::SqlType>,
    Assignments<C, T>: AsChangeset,
{
    type Target = <Assignments<C, T> as AsChangeset>::Target;
    type Changeset = <Assignments<C, T> as AsChangeset>::Changeset;

    fn as_changeset(self) -> Self::Changeset {
        self.assignments().as_changeset()
    }
}

impl<C, H, T> fmt::Debug for Indexed<C, H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}
