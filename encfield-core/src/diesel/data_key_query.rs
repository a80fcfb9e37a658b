//! What is asked of the table of data keys, in SQL that every backend knows.

use std::fmt;

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

use crate::secret::Redacted;

/// A row of the table: key id, scope, wrapped key, when it was made and when it was destroyed.
pub(super) type DataKeyRow = (String, String, Option<Vec<u8>>, i64, Option<i64>);

/// A statement on the table of data keys.
#[derive(Clone, Copy, Debug)]
pub struct DataKeyQuery<'a> {
    pub(super) table: &'a str,
    pub(super) operation: Operation<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operation<'a> {
    All,
    OfScope(Hidden<'a, str>),
    WithId(&'a str),
    Insert {
        id: &'a str,
        scope: Hidden<'a, str>,
        wrapped: Hidden<'a, [u8]>,
        created_at: i64,
    },
    Rewrap {
        id: &'a str,
        old: Hidden<'a, [u8]>,
        new: Hidden<'a, [u8]>,
    },
    Erase {
        id: &'a str,
        at: i64,
    },
}

/// A bind that whatever prints a query does not print: a wrapped key, or a scope, which may be personal.
pub(super) struct Hidden<'a, T: ?Sized>(pub(super) &'a T);

impl<T: ?Sized> Clone for Hidden<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Hidden<'_, T> {}

impl<T: ?Sized> fmt::Debug for Hidden<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl<T, ST, DB> ToSql<ST, DB> for Hidden<'_, T>
where
    T: ToSql<ST, DB> + ?Sized,
    DB: Backend,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB> QueryFragment<DB> for DataKeyQuery<'_>
where
    DB: Backend,
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        let select = "SELECT key_id, scope, wrapped_key, created_at, shredded_at FROM ";
        match &self.operation {
            Operation::All => {
                pass.push_sql(select);
                self.table(&mut pass)
            }
            Operation::OfScope(scope) => {
                pass.push_sql(select);
                self.table(&mut pass)?;
                pass.push_sql(" WHERE scope = ");
                pass.push_bind_param::<Text, Hidden<'_, str>>(scope)
            }
            Operation::WithId(id) => {
                pass.push_sql(select);
                self.table(&mut pass)?;
                pass.push_sql(" WHERE key_id = ");
                pass.push_bind_param::<Text, str>(id)
            }
            Operation::Insert {
                id,
                scope,
                wrapped,
                created_at,
            } => {
                pass.push_sql("INSERT INTO ");
                self.table(&mut pass)?;
                pass.push_sql(" (key_id, scope, wrapped_key, created_at) VALUES (");
                pass.push_bind_param::<Text, str>(id)?;
                pass.push_sql(", ");
                pass.push_bind_param::<Text, Hidden<'_, str>>(scope)?;
                pass.push_sql(", ");
                pass.push_bind_param::<Binary, Hidden<'_, [u8]>>(wrapped)?;
                pass.push_sql(", ");
                pass.push_bind_param::<BigInt, i64>(created_at)?;
                pass.push_sql(")");
                Ok(())
            }
            Operation::Rewrap { id, old, new } => {
                pass.push_sql("UPDATE ");
                self.table(&mut pass)?;
                pass.push_sql(" SET wrapped_key = ");
                pass.push_bind_param::<Binary, Hidden<'_, [u8]>>(new)?;
                pass.push_sql(" WHERE key_id = ");
                pass.push_bind_param::<Text, str>(id)?;
                pass.push_sql(" AND wrapped_key = ");
                pass.push_bind_param::<Binary, Hidden<'_, [u8]>>(old)
            }
            Operation::Erase { id, at } => {
                pass.push_sql("UPDATE ");
                self.table(&mut pass)?;
                pass.push_sql(" SET wrapped_key = NULL, shredded_at = ");
                pass.push_bind_param::<BigInt, i64>(at)?;
                pass.push_sql(" WHERE key_id = ");
                pass.push_bind_param::<Text, str>(id)?;
                pass.push_sql(" AND wrapped_key IS NOT NULL");
                Ok(())
            }
        }
    }
}

impl DataKeyQuery<'_> {
    fn table<DB: Backend>(&self, pass: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        super::statement::push_table(pass, self.table)
    }
}

impl QueryId for DataKeyQuery<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for DataKeyQuery<'_> {
    type SqlType = (Text, Text, Nullable<Binary>, BigInt, Nullable<BigInt>);
}

impl<C> RunQueryDsl<C> for DataKeyQuery<'_> {}
