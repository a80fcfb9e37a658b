//! The columns that a command was asked about.

use crate::command::{Of, OneColumn};
use crate::exit::Problem;
use crate::manifest::{Column, Manifest};

impl Of {
    pub(crate) fn columns(&self) -> Result<Vec<Column>, Problem> {
        Manifest::read(&self.manifest)?.columns(self.table.as_deref(), self.column.as_deref())
    }
}

impl OneColumn {
    pub(crate) fn column(&self) -> Result<Column, Problem> {
        let columns =
            Manifest::read(&self.manifest)?.columns(Some(&self.table), Some(&self.column))?;
        let first = columns.into_iter().next();
        first.ok_or_else(|| Problem::new("the manifest has no such column"))
    }
}
