//! The database: SQLite, or PostgreSQL without a client library.

use std::fmt;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::Integer;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use encfield::{IndexExpressionMethods, sensitive_variables};

use crate::profile::{Change, NewProfile, Profile, RawRow, profiles};

/// A pool of connections to the one or the other.
pub enum Store {
    /// `sqlite:PATH`, a path, or `:memory:`.
    Sqlite(Pool<SyncConnectionWrapper<SqliteConnection>>),
    /// `postgres://..`
    Postgres(Pool<AsyncPgConnection>),
}

/// The same work on a connection of either kind.
macro_rules! on {
    ($store:expr, |$conn:ident| $work:expr) => {
        match $store {
            Store::Sqlite(pool) => {
                let $conn = &mut pool.get().await.map_err(|_| StoreError::Unreachable)?;
                $work
            }
            Store::Postgres(pool) => {
                let $conn = &mut pool.get().await.map_err(|_| StoreError::Unreachable)?;
                $work
            }
        }
    };
}

impl Store {
    /// Opens a database and makes the table, if it is not there.
    ///
    /// # Errors
    /// When it is not there, or does not let anybody in.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let unreachable = |_| StoreError::Unreachable;
        let store = if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(url);
            Self::Postgres(
                Pool::builder(manager)
                    .max_size(8)
                    .build()
                    .map_err(unreachable)?,
            )
        } else {
            let path = url.strip_prefix("sqlite:").unwrap_or(url);
            let manager = AsyncDieselConnectionManager::<SyncConnectionWrapper<_>>::new(path);
            // SQLite has one writer, and a database in memory one connection.
            Self::Sqlite(
                Pool::builder(manager)
                    .max_size(1)
                    .build()
                    .map_err(unreachable)?,
            )
        };
        let (counter, bytes) = match store {
            Self::Sqlite(_) => ("INTEGER PRIMARY KEY", "BLOB"),
            Self::Postgres(_) => ("SERIAL PRIMARY KEY", "BYTEA"),
        };
        let table = format!(
            "CREATE TABLE IF NOT EXISTS profiles (
                 id {counter} NOT NULL,
                 name TEXT NOT NULL,
                 country TEXT NOT NULL,
                 phone_number {bytes} NOT NULL,
                 phone_index {bytes} NOT NULL,
                 passport_number {bytes} NOT NULL,
                 passport_index {bytes} NOT NULL
             );
             CREATE INDEX IF NOT EXISTS profiles_phone ON profiles (phone_index);
             CREATE UNIQUE INDEX IF NOT EXISTS profiles_passport ON profiles (passport_index);"
        );
        on!(&store, |conn| conn.batch_execute(&table).await)?;
        Ok(store)
    }

    /// Stores a new profile, and gives its id.
    pub(crate) async fn insert(&self, profile: &NewProfile) -> Result<i32, StoreError> {
        let id = on!(self, |conn| {
            diesel::insert_into(profiles::table)
                .values(profile)
                .returning(profiles::id)
                .get_result(conn)
                .await
        })?;
        tracing::info!(id, ?profile, "signed up");
        Ok(id)
    }

    pub(crate) async fn change(&self, id: i32, change: &Change) -> Result<(), StoreError> {
        let rows = on!(self, |conn| {
            diesel::update(profiles::table.find(id))
                .set(change)
                .execute(conn)
                .await
        })?;
        tracing::info!(id, ?change, "changed");
        match rows {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    pub(crate) async fn find(&self, id: i32) -> Result<Profile, StoreError> {
        let found = on!(self, |conn| {
            profiles::table
                .find(id)
                .select(Profile::as_select())
                .first(conn)
                .await
        })?;
        Ok(found)
    }

    /// How many the list has.
    pub(crate) const SHOWN: i64 = 100;

    /// The first of them.
    pub(crate) async fn all(&self) -> Result<Vec<Profile>, StoreError> {
        let found = on!(self, |conn| {
            profiles::table
                .order(profiles::id)
                .limit(Self::SHOWN)
                .select(Profile::as_select())
                .load(conn)
                .await
        })?;
        Ok(found)
    }

    /// Those with this number, however it is spelled.
    #[sensitive_variables(phone_number)]
    pub(crate) async fn by_phone(&self, phone_number: &str) -> Result<Vec<Profile>, StoreError> {
        let found = on!(self, |conn| {
            profiles::table
                .filter(profiles::phone_index.matches(phone_number))
                .select(Profile::as_select())
                .load(conn)
                .await
        })?;
        Ok(found)
    }

    #[sensitive_variables(passport_number)]
    pub(crate) async fn by_passport(
        &self,
        passport_number: &str,
    ) -> Result<Vec<Profile>, StoreError> {
        let found = on!(self, |conn| {
            profiles::table
                .filter(profiles::passport_index.matches(passport_number))
                .select(Profile::as_select())
                .load(conn)
                .await
        })?;
        Ok(found)
    }

    /// What somebody sees who has the database and no key.
    pub(crate) async fn raw(&self, id: i32) -> Result<RawRow, StoreError> {
        const COLUMNS: &str = "SELECT name, country, phone_number, phone_index, passport_number, \
                               passport_index FROM profiles WHERE id = ";
        let query = match self {
            Self::Sqlite(_) => format!("{COLUMNS}?"),
            Self::Postgres(_) => format!("{COLUMNS}$1"),
        };
        let found = on!(self, |conn| {
            diesel::sql_query(query)
                .bind::<Integer, _>(id)
                .get_result(conn)
                .await
        })?;
        Ok(found)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite(_) => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

/// What went wrong with the database.
#[derive(Debug)]
pub enum StoreError {
    /// There is no such profile.
    NotFound,
    /// Somebody has this passport number already.
    PassportTaken,
    /// Nobody answers at the URL.
    Unreachable,
    /// The query failed. Its text names no value.
    Query(QueryError),
    /// The system gives no random bytes, so nobody can be signed up.
    Entropy,
}

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::NotFound => Self::NotFound,
            // The one unique column.
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::PassportTaken,
            error => Self::Query(error),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such profile"),
            Self::PassportTaken => f.write_str("the passport number is registered already"),
            Self::Unreachable => f.write_str("the database cannot be reached; see DATABASE_URL"),
            Self::Query(error) => error.fmt(f),
            Self::Entropy => f.write_str("the system gives no random bytes for a session"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Query(error) => error.source(),
            _ => None,
        }
    }
}
