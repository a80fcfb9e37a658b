//! The rows of a chunk: looked at one by one, and written many at a time.

use super::connection::EngineConnection;
use super::dialect::{ColumnKind, EngineBackend};
use super::job::Job;
use super::key::RowKey;
use super::pending::{Pending, batches, update};
use super::progress::{Failure, Progress};
use super::statement::{Cells, Statement};
use super::table::DescribedTable;
use super::task::Task;
use super::trouble::{Trouble, in_transaction};
use super::work::{Cell, Change};
use crate::error::{Error, ErrorKind};

/// The rows of a job's table.
pub(super) struct Rows<'j> {
    pub(super) job: &'j Job,
    pub(super) table: &'j DescribedTable,
    /// How long a statement may be.
    pub(super) longest: Option<u64>,
}

/// What came of the rows that one statement was to write.
enum Written {
    /// So many were written; the others were not what was read.
    Rows(usize),
    /// None, as one of them is refused.
    Refused(Trouble),
    /// None, as the server would not take the statement.
    TooLong,
}

/// A row, its cells named.
pub(super) struct NamedCells<'r> {
    pub(super) table: &'r DescribedTable,
    pub(super) cells: &'r Cells,
}

impl Cell for NamedCells<'_> {
    fn cell(&self, column: &str) -> Option<&[u8]> {
        let mut columns = self.table.columns.iter();
        let position = columns.position(|(name, _)| name == column)?;
        self.cells.bytes(self.table.key_columns() + position)
    }
}

/// What is to become of a row.
type Verdict = Result<Vec<Change>, Box<Failure>>;

