//! What goes wrong in a transaction: passing, of one row, or for good.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::connection::EngineConnection;
use crate::error::{Error, ErrorKind};

/// What went wrong in a transaction: in the database, or with us.
pub(super) enum Trouble {
    Query(QueryError),
    Ours(Error),
}

impl From<QueryError> for Trouble {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Trouble {
    /// Whether the same may go well when it is done again: two transactions were in each other's way.
    pub(super) fn is_passing(&self) -> bool {
        let Self::Query(QueryError::DatabaseError(kind, info)) = self else {
            return false;
        };
        let message = info.message().to_ascii_lowercase();
        matches!(kind, DatabaseErrorKind::SerializationFailure)
            || message.contains("deadlock")
            || message.contains("is locked")
            || message.contains("lock wait timeout")
    }

    /// What is wrong with the row itself, where the next one may be written all the same.
    pub(super) fn of_the_row(&self) -> Option<&'static str> {
        let Self::Query(QueryError::DatabaseError(kind, info)) = self else {
            return None;
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => return Some("the value is there already"),
            DatabaseErrorKind::NotNullViolation => return Some("the column cannot be NULL"),
            DatabaseErrorKind::CheckViolation => return Some("a constraint forbids it"),
            DatabaseErrorKind::ForeignKeyViolation => return Some("a foreign key forbids it"),
            _ => {}
        }
        let message = info.message().to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
        if has(&["too long", "out of range", "truncated"]) {
            Some("the column is too small for the value")
        } else if has(&["incorrect", "invalid input", "invalid byte"]) {
            Some("the column does not take the value")
        } else {
            None
        }
    }

    /// The error to be told. The database's own words may quote a value.
    pub(super) fn into_error(self) -> Error {
        let note = match self {
            Self::Ours(error) => return error,
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) => {
                "the connection is closed"
            }
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)) => {
                "a statement could not be sent"
            }
            Self::Query(QueryError::DatabaseError(_, info))
                // SQLite's disk, MySQL's table; and what the operating system says.
                if info.message().contains("is full")
                    || info.message().contains("No space left") =>
            {
                "its disk is full"
            }
            Self::Query(QueryError::DatabaseError(_, info)) if info.message().contains("lock") => {
                "somebody else holds what the job needs"
            }
            Self::Query(QueryError::BrokenTransactionManager) => "the connection is closed",
            Self::Query(_) => "a statement was refused",
        };
        Error::new(ErrorKind::Database).with_note(note)
    }
}

/// Runs the closure in a transaction, and tells its own trouble.
///
/// Where the database has rolled back by itself, as SQLite does when its disk is full, Diesel would tell
/// that there was nothing to roll back.
pub(super) fn in_transaction<C: EngineConnection, R>(
    conn: &mut C,
    run: impl FnOnce(&mut C) -> Result<R, Trouble>,
) -> Result<R, Trouble> {
    let mut own = None;
    let result = conn.transaction(|conn| {
        run(conn).map_err(|trouble| {
            own = Some(trouble);
            Trouble::Query(QueryError::RollbackTransaction)
        })
    });
    result.map_err(|trouble| own.unwrap_or(trouble))
}
