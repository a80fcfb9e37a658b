//! The table that a job goes through.

use std::collections::HashMap;

use diesel::result::Error as QueryError;

use super::super::catalogue::CatalogueBackend;
use super::connection::EngineConnection;
use super::dialect::{ColumnKind, EngineBackend};
use super::key::RowKey;
use super::statement::{Cells, Statement};
use super::trouble::Trouble;
use crate::error::{Error, ErrorKind};

/// A table and the columns of its primary key, by their SQL names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetTable {
    name: String,
    key: Vec<String>,
}

impl TargetTable {
    /// A table, `schema.table` where it is in a schema, and the columns of its primary key, which are
    /// unique together and never NULL.
    pub fn new<K: Into<String>>(name: impl Into<String>, key: impl IntoIterator<Item = K>) -> Self {
        Self {
            name: name.into(),
            key: key.into_iter().map(Into::into).collect(),
        }
    }

    /// A table and the primary key that the database says it has.
    ///
    /// # Errors
    /// [`ErrorKind::ColumnInvalid`] when there is no such table, or it has no primary key, and
    /// [`ErrorKind::Database`] when the database does not say.
    pub fn in_database<C: EngineConnection>(conn: &mut C, name: &str) -> Result<Self, Error> {
        let rows = conn.rows(<C::Backend as CatalogueBackend>::primary_key(name));
        let rows = rows.map_err(|error| of_database(name, error))?;
        let key = rows
            .iter()
            .filter_map(|row| row.text(0).map(str::to_owned))
            .collect::<Vec<_>>();
        if key.is_empty() {
            let note = "there is no such table, or it has no primary key to go by";
            return Err(invalid(name, "*", note));
        }
        Ok(Self::new(name, key))
    }

    /// How many rows there are now.
    ///
    /// # Errors
    /// [`ErrorKind::ColumnInvalid`] when there is no such table, and [`ErrorKind::Database`] when the rows
    /// cannot be counted: the connection is gone, or it may not read them.
    pub fn count_rows<C: EngineConnection>(&self, conn: &mut C) -> Result<u64, Error> {
        let count = Statement::new("SELECT CAST(COUNT(*) AS CHAR(20)) FROM ").table(&self.name);
        let rows = match conn.rows(count) {
            Ok(rows) => rows,
            Err(error) => {
                let columns = conn.rows(<C::Backend as CatalogueBackend>::columns(&self.name));
                return Err(match columns {
                    Ok(columns) if columns.is_empty() => {
                        invalid(&self.name, "*", "there is no such table")
                    }
                    _ => of_database(&self.name, error),
                });
            }
        };
        Ok(rows.first().map_or(0, |row| row.number(0)))
    }

    /// The columns of the primary key.
    #[must_use]
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The table as the database has it, with these columns besides the key's.
    pub(super) fn described<C: EngineConnection>(
        &self,
        conn: &mut C,
        columns: &[String],
    ) -> Result<DescribedTable, Error> {
        let invalid = |column: &str, note| invalid(&self.name, column, note);
        if self.key.is_empty() {
            return Err(invalid("*", "a job needs a primary key to go by"));
        }
        let rows = conn
            .rows(<C::Backend as CatalogueBackend>::columns(&self.name))
            .map_err(|error| of_database(&self.name, error))?;
        let mut kinds = HashMap::new();
        for row in &rows {
            if let (Some(name), Some(sql_type)) = (row.text(0), row.text(1)) {
                let kind = <C::Backend as EngineBackend>::kind(sql_type);
                kinds.insert(name.to_owned(), kind);
            }
        }
        if kinds.is_empty() {
            return Err(invalid("*", "there is no such table"));
        }
        let find = |column: &String| {
            let kind = kinds.get(column).cloned();
            kind.map(|kind| (column.clone(), kind))
                .ok_or_else(|| invalid(column, "there is no such column"))
        };
        Ok(DescribedTable {
            name: self.name.clone(),
            key: self.key.iter().map(find).collect::<Result<_, _>>()?,
            columns: columns.iter().map(find).collect::<Result<_, _>>()?,
        })
    }

    /// Fails when rows would be passed over: keys of a type that is not in the order of its text or
    /// loses digits on the way to it, and rows whose key is NULL.
    pub(super) fn check_key<C: EngineConnection>(
        &self,
        conn: &mut C,
        table: &DescribedTable,
    ) -> Result<(), Error> {
        let rows = conn
            .rows(<C::Backend as CatalogueBackend>::columns(&self.name))
            .map_err(|error| of_database(&self.name, error))?;
        let mut doubtful = false;
        for row in &rows {
            let name = row.text(0).unwrap_or_default();
            if !self.key.iter().any(|key| key == name) {
                continue;
            }
            let sql_type = row.text(1).unwrap_or_default();
            if let Some(note) = <C::Backend as EngineBackend>::no_key(sql_type) {
                return Err(invalid(&self.name, name, note));
            }
            doubtful |= row.number(2) == 1;
        }
        if !doubtful {
            return Ok(());
        }
        let mut statement = Statement::new("SELECT '1' FROM ").table(&self.name);
        let mut word = " WHERE ";
        for (name, kind) in &table.key {
            statement = <C::Backend as EngineBackend>::odd_key(statement.sql(word), name, kind);
            word = " OR ";
        }
        let rows = conn.rows(statement.sql(" LIMIT 1"));
        let rows = rows.map_err(|error| of_database(&self.name, error))?;
        if rows.is_empty() {
            return Ok(());
        }
        let note = "the key of a row is NULL or not of the column's type, and would be passed over";
        Err(invalid(&self.name, "*", note))
    }
}

