//! The rows of a chunk: looked at one by one, and written many at a time.

use super::connection::EngineConnection;
use super::dialect::{ColumnKind, EngineBackend};
use super::job::Job;
use super::key::RowKey;
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

/// A row that is to be written.
struct Pending<'r> {
    key: RowKey,
    cells: &'r Cells,
    changes: Vec<Change>,
}

impl Pending<'_> {
    /// What it adds to a statement: what was read, and what is written.
    fn length(&self) -> usize {
        let read = self.cells.0.iter().flatten().map(|cell| cell.len());
        let written = self.changes.iter().filter_map(|(_, value)| value.as_ref());
        read.chain(written.map(|value| value.len())).sum()
    }

    fn columns(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|(column, _)| column.as_str())
    }
}

/// The most that one statement writes of many rows: a server takes no packet of any size.
const BYTES_AT_ONCE: usize = 1 << 20;

/// The rows that go together: so many, and no more bytes than that.
fn batches<T>(rows: &[T], at_once: usize, length: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let (mut rest, mut number, mut bytes) = (rows, 0, 0);
    for row in rows {
        let more = length(row);
        if number > 0 && (number == at_once || bytes + more > BYTES_AT_ONCE) {
            let (batch, behind) = rest.split_at(number);
            batches.push(batch);
            (rest, number, bytes) = (behind, 0, 0);
        }
        (number, bytes) = (number + 1, bytes + more);
    }
    if !rest.is_empty() {
        batches.push(rest);
    }
    batches
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
                // In a savepoint: a row that the database refuses does not end the chunk.
                let written =
                    in_transaction(conn, |conn| Ok(conn.run(self.update::<C::Backend>(batch))?));
                let written = match written {
                    Err(trouble) if trouble.of_the_row().is_some() => 0,
                    written => written?,
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
        let written = in_transaction(conn, |conn| {
            Ok(conn.run(self.update::<C::Backend>(std::slice::from_ref(&row)))?)
        });
        let reason = match written.map_err(|trouble| (trouble.of_the_row(), trouble)) {
            Ok(1) => return Ok(Ok(true)),
            Ok(_) => "the row is not what was read; is it a view, or changed by a trigger?",
            Err((Some(reason), _)) => reason,
            Err((None, trouble)) => return Err(trouble),
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

    /// Writes rows of which the same columns change, each if it is what was read.
    fn update<DB: EngineBackend>(&self, rows: &[Pending<'_>]) -> Statement {
        let mut statement = Statement::new("UPDATE ")
            .table(&self.table.name)
            .sql(" SET ");
        let columns = rows.first().map_or(0, |row| row.changes.len());
        for position in 0..columns {
            if position > 0 {
                statement = statement.sql(", ");
            }
            statement = match rows {
                [row] => match row.changes.get(position) {
                    Some((column, value)) => {
                        self.value(statement.name(column).sql(" = "), column, value)
                    }
                    None => statement,
                },
                rows => self.one_of(statement, rows, position),
            };
        }
        for (position, row) in rows.iter().enumerate() {
            statement = statement.sql(if position == 0 { " WHERE (" } else { " OR (" });
            statement = self.table.is(statement, &row.key);
            let named = self.named(row.cells);
            for (column, kind) in &self.table.columns {
                statement = kind.is::<DB>(statement.sql(" AND "), column, named.cell(column));
            }
            statement = statement.sql(")");
        }
        statement
    }

    /// `column = CASE WHEN key = .. THEN .. ELSE column END`.
    fn one_of(&self, mut statement: Statement, rows: &[Pending<'_>], position: usize) -> Statement {
        let changed =
            |row: &Pending<'_>| row.changes.get(position).map(|(column, _)| column.clone());
        let Some(column) = rows.first().and_then(changed) else {
            return statement;
        };
        statement = statement.name(&column).sql(" = CASE");
        for row in rows {
            if let Some((_, value)) = row.changes.get(position) {
                statement = self.table.is(statement.sql(" WHEN "), &row.key);
                statement = self.value(statement.sql(" THEN "), &column, value);
            }
        }
        statement.sql(" ELSE ").name(&column).sql(" END")
    }

    fn value(
        &self,
        statement: Statement,
        column: &str,
        value: &Option<zeroize::Zeroizing<Vec<u8>>>,
    ) -> Statement {
        let value = value.as_ref().map(|value| value.as_slice());
        match self.table.kind(column) {
            Some(kind) => kind.write(statement, value),
            None => statement.bytes(value),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_together_until_they_are_too_many_or_too_long() {
        let lengths = |rows: &[usize], at_once| -> Vec<Vec<usize>> {
            let batches = batches(rows, at_once, |length| *length);
            batches.into_iter().map(<[usize]>::to_vec).collect()
        };
        assert_eq!(lengths(&[], 2), Vec::<Vec<usize>>::new());
        assert_eq!(lengths(&[1, 2, 3], 2), [vec![1, 2], vec![3]]);
        assert_eq!(lengths(&[1, 2], 2), [[1, 2]]);
        let long = BYTES_AT_ONCE;
        assert_eq!(lengths(&[long, 1, 2], 9), [vec![long], vec![1, 2]]);
        assert_eq!(lengths(&[1, long, long + 1], 9), [[1], [long], [long + 1]]);
    }
}