impl Rows<'_> {
    /// Works on the rows between two keys.
    pub(super) fn work<C: EngineConnection>(
        &self,
        conn: &mut C,
        after: Option<&RowKey>,
        up_to: &RowKey,
        write: bool,
    ) -> Result<(Progress, Vec<Failure>), Trouble> {
        let statement = self
            .table
            .select(true)
            .then(self.table.between(after, Some(up_to)))
            .then(self.table.order(""));
        let rows = conn.rows(statement)?;
        let (mut progress, mut failures) = (Progress::default(), Vec::new());
        let mut pending = Vec::new();
        for cells in &rows {
            progress.rows += 1;
            let key = self.table.key_of(cells)?;
            match self.verdict(&key, cells)? {
                Ok(changes) if changes.is_empty() => {}
                Ok(_) if !write => progress.changed += 1,
                Ok(changes) => pending.push(Pending {
                    key,
                    cells,
                    changes,
                }),
                Err(failure) => failures.push(*failure),
            }
        }
        // Rows of which the same columns are written go together.
        pending.sort_by(|one, other| one.columns().cmp(other.columns()));
        let at_once = <C::Backend as EngineBackend>::ROWS_AT_ONCE;
        for alike in pending.chunk_by(|one, other| one.columns().eq(other.columns())) {
            for batch in batches(alike, at_once, Pending::length) {
                let written = match self.write(conn, batch)? {
                    Written::Rows(rows) => rows,
                    Written::Refused(_) | Written::TooLong => 0,
                };
                progress.changed += written as u64;
                if written == batch.len() {
                    continue;
                }
                for row in batch {
                    match self.once_more(conn, &row.key)? {
                        Ok(true) => progress.changed += 1,
                        Ok(false) => {}
                        Err(failure) => failures.push(*failure),
                    }
                }
            }
        }
        progress.failed = failures.len() as u64;
        Ok((progress, failures))
    }

    /// Writes these rows, each if it is what was read. In a savepoint: a row that the database refuses does
    /// not end the chunk.
    fn write<C: EngineConnection>(
        &self,
        conn: &mut C,
        rows: &[Pending<'_>],
    ) -> Result<Written, Trouble> {
        let statement = update::<C::Backend>(self.table, rows);
        if (self.longest).is_some_and(|longest| statement.length() > longest) {
            return Ok(Written::TooLong);
        }
        match in_transaction(conn, |conn| Ok(conn.run(statement)?)) {
            Ok(rows) => Ok(Written::Rows(rows)),
            Err(trouble) if trouble.may_be_of_the_row() => Ok(Written::Refused(trouble)),
            Err(trouble) => Err(trouble),
        }
    }

    /// A row that somebody changed after it was read, or that was written along with such a one: it is
    /// looked at again, and now held. Whether it was written.
    fn once_more<C: EngineConnection>(
        &self,
        conn: &mut C,
        key: &RowKey,
    ) -> Result<Result<bool, Box<Failure>>, Trouble> {
        let statement = self
            .table
            .select(true)
            .then(self.table.at(key))
            .sql(<C::Backend as EngineBackend>::LOCK);
        let rows = conn.rows(statement)?;
        let Some(cells) = rows.first() else {
            return Ok(Ok(false));
        };
        let changes = match self.verdict(key, cells)? {
            Ok(changes) if changes.is_empty() => return Ok(Ok(false)),
            Ok(changes) => changes,
            Err(failure) => return Ok(Err(failure)),
        };
        let row = Pending {
            key: key.clone(),
            cells,
            changes,
        };
        let mut tries = 1;
        let written = loop {
            match self.write(conn, std::slice::from_ref(&row))? {
                // What the database does not name may be passing.
                Written::Refused(trouble)
                    if trouble.of_the_row().is_none() && tries < trouble.tries() =>
                {
                    tries += 1;
                }
                written => break written,
            }
        };
        let reason = match written {
            Written::Rows(1) => return Ok(Ok(true)),
            Written::Rows(_) => {
                "the row is not what was read; is it a view, or changed by a trigger?"
            }
            Written::TooLong => {
                "the statement would be longer than the server's max_allowed_packet; raise it, and run the job \
                 anew"
            }
            Written::Refused(trouble) => match trouble.of_the_row() {
                Some(reason) => reason,
                None if self.takes_writes(conn, &row) => "this row, and would take others",
                None => return Err(trouble),
            },
        };
        let (column, _) = row.changes.first().cloned().unwrap_or_default();
        let error = Error::new(ErrorKind::Database).with_note(reason);
        let error = error.at(self.table.name.clone(), column.clone());
        Ok(Err(Box::new(Failure {
            key: key.clone(),
            column,
            kind: error.kind(),
            reason: error.to_string(),
        })))
    }

    /// Whether the database would write the same columns of other rows: then it was the row's own fault.
    /// What it said of the row is in any language.
    fn takes_writes<C: EngineConnection>(&self, conn: &mut C, row: &Pending<'_>) -> bool {
        let mut statement = Statement::new("UPDATE ").table(&self.table.name);
        let mut word = " SET ";
        for column in row.columns() {
            statement = statement.sql(word).name(column).sql(" = ").name(column);
            word = ", ";
        }
        let statement = statement.sql(" WHERE 1 = 0");
        in_transaction(conn, |conn| Ok(conn.run(statement)?)).is_ok()
    }

    /// What is to be written into the row; or why it is left as it is; or why the job ends.
    fn verdict(&self, key: &RowKey, cells: &Cells) -> Result<Verdict, Error> {
        let named = self.named(cells);
        let mut changes: Vec<Change> = Vec::new();
        for task in &self.job.tasks {
            match task.work_on(&named) {
                Ok(more) => match self.unwritable(&more) {
                    None => changes.extend(more),
                    Some(error) => return Ok(Err(failure(key, task, &error))),
                },
                Err(error) if ends_the_job(error.kind()) => return Err(error),
                Err(error) => return Ok(Err(failure(key, task, &error))),
            }
        }
        Ok(Ok(changes))
    }

    fn named<'r>(&'r self, cells: &'r Cells) -> NamedCells<'r> {
        NamedCells {
            table: self.table,
            cells,
        }
    }

    /// What is no text cannot be written into a column of anything but bytes.
    fn unwritable(&self, changes: &[Change]) -> Option<Error> {
        let is_wrong = |(column, value): &&Change| {
            self.table.kind(column) != Some(&ColumnKind::Bytes)
                && value
                    .as_ref()
                    .is_some_and(|value| std::str::from_utf8(value).is_err())
        };
        let (column, _) = changes.iter().find(is_wrong)?;
        let error = Error::new(ErrorKind::ColumnInvalid).with_note("the value is no text");
        Some(error.at(self.table.name.clone(), column.clone()))
    }
}

fn failure(key: &RowKey, task: &Task, error: &Error) -> Box<Failure> {
    Box::new(Failure {
        key: key.clone(),
        column: task.place.column().to_owned(),
        kind: error.kind(),
        reason: error.to_string(),
    })
}

/// What is no row's own fault: every row would fail.
pub(super) fn ends_the_job(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NoKeyring
            | ErrorKind::NoIndexKey
            | ErrorKind::NoDataKeys
            | ErrorKind::DataKeyStore
            | ErrorKind::Tombstones
            | ErrorKind::Forbidden
            | ErrorKind::Entropy
    )
}
