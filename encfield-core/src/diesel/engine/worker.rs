//! One worker of a job, and the chunks that it does.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::connection::EngineConnection;
use super::dialect::EngineBackend;
use super::job::Job;
use super::key::RowKey;
use super::ledger;
use super::progress::{Failure, Outcome, Progress};
use super::rows::{Rows, ends_the_job};
use super::statement::Statement;
use super::table::DescribedTable;
use super::trouble::{Trouble, in_transaction};
use crate::error::Error;

/// How long a statement may be on this connection, where a longer one ends it.
pub(super) fn longest<C: EngineConnection>(conn: &mut C) -> Result<Option<u64>, Trouble> {
    let Some(query) = <C::Backend as EngineBackend>::LONGEST else {
        return Ok(None);
    };
    let rows = conn.rows(Statement::new(query))?;
    let number = rows.first().map(|row| row.number(0));
    Ok(number.filter(|number| *number > 0))
}

/// One worker of a job.
pub(super) struct Worker<'j> {
    pub(super) job: &'j Job,
    pub(super) table: DescribedTable,
    pub(super) longest: Option<u64>,
    pub(super) progress: Progress,
    pub(super) was_complete: bool,
    /// No chunk before this one is open.
    pub(super) first_open: u64,
}

impl Worker<'_> {
    /// Claims a chunk and works on it, in one transaction. Whether there was one.
    pub(super) fn one_chunk<C: EngineConnection>(
        &mut self,
        conn: &mut C,
        tell: &mut impl FnMut(Failure),
    ) -> Result<bool, Error> {
        let done = self.job.again(|| {
            in_transaction(conn, |conn| {
                if let Some(set) = <C::Backend as EngineBackend>::REFUSE_AT_ONCE {
                    conn.run(Statement::new(set))?;
                }
                let Some(chunk) = ledger::claim(conn, self.job, &self.table, self.first_open)?
                else {
                    return Ok(None);
                };
                let (progress, failures) =
                    self.rows()
                        .work(conn, chunk.after.as_ref(), &chunk.up_to, true)?;
                ledger::tick(conn, self.job, &chunk, progress, &failures)?;
                Ok(Some((progress, failures)))
            })
        })?;
        let Some((progress, failures)) = done else {
            return Ok(false);
        };
        self.count(progress);
        failures.into_iter().for_each(tell);
        Ok(true)
    }

    /// Where one connection writes at a time, a data key cannot be made within a chunk's transaction.
    /// So they are made before.
    pub(super) fn make_data_keys<C: EngineConnection>(&self, conn: &mut C) -> Result<(), Error> {
        if !<C::Backend as EngineBackend>::SKIP_LOCKED.is_empty() {
            return Ok(());
        }
        for task in self.job.tasks.iter().filter(|task| task.seals()) {
            let Some(column) = task.place.scope_column() else {
                continue;
            };
            let Some(kind) = self.table.kind(column) else {
                continue;
            };
            let distinct = kind.read(Statement::new("SELECT DISTINCT "), column);
            let distinct = distinct.sql(" FROM ").table(&self.table.name);
            let scopes = conn
                .rows(distinct)
                .map_err(|error| Trouble::from(error).into_error())?;
            for scope in scopes {
                match task.place.make_data_key(scope.text(0)) {
                    Err(error) if ends_the_job(error.kind()) => return Err(error),
                    // What is wrong with a scope is said of each of its rows.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, progress: Progress) {
        self.progress.rows += progress.rows;
        self.progress.changed += progress.changed;
        self.progress.failed += progress.failed;
    }

    /// Goes through the table without writing a word.
    pub(super) fn run_alone<C: EngineConnection>(
        mut self,
        conn: &mut C,
        begun: Instant,
        mut tell: impl FnMut(Failure),
        mut after_each: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Outcome, Error> {
        let mut after: Option<RowKey> = None;
        loop {
            let chunk = u64::from(self.job.limits.chunk.max(1));
            let keys = || {
                let statement = self.table.select(false);
                let statement = statement.then(self.table.between(after.as_ref(), None));
                statement
                    .then(self.table.order(""))
                    .sql(" LIMIT ")
                    .number(chunk)
            };
            let rows = self.job.again(|| Ok(conn.rows(keys())?))?;
            let Some(last) = rows.last() else {
                break;
            };
            let up_to = self.table.key_behind(last, after.as_ref())?;
            let (progress, failures) = self
                .job
                .again(|| self.rows().work(conn, after.as_ref(), &up_to, false))?;
            self.count(progress);
            failures.into_iter().for_each(&mut tell);
            self.progress.elapsed = begun.elapsed();
            if after_each(self.progress).is_break() {
                return Ok(self.ended(false));
            }
            self.keep_pace(begun);
            after = Some(up_to);
        }
        Ok(self.ended(true))
    }

    fn ended(self, complete: bool) -> Outcome {
        Outcome {
            progress: self.progress,
            failures: Vec::new(),
            complete,
            was_complete: self.was_complete,
        }
    }

    pub(super) fn outcome<C: EngineConnection>(self, conn: &mut C) -> Result<Outcome, Error> {
        let state = ledger::state(conn, &self.job.name).map_err(Trouble::into_error)?;
        let elapsed = self.progress.elapsed;
        let mut outcome = self.ended(state.1);
        outcome.progress = Progress { elapsed, ..state.0 };
        Ok(outcome)
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            job: self.job,
            table: &self.table,
            longest: self.longest,
        }
    }

    /// Waits until this worker is no faster than it may be.
    pub(super) fn keep_pace(&self, begun: Instant) {
        let Some(pace) = self.job.limits.rows_per_second else {
            return;
        };
        let due = Duration::from_secs_f64(self.progress.rows as f64 / f64::from(pace.max(1)));
        if let Some(early) = due.checked_sub(begun.elapsed()) {
            std::thread::sleep(early);
        }
    }
}
