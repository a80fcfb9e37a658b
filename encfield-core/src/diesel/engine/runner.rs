//! Going through a table.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::connection::EngineConnection;
use super::definition::Definition;
use super::dialect::{EngineBackend, Prepare};
use super::job::Job;
use super::key::RowKey;
use super::ledger;
use super::progress::{Failure, Outcome, Progress};
use super::rows::{Rows, ends_the_job};
use super::statement::Statement;
use super::table::DescribedTable;
use super::task::{Action, Emptied, Task};
use super::trouble::{Trouble, in_transaction};
use crate::error::{Error, ErrorKind};

/// How many failures are kept to be listed.
const LISTED: usize = 100_000;

/// How often a chunk is tried that is in another transaction's way.
const TRIES: usize = 10;

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
            progress: Progress::default(),
            failures: Vec::new(),
            was_complete: false,
            first_open: 0,
        };
        if self.dry_run || self.only_reads() {
            return worker.run_alone(conn, begun, after_each);
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
            while worker.one_chunk(conn)? {
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
    fn again<R>(&self, mut run: impl FnMut() -> Result<R, Trouble>) -> Result<R, Error> {
        let mut tries = 1;
        loop {
            match run() {
                Ok(done) => return Ok(done),
                Err(trouble) if trouble.is_passing() && tries < TRIES => tries += 1,
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
    match <C::Backend as EngineBackend>::PREPARE {
        Prepare::Nothing => {}
        Prepare::Query(pragma) => {
            conn.rows(Statement::new(pragma))?;
        }
        Prepare::Command(set) => {
            conn.run(Statement::new(set))?;
        }
    }
    Ok(())
}

/// One worker of a job.
struct Worker<'j> {
    job: &'j Job,
    table: DescribedTable,
    progress: Progress,
    failures: Vec<Failure>,
    was_complete: bool,
    /// No chunk before this one is open.
    first_open: u64,
}

impl Worker<'_> {
    /// Claims a chunk and works on it, in one transaction. Whether there was one.
    fn one_chunk<C: EngineConnection>(&mut self, conn: &mut C) -> Result<bool, Error> {
        let done = self.job.again(|| {
            in_transaction(conn, |conn| {
                let Some(chunk) = ledger::claim(conn, self.job, &self.table, self.first_open)?
                else {
                    return Ok(None);
                };
                let (progress, failures) =
                    self.rows()
                        .work(conn, chunk.after.as_ref(), &chunk.up_to, true)?;
                // No more than are listed, however many workers there were.
                let room = LISTED.saturating_sub(self.failures.len());
                let listed = failures.get(..room).unwrap_or(&failures);
                ledger::tick(conn, self.job, &chunk, progress, listed)?;
                Ok(Some((progress, failures)))
            })
        })?;
        let Some((progress, failures)) = done else {
            return Ok(false);
        };
        self.count(progress, failures);
        Ok(true)
    }

    /// Where one connection writes at a time, a data key cannot be made within a chunk's transaction.
    /// So they are made before.
    fn make_data_keys<C: EngineConnection>(&self, conn: &mut C) -> Result<(), Error> {
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

    fn count(&mut self, progress: Progress, failures: Vec<Failure>) {
        self.progress.rows += progress.rows;
        self.progress.changed += progress.changed;
        self.progress.failed += progress.failed;
        let room = LISTED.saturating_sub(self.failures.len());
        self.failures.extend(failures.into_iter().take(room));
    }

    /// Goes through the table without writing a word.
    fn run_alone<C: EngineConnection>(
        mut self,
        conn: &mut C,
        begun: Instant,
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
            self.count(progress, failures);
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
            failures: self.failures,
            complete,
            was_complete: self.was_complete,
        }
    }

    fn outcome<C: EngineConnection>(self, conn: &mut C) -> Result<Outcome, Error> {
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
        }
    }

    /// Waits until this worker is no faster than it may be.
    fn keep_pace(&self, begun: Instant) {
        let Some(pace) = self.job.limits.rows_per_second else {
            return;
        };
        let due = Duration::from_secs_f64(self.progress.rows as f64 / f64::from(pace.max(1)));
        if let Some(early) = due.checked_sub(begun.elapsed()) {
            std::thread::sleep(early);
        }
    }
}
