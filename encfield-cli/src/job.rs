//! Jobs on the columns of the manifest.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{
    ByteReader, EngineConnection, Job, Limits, Outcome, Progress, TargetTable, Task,
};
use encfield::{DataKeyConnection, DataKeyTable, DataKeys, Error, HasDataKeyTable, Keyring};

use crate::command::{Of, OneColumn, Pace};
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::manifest::Column;
use crate::output::Output;

pub(crate) fn rotate(of: &Of, pace: &Pace, output: &Output) -> Result<Ended, Problem> {
    let task = |column: &Column| column.complete(Task::reencrypt(&column.table, &column.column));
    let name = |keyring: &Keyring| Ok(format!("rotate to {}", keyring.primary_id()?));
    run(of.columns()?, &name, &task, pace, output)
}

pub(crate) fn reindex(of: &Of, pace: &Pace, output: &Output) -> Result<Ended, Problem> {
    let columns: Vec<_> = of
        .columns()?
        .into_iter()
        .filter(Column::has_indexes)
        .collect();
    if columns.is_empty() {
        return Err(Problem::new(
            "no column of the manifest that was asked for has an index",
        ));
    }
    let task = |column: &Column| {
        column.filling(column.complete(Task::index(&column.table, &column.column))?)
    };
    let name = |keyring: &Keyring| {
        let id = keyring.index_keys().next().map(|(id, _)| id.to_string());
        Ok(format!("reindex under {}", id.unwrap_or_default()))
    };
    run(columns, &name, &task, pace, output)
}

pub(crate) fn verify(of: &Of, pace: &Pace, output: &Output) -> Result<Ended, Problem> {
    let task = |column: &Column| {
        // A type that is not known here is opened and not decoded.
        let field = column.field().ok();
        let known = field.is_some();
        let task = column.complete(Task::verify(&column.table, &column.column, field))?;
        if known && column.has_indexes() {
            return column.filling(task.clone()).or(Ok(task));
        }
        Ok(task)
    };
    run(
        of.columns()?,
        &|_| Ok("verify".to_owned()),
        &task,
        pace,
        output,
    )
}

pub(crate) fn encrypt(
    of: &OneColumn,
    from: &str,
    clear: bool,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
    let task = |column: &Column| {
        let (table, name, field) = (&column.table, &column.column, column.field()?);
        if clear {
            return column.complete(Task::clear(table, name, from, field));
        }
        column.filling(column.complete(Task::encrypt(table, name, from, field))?)
    };
    let verb = if clear { "clear" } else { "encrypt" };
    let name = |_: &Keyring| Ok(format!("{verb} {from} into {}", of.column));
    let ended = run(vec![of.column()?], &name, &task, pace, output)?;
    if ended == Ended::Done && !pace.dry_run {
        output.note(residue(clear));
    }
    Ok(ended)
}

pub(crate) fn import(
    of: &OneColumn,
    from: &str,
    reader: &ByteReader,
    clear: bool,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
    let task = |column: &Column| {
        let (table, name, field) = (&column.table, &column.column, column.field()?);
        let reader = ByteReader::clone(reader);
        if clear {
            return column.complete(Task::clear_imported(table, name, from, field, reader));
        }
        column.filling(column.complete(Task::import(table, name, from, field, reader))?)
    };
    let verb = if clear { "clear imported" } else { "import" };
    let name = |_: &Keyring| Ok(format!("{verb} {from} into {}", of.column));
    let ended = run(vec![of.column()?], &name, &task, pace, output)?;
    if ended == Ended::Done && !pace.dry_run {
        output.note(if clear {
            "Destroy the old keys when no backup that you may restore needs them."
        } else {
            "The old column is as it was. When every program reads the encrypted one, run the same with \
             --clear."
        });
    }
    Ok(ended)
}

