//! What the engine's tables remember of a job.

use super::connection::EngineConnection;
use super::failure_record;
use super::job::Job;
use super::ledger;
use super::progress::{Failure, Progress};
use super::statement::Statement;
use super::trouble::Trouble;
use crate::error::Error;

/// A job as the engine's tables remember it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobRecord {
    /// The name that it is resumed and forgotten by.
    pub name: String,
    /// The table that it goes through.
    pub table: String,
    /// What it does, in the engine's words: tables and columns, and no values.
    pub definition: String,
    /// How far all of its workers are.
    pub progress: Progress,
    /// Whether every row was looked at.
    pub complete: bool,
}

impl Job {
    /// How far all workers of the job are, and whether it is complete.
    ///
    /// A job of an unknown name has not begun.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub fn state<C: EngineConnection>(conn: &mut C, name: &str) -> Result<(Progress, bool), Error> {
        let mut state = || {
            if ledger::is_there(conn, "encfield_chunks")? {
                ledger::state(conn, name)
            } else {
                Ok(Default::default())
            }
        };
        state().map_err(Trouble::into_error)
    }

    /// The jobs that the database remembers, by name: those that are complete, and those that are not and so
    /// keep others from their columns.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub fn list<C: EngineConnection>(conn: &mut C) -> Result<Vec<JobRecord>, Error> {
        list(conn).map_err(Trouble::into_error)
    }

    /// The rows that a job left as they were, whoever worked on them, in the order of their chunks. They are
    /// there when an error ended the job, too.
    ///
    /// [`Outcome::failures`](super::Outcome::failures) has those of one worker, and only since it was called.
    /// Where there may be millions, [`Job::each_failure`] keeps none in memory.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub fn failures<C: EngineConnection>(conn: &mut C, name: &str) -> Result<Vec<Failure>, Error> {
        let mut failures = Vec::new();
        Self::each_failure(conn, name, |failure| failures.push(failure))?;
        Ok(failures)
    }

    /// Tells the same rows one by one, and asks the database for some at a time.
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    ///
    /// # Examples
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use encfield_core::engine::Job;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let conn = &mut SqliteConnection::establish(":memory:")?;
    /// Job::each_failure(conn, "rotate cards", |failure| {
    ///     println!("{}: {}", failure.key, failure.reason);
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn each_failure<C: EngineConnection>(
        conn: &mut C,
        name: &str,
        tell: impl FnMut(Failure),
    ) -> Result<(), Error> {
        each_failure(conn, name, tell).map_err(Trouble::into_error)
    }

    /// Forgets how far the job is, so that it begins anew. Rows that are done are left as they are.
    ///
    /// A worker that is at it ends with [`ErrorKind::JobsContradict`](crate::ErrorKind::JobsContradict).
    ///
    /// # Errors
    /// [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub fn forget<C: EngineConnection>(conn: &mut C, name: &str) -> Result<(), Error> {
        ledger::forget(conn, name).map_err(Trouble::into_error)
    }
}

fn each_failure<C: EngineConnection>(
    conn: &mut C,
    name: &str,
    mut tell: impl FnMut(Failure),
) -> Result<(), Trouble> {
    if !ledger::is_there(conn, "encfield_failures")? {
        return Ok(());
    }
    let mut behind = None;
    loop {
        let (failures, last) = failure_record::behind(conn, name, behind)?;
        failures.into_iter().for_each(&mut tell);
        if last.is_none() {
            return Ok(());
        }
        behind = last;
    }
}

fn list<C: EngineConnection>(conn: &mut C) -> Result<Vec<JobRecord>, Trouble> {
    if !ledger::is_there(conn, "encfield_chunks")? {
        return Ok(Vec::new());
    }
    let query = "SELECT name, target, definition FROM encfield_jobs ORDER BY name";
    let rows = conn.rows(Statement::new(query))?;
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let text = |position| row.text(position).unwrap_or_default().to_owned();
        let name = text(0);
        let (progress, complete) = ledger::state(conn, &name)?;
        records.push(JobRecord {
            name,
            table: text(1),
            definition: text(2),
            progress,
            complete,
        });
    }
    Ok(records)
}
