//! What an index is made of: one column, several together, or columns of several tables.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use diesel::Column;
use diesel::sql_types::{Bool, Nullable, SqlType};

use super::column::EncryptedColumn;
use super::column_record::MadeOf;
use super::sql_types::{BlindIndex, Ciphertext};
use crate::blind_index::{IndexPlace, Tagging};
use crate::context::Context;
use crate::error::Error;

/// The SQL type of an encrypted column, NULL or not.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` is not encrypted",
    label = "this column is stored in plain",
    note = "in `diesel::table!` its SQL type must be `Ciphertext<column>` or `Nullable<Ciphertext<column>>`; the first parameter of `BlindIndex` is such a column"
)]
pub trait CiphertextType {
    /// The column that the ciphertext is bound to.
    type Column: EncryptedColumn;
}

impl<C: EncryptedColumn> CiphertextType for Ciphertext<C> {
    type Column = C;
}

impl<C: EncryptedColumn> CiphertextType for Nullable<Ciphertext<C>> {
    type Column = C;
}

/// What a [`BlindIndex`] can be made of: an encrypted column, a [`Compound`] of several, or a
/// [`Shared`] one.
pub trait IndexSource: 'static {
    /// What the index's key is derived for.
    #[doc(hidden)]
    fn place() -> Result<SourcePlace, Error>;

    /// Whether the column's values are a part of the tags.
    #[doc(hidden)]
    fn is_made_of(column: TypeId) -> bool;

    /// What it is made of, as the inventory says it.
    #[doc(hidden)]
    fn made_of() -> MadeOf;
}

/// What the index's key is derived for, and the column to name in an error.
#[derive(Debug)]
pub struct SourcePlace {
    pub(crate) place: IndexPlace,
    pub(crate) context: Context<'static>,
}

/// The context of a column, as its ciphertext says it: one that was renamed keeps its former names.
fn context<C: Column<SqlType: CiphertextType>>() -> Result<Context<'static>, Error> {
    <C::SqlType as CiphertextType>::Column::context()
}

impl<C> IndexSource for C
where
    C: Column + 'static,
    C::SqlType: CiphertextType,
{
    fn place() -> Result<SourcePlace, Error> {
        let context = context::<C>()?;
        Ok(SourcePlace {
            place: IndexPlace::of_column(context.table(), context.column()),
            context,
        })
    }

    fn is_made_of(column: TypeId) -> bool {
        column == TypeId::of::<C>()
    }

    fn made_of() -> MadeOf {
        MadeOf::Column
    }
}

/// A set of values that columns of several tables have in common, so that they can be joined.
///
/// See [`Shared`].
pub trait IndexDomain: 'static {
    /// A name that no other domain in the program has. It is in the index's key: never change it.
    const NAME: &'static str;
}

/// A column whose index has the same tags as the other indexes of the domain `D`.
///
/// Without it the tags of two columns have nothing to do with each other, so that nobody can tell
/// from a dump that a customer is also an applicant. Share an index where the program must join by
/// the value itself, with [`matches_index_of`](crate::IndexExpressionMethods::matches_index_of).
///
/// ```
/// use encfield_core::IndexDomain;
///
/// pub struct Addresses;
///
/// impl IndexDomain for Addresses {
///     const NAME: &'static str = "addresses";
/// }
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use encfield_core::sql_types::{BlindIndex, Ciphertext};
///     use encfield_core::{Email, Shared};
///     use super::Addresses;
///
///     invitations (id) {
///         id -> Integer,
///         email -> Ciphertext<email>,
///         email_index -> BlindIndex<Shared<email, Addresses>, Email>,
///     }
/// }
/// # fn main() {}
/// ```
///
/// It leaks which rows of the tables hold equal values.
pub struct Shared<C, D>(PhantomData<fn() -> (C, D)>);

impl<C, D> IndexSource for Shared<C, D>
where
    C: Column + 'static,
    C::SqlType: CiphertextType,
    D: IndexDomain,
{
    fn place() -> Result<SourcePlace, Error> {
        Ok(SourcePlace {
            place: IndexPlace::of_domain(D::NAME),
            context: context::<C>()?,
        })
    }

    fn is_made_of(column: TypeId) -> bool {
        column == TypeId::of::<C>()
    }

    fn made_of() -> MadeOf {
        MadeOf::Domain(D::NAME)
    }
}

