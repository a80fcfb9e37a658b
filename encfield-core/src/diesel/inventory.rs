//! Which columns of a program are encrypted, and whether a database has them.

use std::fmt::{self, Write};

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Nullable};
use diesel::{Connection, RunQueryDsl};

use super::column_record::{ColumnRecord, SensitiveModel};
use crate::error::{Error, ErrorKind};
use crate::keyring::{self, Role};

/// The encrypted columns of a program: to be printed, kept beside the code, and held against a
/// database when the program starts.
///
/// ```
/// use diesel::prelude::*;
/// use encfield_core::Inventory;
/// # use encfield_core::{ColumnRecord, Error, SensitiveModel};
/// # diesel::table! {
/// #     use diesel::sql_types::*;
/// #     use encfield_core::sql_types::Ciphertext;
/// #     profiles (id) { id -> Integer, passport_number -> Nullable<Ciphertext<passport_number>> }
/// # }
/// # struct Profile;
/// # impl SensitiveModel for Profile {
/// #     fn encrypted_columns() -> Result<Vec<ColumnRecord>, Error> {
/// #         Ok(vec![ColumnRecord::new::<profiles::passport_number>(true, "Option<String>", vec![], vec![], None, None)?])
/// #     }
/// # }
///
/// fn start(conn: &mut SqliteConnection) -> Result<(), Error> {
///     let inventory = Inventory::new().with::<Profile>()?;
///     println!("{inventory}");
///     let report = inventory.check(conn);
///     if !report.problems().is_empty() {
///         eprintln!("{report}");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    columns: Vec<ColumnRecord>,
}

impl Inventory {
    /// An inventory of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            columns: Vec::new(),
        }
    }

    /// The same with the columns of this model. A column that several models have is there once.
    ///
    /// # Errors
    /// [`ErrorKind::UnknownContext`] when a table's SQL name cannot be told, and
    /// [`ErrorKind::ModelsDisagree`] when a column is there from another model that fills other
    /// indexes or binds to other columns: what the one stores the other would not open, or not find.
    pub fn with<M: SensitiveModel>(mut self) -> Result<Self, Error> {
        for column in M::encrypted_columns()? {
            let same = |other: &&ColumnRecord| {
                (other.table(), other.column()) == (column.table(), column.column())
            };
            match self.columns.iter_mut().find(|other| same(&&**other)) {
                None => self.columns.push(column),
                Some(other) if other.agrees_with(&column) => {
                    // Who only loads a column need not know its indexes.
                    if column.stored {
                        *other = column;
                    }
                }
                Some(_) => return Err(column.blame(Error::new(ErrorKind::ModelsDisagree))),
            }
        }
        Ok(self)
    }

    /// The columns, in the order in which they came.
    #[must_use]
    pub fn columns(&self) -> &[ColumnRecord] {
        &self.columns
    }

    /// The inventory as TOML, to be kept as `encfield.toml` beside the code and compared in review.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# The encrypted columns of this program.\n");
        for column in &self.columns {
            column.write_toml(&mut text);
        }
        text
    }

    /// Holds the inventory against a database: each column is there and holds bytes, a value in it
    /// opens under a key of the keyring, each index column is there and its tags have their length.
    ///
    /// One value of each column is read, and nothing is written; a few where the first ones are of a scope
    /// that was shredded, which is no problem. Of a value that is bound to its row only the key is looked
    /// at, and nothing is opened with a keyring whose [`Role`] does not open. Run it outside of a transaction: PostgreSQL ends one in which a
    /// statement fails.
    pub fn check<C>(&self, conn: &mut C) -> Report
    where
        C: Connection,
        for<'q> Sample: LoadQuery<'q, C, Option<Vec<u8>>>,
    {
        let mut problems = Vec::new();
        for column in &self.columns {
            let values = sample(conn, &column.table, column.column, SAMPLES);
            let checked = values.and_then(|values| opens(column, &values));
            problems.extend(checked.err().map(|error| column.blame(error)));
            for index in column.indexes() {
                let tags = sample(conn, &column.table, index, 1);
                let error = match tags.map(|tags| tags.into_iter().next()) {
                    Err(error) => error,
                    Ok(Some(tag)) if tag.is_empty() || tag.len() > 32 => {
                        Error::new(ErrorKind::ColumnInvalid).with_note("a tag has up to 32 bytes")
                    }
                    Ok(_) => continue,
                };
                problems.push(error.at(column.table.clone(), index.to_owned()));
            }
        }
        Report {
            columns: self.columns.len(),
            problems,
        }
    }
}

