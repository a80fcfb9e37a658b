//! What is done to data keys: made ahead, destroyed, wrapped anew.

use std::sync::{Mutex, PoisonError};

use diesel::Connection;
use diesel::connection::SimpleConnection;

use super::data_key_query::{DataKeyQuery, DataKeyRow, Hidden, Operation};
use super::data_key_table::{
    DataKeyConnection, HasDataKeyTable, before_writing, erase, find, insert, record,
    refuse_transaction, refused,
};
use crate::data_keys::{DataKeyRecord, DataKeyStore, DataKeys, Wanted, wrapped_by, wrapping_key};
use crate::error::Error;
use crate::key_id::KeyId;
use crate::scope::Scope;

/// The table behind one connection that is there.
struct Borrowed<'c, C>(Mutex<&'c mut C>);

impl<C: DataKeyConnection> DataKeyStore for Borrowed<'_, C> {
    fn find(&self, table: &str, wanted: Wanted<'_>) -> Result<Option<DataKeyRecord>, Error> {
        find(
            *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            table,
            wanted,
        )
    }

    fn insert(&self, table: &str, record: &DataKeyRecord) -> Result<(), Error> {
        insert(
            *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            table,
            record,
        )
    }
}

impl DataKeys {
    /// Makes the table of data keys, if it is not there.
    ///
    /// The statements are in the crate's folder `migrations`, for those who keep their own.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`](crate::ErrorKind::DataKeyStore) when the database refuses.
    pub fn create_table<C>(conn: &mut C) -> Result<(), Error>
    where
        C: Connection + SimpleConnection,
        C::Backend: HasDataKeyTable,
    {
        conn.batch_execute(<C::Backend as HasDataKeyTable>::CREATE_DATA_KEY_TABLE)
            .map_err(|error| refused(&error))
    }

    /// Brings the data keys of these scopes into memory, and makes those that are not there.
    ///
    /// Before a transaction on SQLite, before asynchronous code, and for
    /// [`DataKeys::prepared_only`]. Not within a transaction: rolled back, it would take a data key
    /// away that values are sealed under.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`](crate::ErrorKind::DataKeyStore) within a transaction and when the database refuses, and every kind
    /// that there is for a scope or a data key that is refused.
    pub fn prepare<C: DataKeyConnection>(
        &self,
        conn: &mut C,
        scopes: &[Scope],
    ) -> Result<(), Error> {
        refuse_transaction(conn)?;
        let store = Borrowed(Mutex::new(conn));
        scopes
            .iter()
            .try_for_each(|scope| self.find_or_make(&store, scope.text()?).map(drop))
    }

    /// Destroys the data key of a scope. Every value that was sealed under it is lost, for good.
    ///
    /// It is written down with the [`Tombstones`](crate::Tombstones) first, if there are any, and
    /// then taken out of the table, where its id stays: values under it say
    /// [`ErrorKind::Shredded`](crate::ErrorKind::Shredded) from then on, and so does the scope when something is to be sealed in
    /// it. Another process can open values until it lets go of the key, after
    /// [`with_lifetime`](DataKeys::with_lifetime).
    ///
    /// On SQLite nothing of the wrapped key stays in the database's files: `secure_delete` is switched on
    /// for the connection, and the write-ahead log is emptied, as far as no reader holds it. A backup
    /// from before has the wrapped data key still, and so may a server's dead rows and logs. Whoever has
    /// one of these **and** the wrapping key opens the values. Change the wrapping key with
    /// [`DataKeys::rewrap`] and remove the old one to end that as well.
    ///
    /// Returns whether there was a data key. Once more does no harm.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`](crate::ErrorKind::DataKeyStore) within a transaction, which could be rolled back, and when the
    /// database refuses; [`ErrorKind::Tombstones`](crate::ErrorKind::Tombstones), in which case nothing was destroyed.
    pub fn shred<C: DataKeyConnection>(&self, conn: &mut C, scope: &Scope) -> Result<bool, Error> {
        let scope = scope.text()?;
        refuse_transaction(conn)?;
        let found = find(conn, self.table(), Wanted::Scope(scope))?;
        let Some(record) = found else {
            return Ok(false);
        };
        if let Some(tombstones) = self.tombstones() {
            tombstones.bury(record.key_id, scope)?;
        }
        let erased = erase(conn, self.table(), record.key_id);
        self.forget(scope, record.key_id);
        erased
    }

    /// Destroys again what a restored backup brought back: every data key that has a tombstone.
    ///
    /// Returns how many there were. Call it after every restore.
    ///
    /// # Errors
    /// As [`DataKeys::shred`].
    pub fn bury<C: DataKeyConnection>(&self, conn: &mut C) -> Result<usize, Error> {
        refuse_transaction(conn)?;
        let graves = match self.tombstones() {
            Some(tombstones) => tombstones.graves()?,
            None => Vec::new(),
        };
        let mut buried = 0;
        for grave in graves {
            buried += usize::from(erase(conn, self.table(), grave.key_id)?);
            self.forget(&grave.scope, grave.key_id);
        }
        Ok(buried)
    }

