//! The table of data keys in a database.

use std::fmt;

use diesel::connection::TransactionManager;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::{Connection, RunQueryDsl};

use super::data_key_query::{DataKeyQuery, DataKeyRow, Hidden, Operation};
use crate::data_keys::{DataKeyRecord, DataKeyStore, Wanted};
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;

/// A backend that the table of data keys can be made on.
pub trait HasDataKeyTable {
    /// The statement that makes the table `encfield_data_keys`, if it is not there: a migration.
    const CREATE_DATA_KEY_TABLE: &'static str;

    /// Run before a row is written, so that what it holds is not left behind in the database's files.
    #[doc(hidden)]
    const BEFORE_WRITING: Option<&'static str> = None;

    /// Run after a key was destroyed, for the same.
    #[doc(hidden)]
    const AFTER_ERASING: Option<&'static str> = None;
}

/// A connection that data keys can be kept through: one of Diesel's, of a pool, or of your own.
pub trait DataKeyConnection: Connection<Backend: HasDataKeyTable> + Send {
    /// Loads the rows that a query finds.
    #[doc(hidden)]
    fn rows(&mut self, query: DataKeyQuery<'_>) -> Result<Vec<DataKeyRow>, QueryError>;

    /// Runs a query that changes rows, and says how many.
    #[doc(hidden)]
    fn run(&mut self, query: DataKeyQuery<'_>) -> Result<usize, QueryError>;
}

impl<C> DataKeyConnection for C
where
    C: Connection<Backend: HasDataKeyTable> + Send,
    for<'q> DataKeyQuery<'q>: diesel::query_dsl::methods::LoadQuery<'q, C, DataKeyRow>
        + diesel::query_dsl::methods::ExecuteDsl<C>,
{
    fn rows(&mut self, query: DataKeyQuery<'_>) -> Result<Vec<DataKeyRow>, QueryError> {
        query.load(self)
    }

    fn run(&mut self, query: DataKeyQuery<'_>) -> Result<usize, QueryError> {
        query.execute(self)
    }
}

/// The table of data keys, reached through connections of its own.
///
/// The closure gives a connection whenever a data key is not in memory: a new one, or one of a pool
/// that nothing else uses. It is called outside of every transaction, on a thread of its own.
///
/// On SQLite give the connection a `busy_timeout`: a data key cannot be stored while another
/// connection writes. Within a transaction of the program's own that is its own doing, and
/// [`DataKeys::prepare`](crate::DataKeys::prepare) before the transaction is the way out.
pub struct DataKeyTable<F> {
    connect: F,
}

impl<F, C, E> DataKeyTable<F>
where
    F: Fn() -> Result<C, E> + Send + Sync,
    C: DataKeyConnection,
{
    /// The table behind the connections that the closure gives.
    pub const fn new(connect: F) -> Self {
        Self { connect }
    }

    fn connection(&self) -> Result<C, Error> {
        // The reason may hold an address and a password.
        (self.connect)().map_err(|_| Error::data_key_store("there was no connection"))
    }
}

impl<F, C, E> DataKeyStore for DataKeyTable<F>
where
    F: Fn() -> Result<C, E> + Send + Sync,
    C: DataKeyConnection,
{
    fn find(&self, table: &str, wanted: Wanted<'_>) -> Result<Option<DataKeyRecord>, Error> {
        find(&mut self.connection()?, table, wanted)
    }

    fn insert(&self, table: &str, record: &DataKeyRecord) -> Result<(), Error> {
        insert(&mut self.connection()?, table, record)
    }
}

impl<F> fmt::Debug for DataKeyTable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKeyTable")
    }
}

pub(super) fn find<C: DataKeyConnection>(
    conn: &mut C,
    table: &str,
    wanted: Wanted<'_>,
) -> Result<Option<DataKeyRecord>, Error> {
    let id;
    let operation = match wanted {
        Wanted::Scope(scope) => Operation::OfScope(Hidden(scope)),
        Wanted::Id(key_id) => {
            id = key_id.to_string();
            Operation::WithId(&id)
        }
    };
    let rows = conn.rows(DataKeyQuery { table, operation });
    let rows = rows.map_err(|error| refused(&error))?;
    rows.into_iter().next().map(record).transpose()
}

pub(super) fn insert<C: DataKeyConnection>(
    conn: &mut C,
    table: &str,
    new: &DataKeyRecord,
) -> Result<(), Error> {
    refuse_transaction(conn)?;
    before_writing(conn)?;
    let inserted = conn.run(DataKeyQuery {
        table,
        operation: Operation::Insert {
            id: &new.key_id.to_string(),
            scope: Hidden(&new.scope),
            wrapped: Hidden(new.wrapped_key.as_deref().unwrap_or_default()),
            created_at: new.created_at,
        },
    });
    match inserted {
        // Somebody else was first, which is as good.
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(()),
        inserted => inserted.map(drop).map_err(|error| refused(&error)),
    }
}

pub(super) fn erase<C: DataKeyConnection>(
    conn: &mut C,
    table: &str,
    key: KeyId,
) -> Result<bool, Error> {
    let id = key.to_string();
    before_writing(conn)?;
    let erased = conn.run(DataKeyQuery {
        table,
        operation: Operation::Erase {
            id: &id,
            at: crate::data_keys::now(),
        },
    });
    let erased = erased
        .map(|rows| rows > 0)
        .map_err(|error| refused(&error))?;
    if let Some(sql) = <C::Backend as HasDataKeyTable>::AFTER_ERASING {
        // A reader may keep it from being done now; the database does it later.
        let _ = conn.batch_execute(sql);
    }
    Ok(erased)
}

/// Sees to it that nothing of what is overwritten is left in the database's files.
pub(super) fn before_writing<C: DataKeyConnection>(conn: &mut C) -> Result<(), Error> {
    match <C::Backend as HasDataKeyTable>::BEFORE_WRITING {
        Some(sql) => conn.batch_execute(sql).map_err(|error| refused(&error)),
        None => Ok(()),
    }
}

pub(super) fn record(row: DataKeyRow) -> Result<DataKeyRecord, Error> {
    let (key_id, scope, wrapped_key, created_at, shredded_at) = row;
    Ok(DataKeyRecord {
        key_id: KeyId::from_hex(&key_id).ok_or_else(|| {
            Error::new(ErrorKind::DataKeyInvalid).with_note("a row has no key id")
        })?,
        scope,
        wrapped_key,
        created_at,
        shredded_at,
    })
}

/// A data key that a rollback takes away is lost, with every value that was sealed under it.
pub(super) fn refuse_transaction<C: Connection>(conn: &mut C) -> Result<(), Error> {
    let status = C::TransactionManager::transaction_manager_status_mut(conn);
    match status.transaction_depth() {
        Ok(None) => Ok(()),
        _ => Err(Error::data_key_store("within a transaction; do it before")),
    }
}

/// The database's own words may quote a row.
pub(super) fn refused(error: &QueryError) -> Error {
    Error::data_key_store(match error {
        QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => {
            "the connection is closed"
        }
        QueryError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
            "the transaction is read-only"
        }
        QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
            "a serialisation failure, try again"
        }
        QueryError::DeserializationError(_) => "a column has another type",
        _ => "the table is missing or locked, or the database refused",
    })
}
