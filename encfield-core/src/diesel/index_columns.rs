//! Which blind indexes a column has, so that no write sets the column and leaves one behind.
//!
//! Diesel's `table!` says it: an index column's SQL type names the column that it is made of. But no
//! trait that an SQL type must implement can tell an index from another type without every other
//! type saying that it is none. All of them implement `QueryId`, though, whose function can be
//! asked. So a blind index notes there that it was asked, and here each column of a table is asked
//! in turn.

use std::any::TypeId;
use std::cell::Cell;

use diesel::query_builder::QueryId;
use diesel::sql_types::IntoNotNullable;
use diesel::{Column, Table};

use super::column::{EncryptedColumn, Renamed};
use crate::error::{Error, ErrorKind};

/// Whether an index is made of a column.
type IsMadeOf = fn(TypeId) -> bool;

thread_local! {
    /// The index that was asked last.
    static SEEN: Cell<Option<IsMadeOf>> = const { Cell::new(None) };
}

/// Called by a blind index when it is asked for its query id.
pub(super) fn seen(is_made_of: IsMadeOf) {
    // A thread that is ending writes nothing that it could leave behind.
    let _ = SEEN.try_with(|seen| seen.set(Some(is_made_of)));
}

/// What the index of this SQL type is made of, if it is one.
fn index<ST: QueryId>() -> Option<IsMadeOf> {
    let _ = SEEN.try_with(Cell::take);
    let _ = ST::query_id();
    SEEN.try_with(Cell::take).ok().flatten()
}

/// A column whose blind indexes are known: every column of `diesel::table!`.
#[diagnostic::on_unimplemented(
    message = "the blind indexes of `{Self}` cannot be told",
    label = "not a column of a table",
    note = "each column's SQL type must implement `diesel::query_builder::QueryId`, which is derived beside `SqlType`; a table can have up to 128 columns"
)]
pub trait IndexedColumn: 'static {
    /// Fails when an index is made of this column and is not among those that the write fills.
    #[doc(hidden)]
    fn leaves_none_behind(filled: &[TypeId]) -> Result<(), Error>;
}

impl<C> IndexedColumn for C
where
    C: Column + EncryptedColumn,
    C::Table: Table<AllColumns: TableColumns>,
{
    fn leaves_none_behind(filled: &[TypeId]) -> Result<(), Error> {
        let left = <C::Table as Table>::AllColumns::index_made_of(TypeId::of::<C>(), filled);
        left.map_or(Ok(()), |index| {
            let error = Error::new(ErrorKind::IndexNotFilled).with_note(index);
            Err(C::context()?.blame(error))
        })
    }
}

impl<C: IndexedColumn + EncryptedColumn, F: 'static> IndexedColumn for Renamed<C, F> {
    fn leaves_none_behind(filled: &[TypeId]) -> Result<(), Error> {
        C::leaves_none_behind(filled)
    }
}

/// The columns of a table.
#[diagnostic::on_unimplemented(
    message = "the columns of this table cannot be looked through for blind indexes",
    note = "each column's SQL type must implement `diesel::query_builder::QueryId`, which is derived beside `SqlType`; a table can have up to 128 columns"
)]
pub trait TableColumns {
    /// The name of an index that is made of the column and is not among these.
    #[doc(hidden)]
    fn index_made_of(column: TypeId, but: &[TypeId]) -> Option<&'static str>;
}

/// A column of a table, asked alone.
trait OneColumn {
    fn name_if_made_of(column: TypeId, but: &[TypeId]) -> Option<&'static str>;
}

impl<C> OneColumn for C
where
    C: Column<SqlType: IntoNotNullable<NotNullable: QueryId>> + 'static,
{
    fn name_if_made_of(column: TypeId, but: &[TypeId]) -> Option<&'static str> {
        let is_made_of = index::<<C::SqlType as IntoNotNullable>::NotNullable>()?;
        (is_made_of(column) && !but.contains(&TypeId::of::<C>())).then_some(C::NAME)
    }
}

/// One impl for each number of columns, by taking one column away after another.
macro_rules! table_columns {
    ($last:ident) => {
        table_columns!(@ $last);
    };
    ($first:ident $($rest:ident)+) => {
        table_columns!(@ $first $($rest)+);
        table_columns!($($rest)+);
    };
    (@ $($column:ident)+) => {
        #[allow(private_bounds, reason = "what a column must be is said by the trait's message")]
        impl<$($column: OneColumn),+> TableColumns for ($($column,)+) {
            fn index_made_of(column: TypeId, but: &[TypeId]) -> Option<&'static str> {
                None$(.or_else(|| $column::name_if_made_of(column, but)))+
            }
        }
    };
}

#[rustfmt::skip]
table_columns!(
    C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25
    C26 C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48 C49
    C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64 C65 C66 C67 C68 C69 C70 C71 C72 C73
    C74 C75 C76 C77 C78 C79 C80 C81 C82 C83 C84 C85 C86 C87 C88 C89 C90 C91 C92 C93 C94 C95 C96 C97
    C98 C99 C100 C101 C102 C103 C104 C105 C106 C107 C108 C109 C110 C111 C112 C113 C114 C115 C116
    C117 C118 C119 C120 C121 C122 C123 C124 C125 C126 C127
);