    /// Wraps every data key again that is not wrapped under the primary key, and says how many.
    ///
    /// The data keys stay as they are, and so do the values under them. Afterwards the old wrapping
    /// key can be removed, see [`DataKeys::wrapped_under`]. May be interrupted and run again, and may
    /// run while others read and write.
    ///
    /// A wrapping key that is marked compromised still unwraps here, and nowhere else: until this is
    /// done, the values of its scopes do not open. As with every value under a stolen key, one that the
    /// thief forged is not told from a real one.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`](crate::ErrorKind::DataKeyStore), and every kind that there is for a data key that is refused. A
    /// refused one does not keep the others from being wrapped anew: the error is of the first, and
    /// says how many there are.
    pub fn rewrap<C: DataKeyConnection>(&self, conn: &mut C) -> Result<usize, Error> {
        refuse_transaction(conn)?;
        let today = wrapping_key(self.table())?;
        before_writing(conn)?;
        let (mut done, mut refused_ones, mut first) = (0, 0_usize, None);
        for row in self.all(conn)? {
            let Some(old) = row.2.clone() else {
                continue;
            };
            // Before it is opened: nothing is to be done to one that is wrapped as it should be.
            if wrapped_by(&old) == Some(today) {
                continue;
            }
            let anew = record(row).and_then(|record| {
                let new = record.rewrapped(self.table())?;
                Ok((record.key_id.to_string(), new))
            });
            let (id, new) = match anew {
                Ok(anew) => anew,
                Err(error) => {
                    refused_ones += 1;
                    first.get_or_insert(error);
                    continue;
                }
            };
            // Only as long as it is what was read: it may have been destroyed meanwhile.
            let changed = conn.run(DataKeyQuery {
                table: self.table(),
                operation: Operation::Rewrap {
                    id: &id,
                    old: Hidden(&old),
                    new: Hidden(&new),
                },
            });
            done += changed.map_err(|error| refused(&error))?;
        }
        match first {
            None => Ok(done),
            Some(error) => Err(error.with_note(format!(
                "{refused_ones} data keys stay as they were, {done} are wrapped anew; the first"
            ))),
        }
    }

    /// How many data keys are wrapped under this key: zero when it can be removed.
    ///
    /// # Errors
    /// [`ErrorKind::DataKeyStore`](crate::ErrorKind::DataKeyStore).
    pub fn wrapped_under<C: DataKeyConnection>(
        &self,
        conn: &mut C,
        key: KeyId,
    ) -> Result<u64, Error> {
        let rows = self.all(conn)?;
        let wrapped = rows.iter().filter_map(|row| row.2.as_deref());
        let under = wrapped.filter(|wrapped| wrapped_by(wrapped) == Some(key));
        Ok(under.count() as u64)
    }

    /// Every row, a few bytes each.
    fn all<C: DataKeyConnection>(&self, conn: &mut C) -> Result<Vec<DataKeyRow>, Error> {
        let rows = conn.rows(DataKeyQuery {
            table: self.table(),
            operation: Operation::All,
        });
        rows.map_err(|error| refused(&error))
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_destroyed_while_it_is_wrapped_anew_stays_destroyed() {
        let conn = &mut diesel::SqliteConnection::establish(":memory:").unwrap();
        DataKeys::create_table(conn).unwrap();
        let key_id = KeyId::from_bytes([7; 8]);
        let row = DataKeyRecord {
            key_id,
            scope: "tenant=7".to_owned(),
            wrapped_key: Some(b"old".to_vec()),
            created_at: 0,
            shredded_at: None,
        };
        insert(conn, DataKeys::TABLE, &row).unwrap();
        let rewrap = |conn: &mut diesel::SqliteConnection, old: &[u8], new: &[u8]| {
            let id = key_id.to_string();
            let (old, new) = (Hidden(old), Hidden(new));
            let operation = Operation::Rewrap { id: &id, old, new };
            let table = DataKeys::TABLE;
            conn.run(DataKeyQuery { table, operation })
        };
        assert_eq!(rewrap(conn, b"old", b"new"), Ok(1));
        // Somebody else wrapped it meanwhile: what was read is not there any more.
        assert_eq!(rewrap(conn, b"old", b"newer"), Ok(0));
        assert!(erase(conn, DataKeys::TABLE, key_id).unwrap());
        assert_eq!(rewrap(conn, b"new", b"newer"), Ok(0));
        let found = find(conn, DataKeys::TABLE, Wanted::Id(key_id))
            .unwrap()
            .unwrap();
        assert!(found.wrapped_key.is_none() && found.shredded_at.is_some());
    }
}
