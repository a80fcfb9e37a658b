//! A job on each table of the columns that were asked for.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{EngineConnection, Job, Limits, Outcome, Progress, TargetTable};
use encfield::{DataKeyConnection, DataKeyTable, DataKeys, HasDataKeyTable, Keyring};

use crate::columns::Columns;
use crate::command::Pace;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::manifest::Column;
use crate::output::Output;
use crate::verb::Verb;

pub(crate) fn run(
    columns: &Columns,
    verb: &Verb<'_>,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
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
        interrupted: &interrupted,
    })?;
    if ended == Ended::Done && !pace.dry_run {
        verb.what_remains()
            .into_iter()
            .for_each(|note| output.note(note));
    }
    Ok(ended)
}

struct Run<'a> {
    columns: &'a Columns,
    verb: &'a Verb<'a>,
    pace: &'a Pace,
    output: &'a Output,
    interrupted: &'a AtomicBool,
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
        let mut ended = Ended::Done;
        for columns in asked.chunk_by(|one, other| one.table == other.table) {
            let Some(first) = columns.first() else {
                continue;
            };
            let table = TargetTable::in_database(conn, &first.table)?;
            let name = self.name(&keyring, &first.table, columns)?;
            let job = self.job(&name, table.clone(), columns)?;
            if self.pace.again && !self.pace.dry_run {
                Job::forget(conn, job.name())?;
            }
            self.output.begin(&name, table.count_rows(conn)?);
            let outcome = self.work(&job, &name, conn, &connect)?;
            self.output.clear();
            for failure in &outcome.failures {
                self.output.failure(&name, failure);
            }
            self.output.ended(&name, outcome.progress, outcome.complete);
            if outcome.progress.failed > 0 {
                ended = Ended::RowsFailed;
            }
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(Ended::Interrupted);
            }
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
        let shared = self.verb.writes() && !self.pace.dry_run;
        let others = if shared {
            self.pace.workers.max(1) - 1
        } else {
            0
        };
        let interrupted = self.interrupted;
        thread::scope(|scope| {
            let others: Vec<_> = (0..others)
                .map(|_| {
                    scope.spawn(move || {
                        let conn = &mut database::open(connect)?;
                        job.run(conn, |_| goes_on(interrupted))
                            .map_err(Problem::from)
                    })
                })
                .collect();
            let mut outcome = job.run(conn, |progress: Progress| {
                self.output.progress(name, progress);
                goes_on(interrupted)
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

fn goes_on(interrupted: &AtomicBool) -> ControlFlow<()> {
    match interrupted.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// A job's name has room for 190 characters.
fn shortened(name: &str) -> String {
    name.chars().take(190).collect()
}
