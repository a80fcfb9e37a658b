//! The columns that a command was asked about.

use encfield::engine::IndexFill;

use crate::command::{DataKeysAt, Of, OneColumn, Schema};
use crate::exit::Problem;
use crate::manifest::{Column, Index, MadeOf, Manifest};

/// Columns of the manifest, of which some were asked for.
pub(crate) struct Columns {
    all: Vec<Column>,
    asked: Vec<usize>,
    /// Where the data keys of their scopes are.
    pub(crate) data_keys: DataKeysAt,
}

impl Of {
    pub(crate) fn columns(&self) -> Result<Columns, Problem> {
        Columns::asked(&self.schema, self.table.as_deref(), self.column.as_deref())
    }
}

impl OneColumn {
    pub(crate) fn columns(&self) -> Result<Columns, Problem> {
        Columns::asked(&self.schema, Some(&self.table), Some(&self.column))
    }
}

impl Columns {
    /// The columns of a table, or one of them, or all.
    fn asked(schema: &Schema, table: Option<&str>, column: Option<&str>) -> Result<Self, Problem> {
        let all = Manifest::read(&schema.manifest)?.columns();
        let is_asked = |(_, own): &(usize, &Column)| {
            table.is_none_or(|table| own.table == table)
                && column.is_none_or(|column| own.column == column)
        };
        let asked = all.iter().enumerate().filter(is_asked);
        let asked: Vec<_> = asked.map(|(position, _)| position).collect();
        if asked.is_empty() {
            return Err(Problem::new(format!(
                "the manifest has no column {}.{}",
                table.unwrap_or("*"),
                column.unwrap_or("*")
            )));
        }
        Ok(Self {
            all,
            asked,
            data_keys: schema.data_keys.clone(),
        })
    }

    /// Every column of a schema.
    pub(crate) fn of_all(schema: &Schema) -> Result<Self, Problem> {
        Self::asked(schema, None, None)
    }

    /// Those that were asked for.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.asked
            .iter()
            .filter_map(|&position| self.all.get(position))
    }

    /// All of a table that the manifest has.
    pub(crate) fn of_table(&self, table: &str) -> impl Iterator<Item = &Column> {
        self.all.iter().filter(move |column| column.table == table)
    }

    /// Those among them that have an index.
    pub(crate) fn with_indexes(mut self) -> Result<Self, Problem> {
        let all = &self.all;
        self.asked
            .retain(|&position| all.get(position).is_some_and(Column::has_indexes));
        if self.asked.is_empty() {
            return Err(Problem::new(
                "no column of the manifest that was asked for has an index",
            ));
        }
        Ok(self)
    }

    /// How each index of a column is filled.
    pub(crate) fn fills(&self, column: &Column) -> Result<Vec<IndexFill>, Problem> {
        column
            .indexes()
            .map(|index| self.known_fill(column, index))
            .collect()
    }

    /// How an index of a column is filled, if it can be made here.
    pub(crate) fn known_fill(&self, column: &Column, index: &Index) -> Result<IndexFill, Problem> {
        let fill = self.fill(column, index)?;
        fill.ok_or_else(|| {
            column.own_program(&format!(
                "the index {} ({}) cannot be made here",
                index.column, index.normaliser
            ))
        })
    }

    fn fill(&self, column: &Column, index: &Index) -> Result<Option<IndexFill>, Problem> {
        let (name, normaliser) = (&index.column, &index.normaliser);
        let (place, field) = (column.place()?, column.field()?);
        Ok(match index.made_of() {
            MadeOf::Column => IndexFill::named(name, normaliser, &place, &field),
            MadeOf::Domain(domain) => {
                IndexFill::named_shared(name, normaliser, domain, &place, &field)
            }
            MadeOf::Columns(columns) => {
                let mut of = Vec::with_capacity(columns.len());
                for other in columns {
                    let other = self.find(&column.table, other).ok_or_else(|| {
                        Problem::new(format!(
                            "{}: the index {name} is made of {other}, which the manifest does not have",
                            column.name()
                        ))
                    })?;
                    of.push((other.place()?, other.field()?));
                }
                IndexFill::named_compound(name, normaliser, &of)
            }
        })
    }

    fn find(&self, table: &str, column: &str) -> Option<&Column> {
        let mut all = self.all.iter();
        all.find(|own| own.table == table && own.column == column)
    }
}
