//! The data keys of scopes: made on first use, kept wrapped in a table, held in memory for a while.

mod cache;
mod record;
mod store;
mod tombstones;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::data_key::{DataKey, FindDataKey};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::key_id::KeyId;
use crate::keyring::Keyring;
use crate::scope::Scope;

use self::cache::Cache;
pub use self::record::DataKeyRecord;
pub(crate) use self::record::{now, wrapped_by, wrapping_key};
use self::store::OnItsOwnThread;
pub use self::store::{DataKeyStore, Wanted};
pub use self::tombstones::Tombstones;

/// The data keys of a program's scopes: each tenant's or person's own, so that it can be destroyed.
///
/// A data key is made when a scope is first sealed for, wrapped by the keyring, and stored in the
/// table `encfield_data_keys`. A value carries the id of its data key, so it is opened without being
/// told its scope. Give the data keys to the keyring before it is installed:
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::{DataKeyTable, DataKeys, Keyring};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = folder.path().join("app.sqlite").to_str().unwrap().to_owned();
/// # let mut conn = SqliteConnection::establish(&url)?;
/// DataKeys::create_table(&mut conn)?;
/// let data_keys = DataKeys::new(DataKeyTable::new(move || SqliteConnection::establish(&url)));
/// Keyring::generate().with_data_keys(&data_keys).install()?;
/// # Ok(())
/// # }
/// ```
///
/// The table is asked for a data key that is not in memory, in a transaction of its own, so that a
/// data key is stored for good before the first value that needs it. It therefore wants a connection
/// of its own: from the program's own pool it could wait for one that its caller holds. The calling
/// thread waits for the answer, also in asynchronous code; [`DataKeys::prepare`] goes ahead of that.
///
/// The wrapping keyring is the one in force for the table `encfield_data_keys`: the process's, or one
/// that was given to it with [`Keyring::install_for_table`]. One of its own can be rotated by storing
/// the data keys again and nothing else, with [`DataKeys::rewrap`].
///
/// It is a handle that is cheap to clone; all clones share what they hold.
#[derive(Clone)]
pub struct DataKeys {
    table: Arc<str>,
    store: Option<Arc<dyn DataKeyStore>>,
    tombstones: Option<Tombstones>,
    lifetime: Duration,
    cache: Arc<Mutex<Cache>>,
}

impl DataKeys {
    /// The table that the data keys are in, where it is not [`in_table`](Self::in_table).
    pub const TABLE: &'static str = "encfield_data_keys";

    /// How many data keys are held in memory, where it is not [`with_bound`](Self::with_bound).
    pub const BOUND: NonZeroUsize = match NonZeroUsize::new(10_000) {
        Some(bound) => bound,
        None => NonZeroUsize::MIN,
    };

    /// For how long a data key is held, where it is not [`with_lifetime`](Self::with_lifetime).
    pub const LIFETIME: Duration = Duration::from_secs(300);

    /// The data keys in this store, mostly a [`DataKeyTable`](crate::DataKeyTable).
    pub fn new(store: impl DataKeyStore + 'static) -> Self {
        Self {
            store: Some(Arc::new(OnItsOwnThread(store))),
            lifetime: Self::LIFETIME,
            ..Self::prepared_only()
        }
    }

    /// The data keys that [`DataKeys::prepare`] brings, and no others.
    ///
    /// For a database that one connection alone can reach, such as SQLite's in memory. There is nothing
    /// to ask again, so they are held until the process ends, or for
    /// [`with_lifetime`](Self::with_lifetime), as many as [`with_bound`](Self::with_bound) says.
    pub fn prepared_only() -> Self {
        Self {
            table: Self::TABLE.into(),
            store: None,
            tombstones: None,
            lifetime: Duration::MAX,
            cache: Arc::new(Mutex::new(Cache::new(Self::BOUND))),
        }
    }

    /// The same in a table of another name, `schema.table` where it is in a schema.
    ///
    /// It has the columns of [`DataKeys::TABLE`].
    #[must_use]
    pub fn in_table(self, table: &str) -> Self {
        Self {
            table: table.into(),
            ..self
        }
    }

    /// The same, holding this many data keys in memory at most.
    #[must_use]
    pub fn with_bound(self, keys: NonZeroUsize) -> Self {
        Self {
            cache: Arc::new(Mutex::new(Cache::new(keys))),
            ..self
        }
    }

    /// The same, asking the table again for a data key that was held for this long.
    ///
    /// It is how long another process can still open values after [`DataKeys::shred`].
    #[must_use]
    pub fn with_lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// The same, with the data keys that were destroyed written down in this file.
    #[must_use]
    pub fn with_tombstones(self, tombstones: Tombstones) -> Self {
        Self {
            tombstones: Some(tombstones),
            ..self
        }
    }

