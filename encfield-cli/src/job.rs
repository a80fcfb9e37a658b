//! A job on each table of the columns that were asked for.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{EngineConnection, Job, Limits, Outcome, Progress, TargetTable, Task};
use encfield::{DataKeyConnection, DataKeyTable, DataKeys, HasDataKeyTable, Keyring};

use crate::columns::Columns;
use crate::command::Pace;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::guard;
use crate::keys::{self, Watched};
use crate::manifest::Column;
use crate::output::Output;
use crate::verb::Verb;

/// How often the database is asked how far all workers are.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) fn run(
    columns: &Columns,
    verb: &Verb<'_>,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
    guard::check(columns, verb)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    // A second Ctrl-C ends it at once, which costs no more than the chunk that is being worked on.
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(Ended::Interrupted as i32);
        }
    };
    let _ = ctrlc::set_handler(handler);
    let ended = database::visit(Run {
        columns,
        verb,
        pace,
        output,
        watch: Watch {
            interrupted: &interrupted,
            keys: Watched::new(),
            problem: Mutex::new(None),
        },
    })?;
    let done = matches!(ended, Ended::Done | Ended::RowsFailed);
    if let Some(remains) = verb.what_remains(columns).filter(|_| done && !pace.dry_run) {
        output.remains(&remains);
    }
    Ok(ended)
}

/// What is looked at after each chunk.
struct Watch<'a> {
    interrupted: &'a AtomicBool,
    keys: Watched,
    problem: Mutex<Option<Problem>>,
}

impl Watch<'_> {
    fn goes_on(&self) -> ControlFlow<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        match self.keys.look() {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                if let Ok(mut first) = self.problem.lock() {
                    first.get_or_insert(problem);
                }
                ControlFlow::Break(())
            }
        }
    }

    /// What kept the job from going on.
    fn problem(&self) -> Result<(), Problem> {
        let problem = self.problem.lock().ok().and_then(|mut first| first.take());
        problem.map_or(Ok(()), Err)
    }
}

struct Run<'a> {
    columns: &'a Columns,
    verb: &'a Verb<'a>,
    pace: &'a Pace,
    output: &'a Output,
    watch: Watch<'a>,
}

impl Visit for Run<'_> {
    type Output = Ended;

    fn visit<C, F>(self, connect: F) -> Result<Ended, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let scoped = self.columns.iter().any(Column::has_scope);
        let data_keys = scoped.then(|| DataKeys::new(DataKeyTable::new(connect.clone())));
        let keyring = keys::install(data_keys.as_ref())?;
        let asked: Vec<_> = self.columns.iter().collect();
        let mut jobs = Vec::new();
        for columns in asked.chunk_by(|one, other| one.table == other.table) {
            let Some(first) = columns.first() else {
                continue;
            };
            let table = TargetTable::in_database(conn, &first.table)?;
            guard::check_key(&first.table, table.key(), self.verb)?;
            let name = self.name(&keyring, &first.table, columns)?;
            let job = self.job(&name, table.clone(), columns)?;
            jobs.push((name, table, job, columns));
        }
        if jobs.len() > 1 {
            // What is wrong with the last table is said before the first one is worked on.
            for (_, table, _, columns) in &jobs {
                self.look_at(conn, table, columns)?;
            }
        }
        let mut ended = Ended::DoneBefore;
        for (name, table, job, columns) in &jobs {
            if self.pace.again && self.is_shared() {
                Job::forget(conn, job.name())?;
            }
            let (before, was_complete) = match self.is_shared() {
                true => Job::state(conn, job.name())?,
                false => (Progress::default(), false),
            };
            let rows = table.count_rows(conn)?;
            if !was_complete {
                self.output.begin(name, rows, before.rows);
            }
            let outcome = self.work(job, name, conn, &connect)?;
            self.output.clear();
            for failure in &outcome.failures {
                self.output.failure(name, failure);
            }
            for column in *columns {
                for what in self.verb.not_checked(self.columns, column) {
                    self.output.not_checked(column, &what);
                }
            }
            if was_complete {
                self.output.was_complete(name, outcome.progress);
            } else {
                self.output.ended(name, outcome.progress, outcome.complete);
            }
            if self.watch.interrupted.load(Ordering::Relaxed) {
                return Ok(Ended::Interrupted);
            }
            self.watch.problem()?;
            // The worst of all tables: what is not complete, then rows that were left, then nothing to do.
            ended = match ended {
                _ if !outcome.complete => Ended::Incomplete,
                Ended::Incomplete => Ended::Incomplete,
                Ended::DoneBefore if was_complete => Ended::DoneBefore,
                _ if outcome.progress.failed > 0 => Ended::RowsFailed,
                Ended::RowsFailed => Ended::RowsFailed,
                _ => Ended::Done,
            };
        }
        Ok(ended)
    }
}

