//! A job: tasks on a table, and how fast to go.

use super::connection::EngineConnection;
use super::index_fill::IndexFill;
use super::ledger;
use super::table::{DescribedTable, TargetTable};
use super::task::Task;
use super::trouble::{Trouble, in_transaction};
use crate::error::{Error, ErrorKind};

/// Tasks that are done to each row of a table.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) name: String,
    pub(super) table: TargetTable,
    pub(super) tasks: Vec<Task>,
    pub(super) limits: Limits,
    pub(super) dry_run: bool,
}

/// How much a job takes at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Rows in a chunk, which is one transaction: 500 where nothing is said.
    pub chunk: u32,
    /// Rows a second that one worker goes through at most; as many as it can where nothing is said.
    pub rows_per_second: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk: 500,
            rows_per_second: None,
        }
    }
}

impl Job {
    /// A job without tasks. Workers that are to share it give it the same name, and the name is what it
    /// is resumed by.
    pub fn new(name: impl Into<String>, table: TargetTable) -> Self {
        Self {
            name: name.into(),
            table,
            tasks: Vec::new(),
            limits: Limits::default(),
            dry_run: false,
        }
    }

    /// The same with one more task. A row in which one task fails is left as it was by all.
    #[must_use]
    pub fn with(mut self, task: Task) -> Self {
        self.tasks.push(task);
        self
    }

    /// The same, going at this pace.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same, writing nothing: what it would change is counted.
    #[must_use]
    pub fn dry_run(self) -> Self {
        Self {
            dry_run: true,
            ..self
        }
    }

    /// The job's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lets it begin anew, as [`Job::forget`] does, unless it is refused: then the database remembers it as
    /// before. What a job did to a column, such as to clear it, is known by its record alone.
    ///
    /// # Errors
    /// As [`Job::run`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::ops::ControlFlow;
    /// # use diesel::prelude::*;
    /// # use diesel::connection::SimpleConnection;
    /// # use encfield_core::engine::{Job, TargetTable, Task};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # encfield_core::Keyring::generate().install()?;
    /// # let conn = &mut SqliteConnection::establish(":memory:")?;
    /// # conn.batch_execute("CREATE TABLE cards (id INTEGER PRIMARY KEY, number BLOB)")?;
    /// let rotate = Job::new("rotate cards", TargetTable::new("cards", ["id"]))
    ///     .with(Task::reencrypt("cards", "number"));
    /// let _ = rotate.run(conn, |_| ControlFlow::Continue(()))?;
    /// // Rows have come since.
    /// rotate.begin_anew(conn)?;
    /// assert!(!rotate.run(conn, |_| ControlFlow::Continue(()))?.was_complete);
    /// # Ok(())
    /// # }
    /// ```
    pub fn begin_anew<C: EngineConnection>(&self, conn: &mut C) -> Result<(), Error> {
        let table = self.table.described(conn, &self.columns())?;
        self.check(&table)?;
        self.table.check_key(conn, &table)?;
        ledger::create(conn).map_err(Trouble::into_error)?;
        in_transaction(conn, |conn| {
            ledger::forget(conn, &self.name)?;
            ledger::begin(conn, self)
        })
        .map_err(Trouble::into_error)
    }

    /// How much it takes at a time.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Every column that is read, once.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut columns: Vec<String> = Vec::new();
        for column in self.tasks.iter().flat_map(Task::reads) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
    }

    /// Fails when a task cannot be done to this table, or two are in each other's way.
    pub(super) fn check(&self, table: &DescribedTable) -> Result<(), Error> {
        let mut filled: Vec<&str> = Vec::new();
        for task in &self.tasks {
            task.check(table)?;
            self.check_other_column(task)?;
            for index in &task.indexes {
                self.check_parts(task, index)?;
                if filled.contains(&index.column()) {
                    return Err(Error::new(ErrorKind::JobsContradict)
                        .with_note("two tasks of the job fill this index; let one of them do it")
                        .at(self.table.name().to_owned(), index.column().to_owned()));
                }
                filled.push(index.column());
            }
        }
        Ok(())
    }

    /// Fails when an index is made of a column that another task of the job fills: it would be made of what
    /// stood there before.
    fn check_parts(&self, task: &Task, index: &IndexFill) -> Result<(), Error> {
        let others = index.made_of();
        let mut others = others.filter(|column| *column != task.place.column());
        let filled = |column| {
            (self.tasks.iter()).any(|task| task.encrypts() && task.place.column() == column)
        };
        if !others.any(filled) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::JobsContradict)
            .with_note(
                "it is made of a column that another task of the job fills; fill it in a job after this one",
            )
            .at(self.table.name().to_owned(), index.column().to_owned()))
    }

    /// Fails when a plain column is one that plaintext must not be written into, or is no plaintext.
    fn check_other_column(&self, task: &Task) -> Result<(), Error> {
        let Some(other) = task.other_column() else {
            return Ok(());
        };
        let is_key = self.table.key().iter().any(|key| key == other) && !task.encrypts();
        let is_bound = task.place.reads().skip(1).any(|column| column == other) && !task.encrypts();
        let mut tasks = self.tasks.iter();
        let is_ours = tasks.any(|task| {
            let mut indexes = task.indexes.iter();
            task.place.column() == other || indexes.any(|index| index.column() == other)
        });
        let note = match () {
            () if is_key => "it is a column of the primary key",
            () if is_bound => "the value is bound to it, or it is its scope",
            () if is_ours && !task.is_in_place() => {
                "it is an encrypted column or an index of the job"
            }
            () => return Ok(()),
        };
        Err(Error::new(ErrorKind::ColumnInvalid)
            .with_note(note)
            .at(self.table.name().to_owned(), other.to_owned()))
    }

    /// What it does, in words that stay the same from one run to the next.
    pub(super) fn definition(&self) -> String {
        let tasks: Vec<_> = self.tasks.iter().map(Task::definition).collect();
        format!(
            "{} {:?}: {}",
            self.table.name(),
            self.table,
            tasks.join("; ")
        )
    }
}