    /// The name of the table.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    pub(crate) fn tombstones(&self) -> Option<&Tombstones> {
        self.tombstones.as_ref()
    }

    /// The data key of a scope in this store, made if there is none.
    pub(crate) fn find_or_make(
        &self,
        store: &dyn DataKeyStore,
        scope: &str,
    ) -> Result<Arc<DataKey>, Error> {
        DataKeyRecord::permit_unwrapping(&self.table)?;
        loop {
            let destroyed = self.cache().destroyed();
            let key = self.look_or_make(store, scope)?;
            // One that was destroyed since it was read is not held: it would be used on and on.
            if self.hold(&key, destroyed) {
                return Ok(key);
            }
        }
    }

    fn look_or_make(&self, store: &dyn DataKeyStore, scope: &str) -> Result<Arc<DataKey>, Error> {
        let wanted = Wanted::Scope(scope);
        let record = match store.find(&self.table, wanted)? {
            Some(record) => record,
            None => {
                self.refuse_buried(|grave| grave.scope == scope)?;
                let made = DataKeyRecord::wrap(&self.table, &Key::generate()?, scope)?;
                // Whoever comes second finds what the first one stored.
                store.insert(&self.table, &made)?;
                let record = store.find(&self.table, wanted)?;
                record.ok_or_else(|| {
                    Error::new(ErrorKind::DataKeyStore).with_note("a new data key is not there")
                })?
            }
        };
        self.unwrap(&record, Some(scope))
    }

    /// The data key of a record, unless it was destroyed, or another one of its scope.
    fn unwrap(&self, record: &DataKeyRecord, scope: Option<&str>) -> Result<Arc<DataKey>, Error> {
        self.refuse_buried(|grave| grave.key_id == record.key_id || grave.scope == record.scope)?;
        record.unwrap(&self.table, scope).map(Arc::new)
    }

    /// Holds a data key from now on, if none was destroyed since `destroyed` was asked.
    fn hold(&self, key: &Arc<DataKey>, destroyed: u64) -> bool {
        let now = Instant::now();
        self.cache()
            .hold(Arc::clone(key), now, self.lifetime, destroyed)
    }

    fn refuse_buried(&self, is: impl Fn(&tombstones::Grave) -> bool) -> Result<(), Error> {
        match &self.tombstones {
            None => Ok(()),
            Some(tombstones) => match tombstones.graves()?.into_iter().find(|grave| is(grave)) {
                None => Ok(()),
                Some(grave) => Err(Error::new(ErrorKind::Shredded).with_key(grave.key_id)),
            },
        }
    }

    /// Holds the data key of this scope no longer, nor one that is just being read.
    pub(crate) fn forget(&self, scope: &str, id: KeyId) {
        self.cache().forget(scope, id);
    }

    fn store(&self) -> Result<&dyn DataKeyStore, Error> {
        self.store.as_deref().ok_or_else(|| {
            Error::new(ErrorKind::DataKeyStore)
                .with_note("it was not prepared, and there is no store")
        })
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        // What holds the lock does not panic, and a cache is never half of something.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FindDataKey for DataKeys {
    fn of_scope(&self, scope: &Scope) -> Result<Arc<DataKey>, Error> {
        let scope = scope.text()?;
        let held = self.cache().of_scope(scope, self.lifetime);
        match held {
            Some(key) => Ok(key),
            None => self.find_or_make(self.store()?, scope),
        }
    }

    fn with_id(&self, id: KeyId) -> Result<Arc<DataKey>, Error> {
        let held = self.cache().with_id(id, self.lifetime);
        if let Some(held) = held {
            return Ok(held);
        }
        self.refuse_buried(|grave| grave.key_id == id)?;
        let store = self.store()?;
        loop {
            let destroyed = self.cache().destroyed();
            let record = store.find(&self.table, Wanted::Id(id))?;
            let record = record.ok_or_else(|| {
                Error::new(ErrorKind::UnknownKey)
                    .with_key(id)
                    .with_note(format!("nor is it a data key in {}", self.table))
            })?;
            let key = self.unwrap(&record, None)?;
            if self.hold(&key, destroyed) {
                return Ok(key);
            }
        }
    }

    fn table(&self) -> &str {
        &self.table
    }

    fn answers(&self) -> Result<bool, Error> {
        DataKeyRecord::permit_unwrapping(&self.table)?;
        self.refuse_buried(|_| false)?;
        match &self.store {
            // A scope is never without a name.
            Some(store) => store.find(&self.table, Wanted::Scope("")).map(|_| true),
            None => Ok(false),
        }
    }
}

impl Keyring {
    /// The same keyring with these data keys, for values that are sealed in a scope.
    #[must_use]
    pub fn with_data_keys(&self, data_keys: &DataKeys) -> Self {
        self.finding_data_keys(Some(Arc::new(data_keys.clone())))
    }
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKeys")
            .field("table", &self.table)
            .field("held", &self.cache().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_prepared_stays_unless_a_lifetime_is_given() {
        let long_ago = Instant::now()
            .checked_sub(DataKeys::LIFETIME * 2)
            .unwrap_or_else(Instant::now);
        let key = Key::generate().unwrap();
        let found = |data_keys: DataKeys| {
            let key = Arc::new(DataKey::new(&key, "tenant=7".to_owned()));
            let held = data_keys.cache().hold(key, long_ago, data_keys.lifetime, 0);
            assert!(held);
            data_keys.of_scope(&Scope::new("tenant", &7)).is_ok()
        };
        assert!(found(DataKeys::prepared_only()));
        let short = DataKeys::prepared_only().with_lifetime(DataKeys::LIFETIME);
        assert!(!found(short));
    }
}