fn invalid(table: &str, column: &str, note: &'static str) -> Error {
    Error::new(ErrorKind::ColumnInvalid)
        .with_note(note)
        .at(table.to_owned(), column.to_owned())
}

/// What the database says, which is not that there is no such table.
fn of_database(table: &str, error: QueryError) -> Error {
    Trouble::from(error).into_error().at(table.to_owned(), "*")
}

/// A table whose columns' types are known.
#[derive(Clone, Debug)]
pub(super) struct DescribedTable {
    pub(super) name: String,
    key: Vec<(String, ColumnKind)>,
    pub(super) columns: Vec<(String, ColumnKind)>,
}

impl DescribedTable {
    pub(super) fn kind(&self, column: &str) -> Option<&ColumnKind> {
        let mut columns = self.columns.iter();
        columns
            .find(|(name, _)| name == column)
            .map(|(_, kind)| kind)
    }

    pub(super) fn key_is_bytes(&self) -> Vec<bool> {
        let is_bytes = |(_, kind): &(_, ColumnKind)| *kind == ColumnKind::Bytes;
        self.key.iter().map(is_bytes).collect()
    }

    /// The key of a row whose first cells it is.
    pub(super) fn key_of(&self, row: &Cells) -> Result<RowKey, Error> {
        let mut parts = Vec::with_capacity(self.key.len());
        for ((position, is_bytes), (name, _)) in
            self.key_is_bytes().into_iter().enumerate().zip(&self.key)
        {
            let part = row.bytes(position);
            let part = part.ok_or_else(|| invalid(&self.name, name, "a row's key is NULL"))?;
            parts.push((part.to_vec(), is_bytes));
        }
        Ok(RowKey::new(parts))
    }

    /// The same of a row that the database says is behind this one, so that a job comes to an end.
    pub(super) fn key_behind(&self, row: &Cells, after: Option<&RowKey>) -> Result<RowKey, Error> {
        let key = self.key_of(row)?;
        if after == Some(&key) {
            let note = "a row's key is not found again by its text";
            return Err(invalid(&self.name, "*", note));
        }
        Ok(key)
    }

    /// `SELECT key.., columns.. FROM table`.
    pub(super) fn select(&self, with_columns: bool) -> Statement {
        let mut statement = Statement::new("SELECT ");
        let columns = if with_columns { &self.columns[..] } else { &[] };
        for (position, (name, kind)) in self.key.iter().chain(columns).enumerate() {
            if position > 0 {
                statement = statement.sql(", ");
            }
            statement = kind.read(statement, name);
        }
        statement.sql(" FROM ").table(&self.name)
    }

    /// How many cells of a row are its key.
    pub(super) fn key_columns(&self) -> usize {
        self.key.len()
    }

    /// ` WHERE key > after AND key <= up_to`, written out so that every database uses its index.
    pub(super) fn between(&self, after: Option<&RowKey>, up_to: Option<&RowKey>) -> Statement {
        let mut statement = Statement::default();
        let mut word = " WHERE ";
        for (bound, operator, last) in [(after, " > ", " > "), (up_to, " < ", " <= ")] {
            if let Some(bound) = bound {
                statement = statement.sql(word).then(self.beyond(bound, operator, last));
                word = " AND ";
            }
        }
        statement
    }

    /// `(a > ?) OR (a = ? AND b > ?)`.
    fn beyond(&self, bound: &RowKey, operator: &str, last: &str) -> Statement {
        let parts: Vec<&[u8]> = bound.parts().collect();
        let mut statement = Statement::new("(");
        for end in 0..self.key.len() {
            statement = statement.sql(if end == 0 { "(" } else { " OR (" });
            for (position, ((name, kind), part)) in self.key.iter().zip(&parts).enumerate() {
                if position > end {
                    break;
                }
                let operator = match () {
                    () if position < end => " = ",
                    () if end + 1 == self.key.len() => last,
                    () => operator,
                };
                if position > 0 {
                    statement = statement.sql(" AND ");
                }
                statement = kind.write(statement.name(name).sql(operator), Some(part));
            }
            statement = statement.sql(")");
        }
        statement.sql(")")
    }

    /// ` WHERE key = ..`.
    pub(super) fn at(&self, key: &RowKey) -> Statement {
        self.is(Statement::new(" WHERE "), key)
    }

    /// `key = ..`.
    pub(super) fn is(&self, mut statement: Statement, key: &RowKey) -> Statement {
        for (position, ((name, kind), part)) in self.key.iter().zip(key.parts()).enumerate() {
            if position > 0 {
                statement = statement.sql(" AND ");
            }
            statement = kind.write(statement.name(name).sql(" = "), Some(part));
        }
        statement
    }

    /// ` ORDER BY key`.
    pub(super) fn order(&self, direction: &str) -> Statement {
        let mut statement = Statement::new(" ORDER BY ");
        for (position, (name, _)) in self.key.iter().enumerate() {
            if position > 0 {
                statement = statement.sql(", ");
            }
            // With its table: the name alone may mean the text that is selected.
            statement = statement
                .table(&self.name)
                .sql(".")
                .name(name)
                .sql(direction);
        }
        statement
    }
}
