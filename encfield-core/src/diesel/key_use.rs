//! What still needs a key, over all columns of an inventory.

use super::catalogue::TableCatalogue;
use super::inventory::Inventory;
use super::statement::{CatalogueConnection, Statement};
use crate::data_keys::DataKeys;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::key_id::KeyId;
use crate::keyring::{Keyring, Purpose};

impl Inventory {
    /// How many values of these columns are under a key, and how many data keys are wrapped under it.
    ///
    /// The database reads each table once a column. Columns that are in no model of the inventory are
    /// not counted, nor are backups, nor values on their way: let every statement end first that was
    /// begun before the promotion, in every process.
    ///
    /// # Errors
    /// [`ErrorKind::Database`] when a column cannot be counted, [`ErrorKind::UnsupportedFormat`] when it
    /// has values of a later format, which may be under any key, and [`ErrorKind::DataKeyStore`] when
    /// columns have scopes and the table of data keys is not in this database.
    pub fn values_under<C: CatalogueConnection>(
        &self,
        conn: &mut C,
        key: KeyId,
    ) -> Result<u64, Error> {
        let mut values = 0;
        for column in self.columns() {
            let counted = count(conn, column.table(), column.column(), key);
            values += counted.map_err(|error| column.blame(error))?;
        }
        for table in self.tables_of_data_keys()? {
            let counted = data_keys(conn, &table, key);
            values += counted.map_err(|error| error.at(table.clone(), "wrapped_key"))?;
        }
        Ok(values)
    }

    /// The keyring without this key, refused while [`values_under`](Self::values_under) finds any.
    ///
    /// ```
    /// use diesel::SqliteConnection;
    /// use encfield_core::{Error, Inventory, KeyId, KeyringFile};
    ///
    /// fn remove(conn: &mut SqliteConnection, models: &Inventory, old: KeyId) -> Result<(), Error> {
    ///     KeyringFile::at("keyring.json")
    ///         .change(|keyring| models.remove_key(conn, keyring, old))?
    ///         .replace()
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::KeyInUse`] when something needs it, and for an index key, whose tags do not name it:
    /// the engine's `IndexCensus` counts them. As [`Keyring::remove`] and `values_under` otherwise.
    pub fn remove_key<C: CatalogueConnection>(
        &self,
        conn: &mut C,
        keyring: &Keyring,
        key: KeyId,
    ) -> Result<Keyring, Error> {
        let is_index_key = |record: &crate::keyring::KeyRecord| {
            record.id() == key && record.purpose() == Purpose::Index
        };
        if keyring.keys().any(|record| is_index_key(&record)) {
            return Err(Error::new(ErrorKind::KeyInUse).with_key(key).with_note(
                "a tag does not name its index key: count with `engine::IndexCensus`, and give the \
                 number to `Keyring::remove`",
            ));
        }
        keyring.remove(key, self.values_under(conn, key)?)
    }

    /// Where the data keys of these columns are.
    fn tables_of_data_keys(&self) -> Result<Vec<String>, Error> {
        let mut tables = Vec::new();
        let scoped = self
            .columns()
            .iter()
            .filter(|column| column.scope.is_some());
        for column in scoped {
            let table = crate::keyring::with_current(&column.context, |keyring| {
                let table = keyring
                    .data_keys()
                    .map(|data_keys| data_keys.table().to_owned());
                Ok(table.unwrap_or_else(|| DataKeys::TABLE.to_owned()))
            });
            let table = table.map_err(|error| column.blame(error))?;
            if !tables.contains(&table) {
                tables.push(table);
            }
        }
        Ok(tables)
    }
}

fn data_keys<C: CatalogueConnection>(conn: &mut C, table: &str, key: KeyId) -> Result<u64, Error> {
    let catalogue = TableCatalogue::read(conn, table).map_err(|_| refused())?;
    if !catalogue.is_there() {
        return Err(Error::data_key_store(
            "it is not in this database: count with `DataKeys::wrapped_under`, and give the sum to \
             `Keyring::remove`",
        ));
    }
    count(conn, table, "wrapped_key", key)
}

/// How many values of a column are under a key.
fn count<C: CatalogueConnection>(
    conn: &mut C,
    table: &str,
    column: &str,
    key: KeyId,
) -> Result<u64, Error> {
    let [mark, number] = format::MARK_AND_FORMAT;
    // Read as text, of which every database has one.
    let statement = Statement::new("SELECT CAST(SUM(CASE WHEN substr(")
        .name(column)
        .sql(", 1, 10) = ")
        .bytes(Some(&format::header(key)))
        .sql(" THEN 1 ELSE 0 END) AS CHAR(20)), CAST(SUM(CASE WHEN substr(")
        .name(column)
        .sql(", 1, 1) = ")
        .bytes(Some(&[mark]))
        .sql(" AND substr(")
        .name(column)
        .sql(", 2, 1) <> ")
        .bytes(Some(&[number]))
        .sql(" THEN 1 ELSE 0 END) AS CHAR(20)) FROM ")
        .table(table);
    let rows = conn.rows(statement).map_err(|_| refused())?;
    let row = rows.first().ok_or_else(refused)?;
    if row.number(1) > 0 {
        return Err(Error::new(ErrorKind::UnsupportedFormat));
    }
    Ok(row.number(0))
}

fn refused() -> Error {
    Error::new(ErrorKind::Database).with_note("the values could not be counted")
}
