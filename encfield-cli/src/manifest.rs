//! The manifest `encfield.toml`.

use std::path::Path;

use encfield::engine::{ColumnPlace, FieldType};
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
    hides_null: bool,
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
pub(crate) struct Index {
    pub(crate) column: String,
    pub(crate) normaliser: String,
    #[serde(default)]
    compound: Vec<String>,
    domain: Option<String>,
}

/// What an index is made of.
pub(crate) enum MadeOf<'m> {
    /// The column that it stands below.
    Column,
    /// These columns, in this order.
    Columns(&'m [String]),
    /// The column, with tags that a domain shares.
    Domain(&'m str),
}

impl Index {
    pub(crate) fn made_of(&self) -> MadeOf<'_> {
        match (&self.domain, self.compound.as_slice()) {
            (Some(domain), _) => MadeOf::Domain(domain),
            (None, []) => MadeOf::Column,
            (None, columns) => MadeOf::Columns(columns),
        }
    }
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

    pub(crate) fn columns(self) -> Vec<Column> {
        self.column
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

    pub(crate) fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.index.iter()
    }

    /// The columns of a row that its values are bound to, that of its scope among them.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        let bound = self.bound_to.iter().map(|bound| bound.column.as_str());
        bound.chain(self.scope.iter().map(|scope| scope.column.as_str()))
    }

    /// The type of its field.
    pub(crate) fn field(&self) -> Result<FieldType, Problem> {
        let field = FieldType::named(&self.field_type)
            .ok_or_else(|| self.own_program(&format!("`{}` is not known here", self.field_type)))?;
        let field = match &self.padding {
            None => field,
            Some(padding) => field
                .padded_as(padding)
                .ok_or_else(|| self.own_program(&format!("it is padded ({padding})")))?,
        };
        Ok(if self.hides_null {
            field.hiding_null()
        } else {
            field
        })
    }

    /// Where it is, and what its values are bound to.
    pub(crate) fn place(&self) -> Result<ColumnPlace, Problem> {
        let mut place = ColumnPlace::new(&self.table, &self.column);
        for bound in &self.bound_to {
            let field = FieldType::named(&bound.field_type).ok_or_else(|| {
                self.own_program(&format!(
                    "`{}`, to which it is bound, is not known here",
                    bound.field_type
                ))
            })?;
            place = place.bound_to(&bound.column, field);
        }
        if let Some(scope) = &self.scope {
            place = place.in_scope(&scope.column, &scope.name);
        }
        if let Some(former) = &self.formerly {
            place = place.formerly(&former.table, &former.column);
        }
        Ok(place)
    }

    pub(crate) fn own_program(&self, why: &str) -> Problem {
        Problem::new(format!(
            "{}: {why}; do this from the program that has the type, with `encfield::engine`",
            self.name()
        ))
    }
}
