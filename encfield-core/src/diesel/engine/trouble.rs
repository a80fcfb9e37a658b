//! What goes wrong in a transaction: passing, of one row, or for good.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as QueryError};

use super::connection::EngineConnection;
use crate::error::{Error, ErrorKind};

/// How often a transaction is tried in all that was in another one's way.
const OFTEN: usize = 10;

/// How often where the database does not say what was wrong in a way that can be told from others.
const SOME: usize = 3;

/// What went wrong in a transaction: in the database, or with us.
///
/// A database's messages come in its own language, so nothing rests on them. Where they are English they make
/// a better reason, and save a second try.
pub(super) enum Trouble {
    Query(QueryError),
    Ours(Error),
    /// The same, and the database went back further than it was told to, or is gone: nothing of the
    /// transaction is left.
    Undone(Box<Self>),
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
    /// How often the same is tried in all, because it may go well when it is done again.
    ///
    /// Diesel knows a deadlock of MySQL, and not one of PostgreSQL: so what it does not know is tried again,
    /// too.
    pub(super) fn tries(&self) -> usize {
        let (kind, message) = match self {
            Self::Ours(_) => return 1,
            Self::Undone(inner) if inner.is_full_disk() => return 1,
            Self::Undone(inner) => return inner.tries().max(SOME),
            Self::Query(QueryError::DatabaseError(kind, info)) => (kind, lower(info.as_ref())),
            Self::Query(_) => return 1,
        };
        let in_the_way = ["deadlock", "is locked", "lock wait timeout"];
        match kind {
            DatabaseErrorKind::SerializationFailure => OFTEN,
            kind if !is_unknown(kind) || self.is_full_disk() => 1,
            _ if in_the_way.iter().any(|words| message.contains(words)) => OFTEN,
            _ => SOME,
        }
    }

    /// Whether it may be of one row, where others can be written all the same.
    pub(super) fn may_be_of_the_row(&self) -> bool {
        match self {
            Self::Query(QueryError::DatabaseError(kind, _)) => {
                let of_all = matches!(
                    kind,
                    DatabaseErrorKind::SerializationFailure
                        | DatabaseErrorKind::ReadOnlyTransaction
                        | DatabaseErrorKind::ClosedConnection
                );
                !of_all && !self.is_full_disk() && self.tries() < OFTEN
            }
            // A value that the client's library does not take.
            Self::Query(QueryError::SerializationError(_)) => true,
            Self::Query(_) | Self::Ours(_) | Self::Undone(_) => false,
        }
    }

    /// What is wrong with the row itself, where the database says so.
    pub(super) fn of_the_row(&self) -> Option<&'static str> {
        let Self::Query(QueryError::DatabaseError(kind, info)) = self else {
            return None;
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => return Some("the value is there already"),
            DatabaseErrorKind::NotNullViolation => return Some("the column cannot be NULL"),
            DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::RestrictViolation => return Some("a constraint forbids it"),
            DatabaseErrorKind::ForeignKeyViolation => return Some("a foreign key forbids it"),
            _ => {}
        }
        let message = lower(info.as_ref());
        let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
        if has(&["too long", "too big", "out of range", "truncated"]) {
            Some("the column is too small for the value")
        } else if has(&["incorrect", "invalid input", "invalid byte"]) {
            Some("the column does not take the value")
        } else {
            None
        }
    }

    fn is_full_disk(&self) -> bool {
        match self {
            // SQLite's disk, MySQL's table; and what the operating system says.
            Self::Query(QueryError::DatabaseError(_, info)) => {
                info.message().contains("is full") || info.message().contains("No space left")
            }
            Self::Undone(inner) => inner.is_full_disk(),
            _ => false,
        }
    }

    /// The error to be told. The database's own words may quote a value.
    pub(super) fn into_error(self) -> Error {
        let full = self.is_full_disk();
        let note = match self {
            Self::Ours(error) => return error,
            Self::Undone(inner) => return inner.into_error(),
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) => {
                "the connection is closed"
            }
            Self::Query(QueryError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)) => {
                "a statement could not be sent"
            }
            Self::Query(QueryError::DatabaseError(_, _)) if full => "its disk is full",
            Self::Query(QueryError::DatabaseError(_, info)) if info.message().contains("lock") => {
                "somebody else holds what the job needs"
            }
            Self::Query(QueryError::BrokenTransactionManager) => "the connection is closed",
            Self::Query(_) => "a statement was refused",
        };
        Error::new(ErrorKind::Database).with_note(note)
    }
}

fn lower(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> String {
    info.message().to_ascii_lowercase()
}

/// Whether Diesel has no name for it.
fn is_unknown(kind: &DatabaseErrorKind) -> bool {
    !matches!(
        kind,
        DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ReadOnlyTransaction
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::ClosedConnection
    )
}

/// Runs the closure in a transaction, and tells its own trouble.
///
/// Where the database has rolled back by itself, as SQLite does when its disk is full and MySQL after a
/// deadlock, Diesel would tell that there was nothing to roll back.
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
    result.map_err(|trouble| match (own, trouble) {
        (Some(own), Trouble::Query(QueryError::RollbackTransaction)) => own,
        (Some(own @ Trouble::Query(_)), _) => Trouble::Undone(Box::new(own)),
        (Some(own), _) => own,
        (None, trouble) => trouble,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: DatabaseErrorKind, message: &str) -> Trouble {
        Trouble::Query(QueryError::DatabaseError(
            kind,
            Box::new(message.to_owned()),
        ))
    }

    #[test]
    fn what_a_database_says_in_any_language_is_tried_again_or_held_against_the_row() {
        let unknown = |message| said(DatabaseErrorKind::Unknown, message);
        for message in ["Verklemmung entdeckt", "Wert zu lang", "value too long"] {
            assert_eq!(unknown(message).tries(), SOME, "{message}");
            assert!(unknown(message).may_be_of_the_row(), "{message}");
        }
        assert_eq!(unknown("deadlock detected").tries(), OFTEN);
        assert_eq!(unknown("database or disk is full").tries(), 1);
        assert!(!unknown("database or disk is full").may_be_of_the_row());
        assert!(!unknown("deadlock detected").may_be_of_the_row());
        let gone = || said(DatabaseErrorKind::ClosedConnection, "weg");
        assert_eq!((gone().tries(), gone().may_be_of_the_row()), (1, false));
        let check = || said(DatabaseErrorKind::CheckViolation, "verletzt");
        assert_eq!((check().tries(), check().may_be_of_the_row()), (1, true));
        assert!(check().of_the_row().is_some());
        // Nothing is left of the transaction: its rows are not gone on with one by one.
        let undone = Trouble::Undone(Box::new(check()));
        assert_eq!((undone.tries(), undone.may_be_of_the_row()), (SOME, false));
        assert!(undone.of_the_row().is_none());
    }
}