/// What [`Inventory::check`] found.
#[derive(Clone, Debug)]
#[must_use = "a problem that nobody reads is not solved"]
pub struct Report {
    columns: usize,
    problems: Vec<Error>,
}

impl Report {
    /// What is wrong; nothing when all is well.
    #[must_use]
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} columns, {} problems",
            self.columns,
            self.problems.len()
        )?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, column) in self.columns.iter().enumerate() {
            if position > 0 {
                f.write_char('\n')?;
            }
            write!(
                f,
                "{}.{}: {}",
                column.table, column.column, column.field_type
            )?;
            if !column.indexes.is_empty() {
                write!(
                    f,
                    ", found by {}",
                    column.indexes().collect::<Vec<_>>().join(", ")
                )?;
            }
            if !column.bound_to.is_empty() {
                write!(
                    f,
                    ", bound to {}",
                    column.bound_to().collect::<Vec<_>>().join(", ")
                )?;
            }
            if let Some((_, scope)) = column.scope {
                write!(f, ", sealed per {scope}")?;
            }
        }
        Ok(())
    }
}

/// How many values are read to find one whose scope was not shredded.
const SAMPLES: u32 = 16;

/// Whether the first of these values opens that was not shredded.
fn opens(column: &ColumnRecord, values: &[Vec<u8>]) -> Result<(), Error> {
    let opens = |value: &[u8]| {
        keyring::with_current(&column.context, |keyring| match keyring.role() {
            Role::All | Role::Open if column.bound_to.is_empty() => {
                keyring.open(&column.context, value).map(drop)
            }
            Role::All | Role::Open => keyring.knows_key_of(&column.context, value),
            // It is not there to open anything.
            Role::Seal | Role::LookUp => Ok(()),
        })
    };
    let of_no_shredded_scope = values.iter().map(|value| opens(value)).find(|opened| {
        let kind = opened.as_ref().err().map(Error::kind);
        kind != Some(ErrorKind::Shredded)
    });
    of_no_shredded_scope.unwrap_or(Ok(()))
}

/// Values of the column that are not NULL. The database's own error is not told: it may quote a value.
fn sample<C>(conn: &mut C, table: &str, column: &str, limit: u32) -> Result<Vec<Vec<u8>>, Error>
where
    C: Connection,
    for<'q> Sample: LoadQuery<'q, C, Option<Vec<u8>>>,
{
    let query = Sample {
        table: table.to_owned(),
        column: column.to_owned(),
        limit,
    };
    let rows: QueryResult<Vec<Option<Vec<u8>>>> = query.load(conn);
    let rows = rows.map_err(|_| Error::new(ErrorKind::ColumnInvalid))?;
    Ok(rows.into_iter().flatten().collect())
}

/// `SELECT column FROM table WHERE column IS NOT NULL LIMIT limit`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Sample {
    table: String,
    column: String,
    limit: u32,
}

impl<DB: Backend> QueryFragment<DB> for Sample {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        pass.push_sql("SELECT ");
        pass.push_identifier(&self.column)?;
        pass.push_sql(" FROM ");
        push_table(&mut pass, &self.table)?;
        pass.push_sql(" WHERE ");
        pass.push_identifier(&self.column)?;
        pass.push_sql(" IS NOT NULL LIMIT ");
        pass.push_sql(&self.limit.to_string());
        Ok(())
    }
}

/// `table` or `schema.table`, in the backend's quotes.
pub(super) fn push_table<DB: Backend>(
    pass: &mut AstPass<'_, '_, DB>,
    table: &str,
) -> QueryResult<()> {
    for (position, name) in table.split('.').enumerate() {
        if position > 0 {
            pass.push_sql(".");
        }
        pass.push_identifier(name)?;
    }
    Ok(())
}

impl QueryId for Sample {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sample {
    type SqlType = Nullable<Binary>;
}

impl<C> RunQueryDsl<C> for Sample {}
