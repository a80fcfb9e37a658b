//! A column, and what its values are bound to.

use super::field_type::FieldType;
use super::work::{Cell, not_encodable};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::keyring::{self, Keyring};
use crate::scope::Scope;

/// An encrypted column by its names, and what its values are bound to.
#[derive(Clone, Debug)]
pub struct ColumnPlace {
    table: String,
    column: String,
    /// The names that values are bound to, where they are not the column's own.
    context: (String, String),
    bound: Vec<(String, FieldType)>,
    scope: Option<(String, String)>,
}

impl ColumnPlace {
    /// A column whose values are bound to its names alone.
    #[must_use]
    pub fn new(table: &str, column: &str) -> Self {
        Self {
            table: table.to_owned(),
            column: column.to_owned(),
            context: (table.to_owned(), column.to_owned()),
            bound: Vec::new(),
            scope: None,
        }
    }

    /// The same for values that are bound to this column of their row, of a field of this type. In the
    /// order of `bind = ..`.
    #[must_use]
    pub fn bound_to(mut self, column: &str, field: FieldType) -> Self {
        self.bound.push((column.to_owned(), field));
        self
    }

    /// The same for values in a scope: the column that holds it, and what the scope is called.
    #[must_use]
    pub fn in_scope(self, column: &str, name: &str) -> Self {
        Self {
            scope: Some((column.to_owned(), name.to_owned())),
            ..self
        }
    }

    /// The same for a column that was renamed, whose values are bound to its former names.
    #[must_use]
    pub fn formerly(self, table: &str, column: &str) -> Self {
        Self {
            context: (table.to_owned(), column.to_owned()),
            ..self
        }
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    pub(super) fn column(&self) -> &str {
        &self.column
    }

    /// The table and the column that values are bound to.
    pub(super) fn names(&self) -> (&str, &str) {
        (&self.context.0, &self.context.1)
    }

    /// The columns that a value of it is opened with: its own first.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        let bound = self.bound.iter().map(|(column, _)| column.as_str());
        std::iter::once(self.column.as_str())
            .chain(bound)
            .chain(self.scope_column())
    }

    /// The column that holds the scope, if there is one.
    pub(super) fn scope_column(&self) -> Option<&str> {
        self.scope.as_ref().map(|(column, _)| column.as_str())
    }

    /// Makes the data key of a scope, if there is none.
    pub(super) fn make_data_key(&self, value: Option<&str>) -> Result<(), Error> {
        let name = self.scope.as_ref().map_or("", |(_, name)| name);
        let scope = Scope::of_optional(name, value);
        let context = self.context();
        keyring::with_current(&context, |keyring| {
            keyring.sealing(&context.with_scope(&scope)).map(drop)
        })
        .map_err(|error| self.blame(error))
    }

    /// Runs the closure with the column's keyring and the place of this row's value.
    pub(super) fn of_row<R>(
        &self,
        row: &impl Cell,
        run: impl FnOnce(&Keyring, &Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.at(row, |place| {
            keyring::with_current(&self.context(), |keyring| run(keyring, place))
        })
        .map_err(|error| self.blame(error))
    }

    fn at<R>(
        &self,
        row: &impl Cell,
        run: impl FnOnce(&Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut bound = Vec::with_capacity(self.bound.len());
        for (column, field) in &self.bound {
            let value = field.encode(row.cell(column)).map_err(not_encodable)?;
            bound.push(value.ok_or_else(|| {
                Error::new(ErrorKind::NotEncodable).with_note("what the value is bound to is NULL")
            })?);
        }
        let bound: Vec<&[u8]> = bound.iter().map(|bytes| bytes.as_slice()).collect();
        let context = self.context();
        let place = context.with_bound(&bound);
        let Some((column, name)) = &self.scope else {
            return run(&place);
        };
        let text = row
            .cell(column)
            .and_then(|cell| std::str::from_utf8(cell).ok());
        let scope = Scope::of_optional(name, text);
        run(&place.with_scope(&scope))
    }

    fn context(&self) -> Context<'_> {
        Context::new(&self.context.0, &self.context.1)
    }

    pub(super) fn blame(&self, error: Error) -> Error {
        error.at(self.table.clone(), self.column.clone())
    }
}