pub(crate) fn decrypt(
    of: &OneColumn,
    to: &str,
    pace: &Pace,
    output: &Output,
) -> Result<Ended, Problem> {
    let task = |column: &Column| {
        let (table, name) = (&column.table, &column.column);
        column.complete(Task::decrypt(table, name, to, column.field()?))
    };
    let name = |_: &Keyring| Ok(format!("decrypt {} into {to}", of.column));
    run(vec![of.column()?], &name, &task, pace, output)
}

/// What a migration leaves behind.
fn residue(cleared: bool) -> &'static str {
    if !cleared {
        return "The plain column is as it was. When every program reads the encrypted one, run the same \
                with --clear.";
    }
    "The plaintext is still in the database's files, though no query shows it:\n  \
     SQLite      VACUUM, then PRAGMA wal_checkpoint(TRUNCATE)\n  \
     PostgreSQL  VACUUM FULL the table; the write-ahead log keeps it until it is recycled\n  \
     MySQL       OPTIMIZE TABLE; purge the binary log\n\
     Backups, replicas, statement logs and exports have it as well. `encfield residue` looks for values \
     in files."
}

type NameOf<'a> = &'a dyn Fn(&Keyring) -> Result<String, Error>;
type TaskOf<'a> = &'a dyn Fn(&Column) -> Result<Task, Problem>;

fn run(
    columns: Vec<Column>,
    name: NameOf<'_>,
    task: TaskOf<'_>,
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
    database::visit(Run {
        columns,
        name,
        task,
        pace,
        output,
        interrupted,
    })
}

struct Run<'a> {
    columns: Vec<Column>,
    name: NameOf<'a>,
    task: TaskOf<'a>,
    pace: &'a Pace,
    output: &'a Output,
    interrupted: Arc<AtomicBool>,
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
        let mut ended = Ended::Done;
        for columns in self.columns.chunk_by(|one, other| one.table == other.table) {
            let Some(first) = columns.first() else {
                continue;
            };
            let table = TargetTable::in_database(conn, &first.table)?;
            let names: Vec<_> = columns
                .iter()
                .map(|column| column.column.as_str())
                .collect();
            let name = format!(
                "{}: {} ({})",
                first.table,
                (self.name)(&keyring)?,
                names.join(", ")
            );
            let mut job = Job::new(shortened(&name), table.clone()).with_limits(Limits {
                chunk: self.pace.chunk,
                rows_per_second: self
                    .pace
                    .rows_per_second
                    .map(|all| (all / self.pace.workers.max(1)).max(1)),
            });
            for column in columns {
                job = job.with((self.task)(column)?);
            }
            if self.pace.dry_run {
                job = job.dry_run();
            } else if self.pace.again {
                Job::forget(conn, job.name())?;
            }
            self.output.begin(&name, table.count_rows(conn)?);
            let outcome = self.work(&job, &name, &connect)?;
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
    /// Works on a job with as many connections as were asked for.
    fn work<C: EngineConnection>(
        &self,
        job: &Job,
        name: &str,
        connect: &(impl Fn() -> ConnectionResult<C> + Sync),
    ) -> Result<Outcome, Problem> {
        let goes_on = || match self.interrupted.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let workers = if self.pace.dry_run {
            1
        } else {
            self.pace.workers.max(1)
        };
        let interrupted = &self.interrupted;
        thread::scope(|scope| {
            let others: Vec<_> = (1..workers)
                .map(|_| {
                    scope.spawn(move || {
                        let conn = &mut database::open(connect)?;
                        let stop = |_| match interrupted.load(Ordering::Relaxed) {
                            true => ControlFlow::Break(()),
                            false => ControlFlow::Continue(()),
                        };
                        job.run(conn, stop).map_err(Problem::from)
                    })
                })
                .collect();
            let conn = &mut database::open(connect)?;
            let mut outcome = job.run(conn, |progress: Progress| {
                self.output.progress(name, progress);
                goes_on()
            })?;
            for other in others {
                let other = other
                    .join()
                    .map_err(|_| Problem::new("a worker panicked"))??;
                outcome.failures.extend(other.failures);
            }
            if workers > 1 {
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
