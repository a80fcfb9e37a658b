//! The manifest `encfield.toml`.

use std::path::Path;

use encfield::engine::{FieldType, IndexFill, Task};
use serde::Deserialize;

use crate::exit::Problem;

/// The encrypted columns of a program, as `Inventory::to_toml` writes them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    #[serde(default)]
    column: Vec<Column>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    pub(crate) table: String,
    pub(crate) column: String,
    #[serde(rename = "type")]
    pub(crate) field_type: String,
    formerly: Option<Place>,
    #[serde(default)]
    bound_to: Vec<Bound>,
    scope: Option<Scope>,
    padding: Option<String>,
    #[serde(default)]
    index: Vec<Index>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    table: String,
    column: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bound {
    column: String,
    #[serde(rename = "type")]
    field_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    column: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    column: String,
    normaliser: String,
    made_of: Option<String>,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, Problem> {
        let problem = |what: String| Problem::new(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| {
            problem(format!(
                "{}; write it with `Inventory::to_toml`",
                error.kind()
            ))
        })?;
        let manifest: Self = toml::from_str(&text).map_err(|error| problem(error.to_string()))?;
        if manifest.column.is_empty() {
            return Err(problem("it has no [[column]]".to_owned()));
        }
        Ok(manifest)
    }

    /// The columns of a table, or one of them, or all.
    pub(crate) fn columns(
        self,
        table: Option<&str>,
        column: Option<&str>,
    ) -> Result<Vec<Column>, Problem> {
        let asked = |own: &Column| {
            table.is_none_or(|table| own.table == table)
                && column.is_none_or(|column| own.column == column)
        };
        let columns: Vec<_> = self.column.into_iter().filter(asked).collect();
        if columns.is_empty() {
            return Err(Problem::new(format!(
                "the manifest has no column {}.{}",
                table.unwrap_or("*"),
                column.unwrap_or("*")
            )));
        }
        Ok(columns)
    }
}

impl Column {
    /// The name of the column, with its table.
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    pub(crate) fn has_scope(&self) -> bool {
        self.scope.is_some()
    }

    pub(crate) fn has_indexes(&self) -> bool {
        !self.index.is_empty()
    }

    /// The type of its field.
    pub(crate) fn field(&self) -> Result<FieldType, Problem> {
        if let Some(padding) = &self.padding {
            return Err(self.own_program(&format!("it is padded ({padding})")));
        }
        FieldType::named(&self.field_type)
            .ok_or_else(|| self.own_program(&format!("`{}` is not known here", self.field_type)))
    }

    fn own_program(&self, why: &str) -> Problem {
        Problem::new(format!(
            "{}: {why}; do this from the program that has the type, with `encfield::engine`",
            self.name()
        ))
    }

    /// What the task must know of the column besides its name.
    pub(crate) fn complete(&self, mut task: Task) -> Result<Task, Problem> {
        for bound in &self.bound_to {
            let field = FieldType::named(&bound.field_type).ok_or_else(|| {
                self.own_program(&format!(
                    "`{}`, to which it is bound, is not known here",
                    bound.field_type
                ))
            })?;
            task = task.bound_to(&bound.column, field);
        }
        if let Some(scope) = &self.scope {
            task = task.in_scope(&scope.column, &scope.name);
        }
        if let Some(place) = &self.formerly {
            task = task.formerly(&place.table, &place.column);
        }
        Ok(task)
    }

    /// The task, filling every index of the column.
    pub(crate) fn filling(&self, mut task: Task) -> Result<Task, Problem> {
        let (table, column) = match &self.formerly {
            Some(place) => (&place.table, &place.column),
            None => (&self.table, &self.column),
        };
        self.field()?;
        for index in &self.index {
            let simple = index.made_of.is_none();
            let fill = simple.then(|| {
                IndexFill::named(
                    &index.column,
                    &index.normaliser,
                    &self.field_type,
                    table,
                    column,
                )
            });
            let fill = fill.flatten().ok_or_else(|| {
                self.own_program(&format!(
                    "the index {} ({}) cannot be made here",
                    index.column, index.normaliser
                ))
            })?;
            task = task.filling(fill);
        }
        Ok(task)
    }
}