impl Run<'_> {
    fn name(&self, keyring: &Keyring, table: &str, columns: &[&Column]) -> Result<String, Problem> {
        let names: Vec<_> = columns
            .iter()
            .map(|column| column.column.as_str())
            .collect();
        let words = self.verb.words(keyring)?;
        Ok(format!("{table}: {words} ({})", names.join(", ")))
    }

    /// Whether it keeps account in the database, which several workers can share.
    fn is_shared(&self) -> bool {
        self.verb.writes() && !self.pace.dry_run
    }

    /// Fails when a table is not what the manifest says. Looks at one row, and writes nothing.
    fn look_at<C: EngineConnection>(
        &self,
        conn: &mut C,
        table: &TargetTable,
        columns: &[&Column],
    ) -> Result<(), Problem> {
        let mut job = Job::new("look", table.clone()).with_limits(Limits {
            chunk: 1,
            rows_per_second: None,
        });
        let mut filled = HashSet::new();
        for column in columns {
            let mut task = Task::verify(&column.table, &column.column, None).at(column.place()?);
            for fill in self.verb.fills(self.columns, column)? {
                if filled.insert(fill.column().to_owned()) {
                    task = task.filling(fill);
                }
            }
            job = job.with(task);
        }
        let _ = job.run(conn, |_| ControlFlow::Break(()))?;
        Ok(())
    }

    fn job(&self, name: &str, table: TargetTable, columns: &[&Column]) -> Result<Job, Problem> {
        let of_each = |all: u32| (all / self.pace.workers.max(1)).max(1);
        let mut job = Job::new(shortened(name), table).with_limits(Limits {
            chunk: self.pace.chunk,
            rows_per_second: self.pace.rows_per_second.map(of_each),
        });
        // A compound index is filled once, along with the first of its columns.
        let mut filled = HashSet::new();
        for column in columns {
            let mut task = self.verb.task(column)?;
            for fill in self.verb.fills(self.columns, column)? {
                if filled.insert(fill.column().to_owned()) {
                    task = task.filling(fill);
                }
            }
            job = job.with(task);
        }
        Ok(if self.pace.dry_run {
            job.dry_run()
        } else {
            job
        })
    }

    /// Works on a job with as many connections as were asked for.
    fn work<C: EngineConnection>(
        &self,
        job: &Job,
        name: &str,
        conn: &mut C,
        connect: &(impl Fn() -> ConnectionResult<C> + Sync),
    ) -> Result<Outcome, Problem> {
        let shared = self.is_shared();
        let others = if shared {
            self.pace.workers.max(1) - 1
        } else {
            0
        };
        let watch = &self.watch;
        // What all workers of all processes did, asked for now and then over a connection of its own.
        let mut all = shared.then(|| connect().ok()).flatten();
        let mut asked = Instant::now();
        thread::scope(|scope| {
            let others: Vec<_> = (0..others)
                .map(|_| {
                    scope.spawn(move || {
                        let conn = &mut database::open(connect)?;
                        job.run(conn, |_| watch.goes_on()).map_err(Problem::from)
                    })
                })
                .collect();
            let mut outcome = job.run(conn, |own: Progress| {
                let elapsed = own.elapsed;
                match &mut all {
                    None if shared => {}
                    None => self.output.progress(name, own),
                    Some(_) if asked.elapsed() < EVERY => {}
                    Some(conn) => {
                        if let Ok((sum, _)) = Job::state(conn, job.name()) {
                            self.output.progress(name, Progress { elapsed, ..sum });
                        }
                        asked = Instant::now();
                    }
                }
                watch.goes_on()
            })?;
            for other in others {
                let other = other
                    .join()
                    .map_err(|_| Problem::new("a worker panicked"))??;
                outcome.failures.extend(other.failures);
            }
            if shared {
                // The others may have gone on after this worker's end.
                let (progress, complete) = Job::state(conn, job.name())?;
                let elapsed = outcome.progress.elapsed;
                outcome.progress = Progress {
                    elapsed,
                    ..progress
                };
                outcome.complete = complete;
            }
            Ok(outcome)
        })
    }
}

/// A job's name has room for 190 characters.
fn shortened(name: &str) -> String {
    name.chars().take(190).collect()
}
