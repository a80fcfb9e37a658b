//! Going through a table.

use std::ops::ControlFlow;
use std::time::Instant;

use super::connection::EngineConnection;
use super::definition::Definition;
use super::dialect::{EngineBackend, Prepare};
use super::job::Job;
use super::ledger;
use super::progress::{Failure, Outcome, Progress};
use super::statement::Statement;
use super::task::{Action, Emptied, Task};
use super::trouble::{Trouble, in_transaction};
use super::worker::{Worker, longest};
use crate::error::{Error, ErrorKind};

/// How many failures an outcome holds.
const LISTED: usize = 100_000;

impl Job {
    /// Works on the job until it is done, or the closure breaks it off, which is asked after each chunk.
    ///
    /// May be called by several threads and processes at once, each with a connection of its own: they
    /// share the chunks. After an end of any kind, the same call goes on where the job was.
    ///
    /// # Errors
    /// [`ErrorKind::ColumnInvalid`](crate::ErrorKind::ColumnInvalid) when the table or a column is not there,
    /// [`ErrorKind::JobsContradict`](crate::ErrorKind::JobsContradict) when another job works on the same column, or this name was used for
    /// another one, [`ErrorKind::Database`](crate::ErrorKind::Database) when the database refuses or goes away, and each kind that keeps
    /// every row from being worked on, such as [`ErrorKind::NoKeyring`](crate::ErrorKind::NoKeyring). What was ticked off stays done.
    pub fn run<C: EngineConnection>(
        &self,
        conn: &mut C,
        after_each: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Outcome, Error> {
        let mut listed = Vec::new();
        let list = |failure| {
            if listed.len() < LISTED {
                listed.push(failure);
            }
        };
        let outcome = self.run_telling(conn, list, after_each)?;
        Ok(Outcome {
            failures: listed,
            ..outcome
        })
    }

    /// The same, and tells each row that it leaves as it was when the row's chunk is done: so they are
    /// known when an error ends the job, too, and however many there are, none is kept in memory.
    ///
    /// [`Outcome::failures`] is empty then. A job that writes also keeps them in the database, for
    /// [`Job::failures`].
    ///
    /// # Errors
    /// Those of [`Job::run`].
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
    /// # conn.batch_execute("CREATE TABLE cards (id INTEGER PRIMARY KEY, number BLOB);
    /// #     INSERT INTO cards VALUES (7, x'00')")?;
    /// let verify = Job::new("verify cards", TargetTable::new("cards", ["id"]))
    ///     .with(Task::verify("cards", "number", None));
    /// let mut rows = Vec::new();
    /// let outcome = verify.run_telling(
    ///     conn,
    ///     |failure| rows.push(failure.key.to_string()),
    ///     |_| ControlFlow::Continue(()),
    /// )?;
    /// assert_eq!((rows, outcome.progress.failed), (vec!["7".to_owned()], 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_telling<C: EngineConnection>(
        &self,
        conn: &mut C,
        mut tell: impl FnMut(Failure),
        mut after_each: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Outcome, Error> {
        let table = self.table.described(conn, &self.columns())?;
        self.check(&table)?;
        self.table.check_key(conn, &table)?;
        prepare(conn).map_err(Trouble::into_error)?;
        let begun = Instant::now();
        let job = &self.as_it_stands(conn)?;
        let mut worker = Worker {
            job,
            table,
            longest: longest(conn).map_err(Trouble::into_error)?,
            progress: Progress::default(),
            was_complete: false,
            first_open: 0,
        };
        if self.dry_run || self.only_reads() {
            return worker.run_alone(conn, begun, tell, after_each);
        }
        ledger::create(conn).map_err(Trouble::into_error)?;
        ledger::begin(conn, job).map_err(Trouble::into_error)?;
        let (_, complete) = ledger::state(conn, &self.name).map_err(Trouble::into_error)?;
        if complete {
            worker.was_complete = true;
            return worker.outcome(conn);
        }
        worker.make_data_keys(conn)?;
        loop {
            let planned =
                self.again(|| in_transaction(conn, |conn| ledger::plan(conn, job, &worker.table)))?;
            let from = worker.first_open;
            worker.first_open = self.again(|| ledger::first_open(conn, job, from))?;
            while worker.one_chunk(conn, &mut tell)? {
                worker.progress.elapsed = begun.elapsed();
                if after_each(worker.progress).is_break() {
                    return worker.outcome(conn);
                }
                worker.keep_pace(begun);
            }
            if !planned {
                return worker.outcome(conn);
            }
        }
    }

    /// The same job, its tasks knowing whether it is a dry run, and which plain columns other jobs have
    /// cleared: NULL in these says nothing.
    fn as_it_stands<C: EngineConnection>(&self, conn: &mut C) -> Result<Self, Error> {
        let mut job = self.clone();
        for task in &mut job.tasks {
            task.dry = self.dry_run;
        }
        let name = self.table.name();
        if !job.tasks.iter().any(Task::encrypts) {
            return Ok(job);
        }
        let definitions = ledger::definitions(conn, name).map_err(Trouble::into_error)?;
        for task in &mut job.tasks {
            let column = task.place.column().to_owned();
            let Action::Encrypt(original) = &mut task.action else {
                continue;
            };
            let clears =
                |text: &String| Definition::read(text, name).clears(&column, &original.column);
            if !definitions.iter().any(clears) {
                continue;
            }
            if original.emptied == Emptied::Field {
                let note = "a job cleared the plain column, so NULL there empties nothing";
                let error = Error::new(ErrorKind::JobsContradict).with_note(note);
                return Err(error.at(name.to_owned(), original.column.clone()));
            }
            original.emptied = Emptied::PlainColumn;
        }
        Ok(job)
    }

    fn only_reads(&self) -> bool {
        let reads = |task: &Task| matches!(task.action, Action::Verify { .. });
        self.tasks.iter().all(reads)
    }

    /// Does it again as long as another transaction is in the way.
    pub(super) fn again<R>(&self, mut run: impl FnMut() -> Result<R, Trouble>) -> Result<R, Error> {
        let mut tries = 1;
        loop {
            match run() {
                Ok(done) => return Ok(done),
                Err(trouble) if tries < trouble.tries() => tries += 1,
                Err(Trouble::Ours(error)) => return Err(error),
                Err(trouble) => {
                    let error = trouble.into_error();
                    return Err(error.at(self.table.name().to_owned(), "*"));
                }
            }
        }
    }
}

fn prepare<C: EngineConnection>(conn: &mut C) -> Result<(), Trouble> {
    for prepare in <C::Backend as EngineBackend>::PREPARE {
        match prepare {
            Prepare::Query(pragma) => drop(conn.rows(Statement::new(pragma))?),
            Prepare::Command(set) => drop(conn.run(Statement::new(set))?),
        }
    }
    Ok(())
}