/// Several columns that are found together: `Compound<(name, birth_date)>`.
///
/// The normaliser is a tuple as well, one for each column: `BlindIndex<Compound<(name, birth_date)>,
/// (CaseFolded, Year)>`. A row in which one of the values is NULL or has no normal form has no tag.
///
/// It leaks which rows hold equal combinations, which is less than an index on each column does.
pub struct Compound<T>(PhantomData<fn() -> T>);

macro_rules! compound {
    ($($first:ident, $($other:ident),*;)*) => {$(
        impl<$first, $($other),*> IndexSource for Compound<($first, $($other),*)>
        where
            $first: Column<SqlType: CiphertextType> + 'static,
            $($other: Column<SqlType: CiphertextType, Table = $first::Table> + 'static,)*
        {
            fn place() -> Result<SourcePlace, Error> {
                let contexts = [context::<$first>()?, $(context::<$other>()?),*];
                let names = contexts.map(|context| (context.table(), context.column()));
                let [context, ..] = contexts;
                Ok(SourcePlace { place: IndexPlace::of_compound(&names), context })
            }

            fn is_made_of(column: TypeId) -> bool {
                [TypeId::of::<$first>(), $(TypeId::of::<$other>()),*].contains(&column)
            }

            fn made_of() -> MadeOf {
                MadeOf::Columns(vec![$first::NAME, $($other::NAME),*])
            }
        }

        impl<K, $first, $($other),*> IndexOf<($first, $($other),*)>
            for BlindIndex<Compound<($first, $($other),*)>, K>
        {
        }
    )*};
}

compound! {
    A, B;
    A, B, C;
    A, B, C, D;
}

/// The SQL type of a blind index, NULL or not.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` is not a blind index",
    label = "only a blind index can be looked up",
    note = "two ciphertexts of one value differ, so nothing is ever found by a ciphertext: give the table a column like `passport_index -> Nullable<BlindIndex<passport_number>>` and look up that one"
)]
pub trait IndexType: SqlType {
    /// What the index is made of.
    type Source: IndexSource;
    /// How its tags are made.
    type Tagging: Tagging;
    /// The SQL type of a lookup's answer: NULL where the index is.
    type Answer: SqlType;

    /// Whether a value without a normal form can be stored.
    #[doc(hidden)]
    const CAN_BE_NULL: bool;
}

impl<C: IndexSource, K: Tagging> IndexType for BlindIndex<C, K> {
    type Source = C;
    type Tagging = K;
    type Answer = Bool;
    const CAN_BE_NULL: bool = false;
}

impl<C: IndexSource, K: Tagging> IndexType for Nullable<BlindIndex<C, K>> {
    type Source = C;
    type Tagging = K;
    type Answer = Nullable<Bool>;
    const CAN_BE_NULL: bool = true;
}

/// The SQL type of a blind index that can be NULL.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` cannot be NULL, and the indexed field is an `Option`",
    label = "`None` would need a tag here",
    note = "declare the index column as `Nullable<BlindIndex<..>>`, or hide `None` with `#[sensitive(hide_null, index = ..)]`"
)]
pub trait NullableIndex: IndexType {}

impl<C: IndexSource, K: Tagging> NullableIndex for Nullable<BlindIndex<C, K>> {}

/// That an index of this SQL type is made of the column, or of the columns of the tuple in this
/// order.
#[diagnostic::on_unimplemented(
    message = "a column of type `{Self}` is not a blind index of `{C}`",
    label = "the index is made of something else",
    note = "`index = ..` names a column whose SQL type is `BlindIndex<this column>`; a compound index is named on each of its fields, which stand in the struct in the order of `Compound<(..)>`"
)]
pub trait IndexOf<C> {}

impl<C: Column, K> IndexOf<C> for BlindIndex<C, K> {}
impl<C: Column, D, K> IndexOf<C> for BlindIndex<Shared<C, D>, K> {}
impl<C, I: IndexOf<C>> IndexOf<C> for Nullable<I> {}

impl<C, D> fmt::Debug for Shared<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl<T> fmt::Debug for Compound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compound")
    }
}
