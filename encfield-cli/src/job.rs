//! A job on each table of the columns that were asked for.

use std::collections::HashSet;
use std::ops::ControlFlow;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{EngineConnection, Job, Limits, Progress, TargetTable};
use encfield::{DataKeyConnection, HasDataKeyTable, Keyring};

use crate::columns::Columns;
use crate::command::Pace;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::guard;
use crate::keys;
use crate::manifest::Column;
use crate::output::{Extent, Output};
use crate::verb::Verb;
use crate::watch::Watch;
use crate::workers::Workers;

pub(crate) fn run(
    columns: &Columns,
    verb: &Verb<'_>,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
    guard::check(columns, verb)?;
    let ended = database::visit(Run {
        columns,
        verb,
        pace,
        output,
        watch: Watch::new(),
    })?;
    let done = matches!(ended, Ended::Done | Ended::RowsFailed);
    if let Some(remains) = verb.what_remains(columns).filter(|_| done && !pace.dry_run) {
        output.remains(&remains);
    }
    Ok(ended)
}

struct Run<'a> {
    columns: &'a Columns,
    verb: &'a Verb<'a>,
    pace: &'a Pace,
    output: &'a Output,
    watch: Watch,
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
        let at = &self.columns.data_keys;
        let scoped = self.columns.iter().any(Column::has_scope);
        let data_keys = scoped.then(|| at.on_their_own(&connect));
        let keyring = keys::install(at, data_keys.as_ref())?;
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
        // What is wrong with the last table is said before the first one is worked on, and before a job is
        // forgotten: what it did to a column is known by its record alone.
        if jobs.len() > 1 || self.pace.again {
            for (_, _, job, _) in &jobs {
                look_at(conn, job)?;
            }
        }
        let mut ended = Ended::DoneBefore;
        for (name, table, job, columns) in &jobs {
            if self.pace.again && self.is_shared() {
                job.begin_anew(conn)?;
            }
            let (before, was_complete) = match self.is_shared() {
                true => Job::state(conn, job.name())?,
                false => (Progress::default(), false),
            };
            let rows = table.count_rows(conn)?;
            if !was_complete {
                let extent = Extent {
                    rows,
                    before: before.rows,
                    workers: self.workers(),
                    limits: job.limits(),
                };
                self.output.begin(name, extent);
            }
            let workers = Workers {
                job,
                name,
                number: self.workers(),
                output: self.output,
                watch: &self.watch,
            };
            let (worked, problem) = match self.is_shared() {
                true => workers.share(conn, &connect)?,
                false => (workers.alone(conn)?, None),
            };
            for column in *columns {
                for what in self.verb.not_checked(self.columns, column) {
                    self.output.not_checked(column, &what);
                }
            }
            if was_complete {
                self.output.was_complete(name, worked.progress);
            } else {
                self.output.ended(name, worked.progress, worked.complete);
            }
            if let Some(problem) = problem {
                return Err(problem);
            }
            if self.watch.is_interrupted() {
                return Ok(Ended::Interrupted);
            }
            self.watch.problem()?;
            // The worst of all tables: what is not complete, then rows that were left, then nothing to do.
            ended = match ended {
                _ if !worked.complete => Ended::Incomplete,
                Ended::Incomplete => Ended::Incomplete,
                Ended::DoneBefore if was_complete => Ended::DoneBefore,
                _ if worked.progress.failed > 0 => Ended::RowsFailed,
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

    /// The connections that work at once: no more than rows that may be done in a second.
    fn workers(&self) -> u32 {
        match self.pace.rows_per_second {
            _ if !self.is_shared() => 1,
            Some(rows) => self.pace.workers.min(rows),
            None => self.pace.workers,
        }
    }

    fn job(&self, name: &str, table: TargetTable, columns: &[&Column]) -> Result<Job, Problem> {
        let rows_per_second = self.pace.rows_per_second;
        let rows_per_second = rows_per_second.map(|all| all / self.workers());
        let mut job = Job::new(shortened(name), table).with_limits(Limits {
            // It waits behind each chunk: no longer than a second, so that Ctrl-C is soon seen.
            chunk: self.pace.chunk.min(rows_per_second.unwrap_or(u32::MAX)),
            rows_per_second,
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
}

/// Fails when a table is not what the job takes it for. Looks at one row, and writes nothing.
fn look_at<C: EngineConnection>(conn: &mut C, job: &Job) -> Result<(), Problem> {
    let one = Limits {
        chunk: 1,
        rows_per_second: None,
    };
    let look = job.clone().with_limits(one).dry_run();
    let _ = look.run(conn, |_| ControlFlow::Break(()))?;
    Ok(())
}

/// A job's name has room for 190 characters.
fn shortened(name: &str) -> String {
    name.chars().take(190).collect()
}
