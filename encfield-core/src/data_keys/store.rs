//! Where wrapped data keys are kept.

use std::thread;

use super::record::DataKeyRecord;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;

/// Where wrapped data keys are kept; mostly a [`DataKeyTable`](crate::DataKeyTable).
///
/// Implement it for a place of your own: a service that all processes ask, say.
pub trait DataKeyStore: Send + Sync {
    /// The record that is wanted, also of a data key that was destroyed.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`], made with [`Error::data_key_store`], when it cannot be told.
    fn find(&self, table: &str, wanted: Wanted<'_>) -> Result<Option<DataKeyRecord>, Error>;

    /// Keeps a new record for good, unless its scope has one already, which is no error.
    ///
    /// Two processes may come with the same scope at once: one record is kept, whole.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`] when nothing was kept.
    fn insert(&self, table: &str, record: &DataKeyRecord) -> Result<(), Error>;
}

/// Which record is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// That of this scope, `name=value`.
    Scope(&'a str),
    /// That of the data key with this id.
    Id(KeyId),
}

/// A store that is asked on a thread of its own: it may block and run an executor of its own there,
/// also when a value is sealed or opened in asynchronous code.
pub(super) struct OnItsOwnThread<S>(pub(super) S);

impl<S: DataKeyStore> DataKeyStore for OnItsOwnThread<S> {
    fn find(&self, table: &str, wanted: Wanted<'_>) -> Result<Option<DataKeyRecord>, Error> {
        apart(|| self.0.find(table, wanted))
    }

    fn insert(&self, table: &str, record: &DataKeyRecord) -> Result<(), Error> {
        apart(|| self.0.insert(table, record))
    }
}

fn apart<R: Send>(ask: impl FnOnce() -> Result<R, Error> + Send) -> Result<R, Error> {
    let failed = |note| Error::new(ErrorKind::DataKeyStore).with_note(note);
    thread::scope(|scope| {
        thread::Builder::new()
            .spawn_scoped(scope, ask)
            .map_err(|_| failed("no thread could be started"))?
            .join()
            .map_err(|_| failed("it panicked"))?
    })
}

impl Error {
    /// An error of a [`DataKeyStore`], with a reason that holds no secret.
    #[must_use]
    pub fn data_key_store(reason: &'static str) -> Self {
        Self::new(ErrorKind::DataKeyStore).with_note(reason)
    }
}
