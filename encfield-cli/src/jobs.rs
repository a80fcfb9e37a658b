//! The jobs that a database knows.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{EngineConnection, Job, JobRecord, Progress};
use encfield::{DataKeyConnection, HasDataKeyTable};
use serde_json::json;

use crate::command::JobsCommand;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::output::Output;

pub(crate) fn run(command: JobsCommand, output: &Output) -> Result<Ended, Problem> {
    match command {
        JobsCommand::List => {
            let jobs = database::visit(All)?;
            for JobRecord {
                name,
                progress,
                complete,
                ..
            } in &jobs
            {
                let state = if *complete {
                    "complete"
                } else {
                    "not complete"
                };
                let Progress {
                    rows,
                    changed,
                    failed,
                    ..
                } = progress;
                output.result(
                    &format!("{name}: {state}, {rows} rows, {changed} changed, {failed} left as they were"),
                    &json!({
                        "event": "job", "job": name, "complete": complete, "rows": rows,
                        "changed": changed, "failed": failed,
                    }),
                );
            }
            let complete = jobs.iter().all(|job| job.complete);
            Ok(if complete { Ended::Done } else { Ended::No })
        }
        JobsCommand::Forget { name } => {
            let there = database::visit(Forget { name: &name })?;
            let text = if there {
                "forgotten: the next run begins anew"
            } else {
                "there is no such job"
            };
            let value = json!({ "event": "forget", "job": name, "forgotten": there });
            output.result(&format!("{name}: {text}"), &value);
            Ok(if there { Ended::Done } else { Ended::No })
        }
    }
}

/// Fails when a job is unfinished: it may be sealing under a key that should go, or has yet to open
/// what is under it.
pub(crate) fn refuse_unfinished() -> Result<(), Problem> {
    let jobs = database::visit(All)?;
    let unfinished = jobs.into_iter().find(|job| !job.complete);
    match unfinished {
        None => Ok(()),
        Some(JobRecord { name, .. }) => Err(Problem::new(format!(
            "the job `{name}` is not complete and may still use the key: let it end, or stop every \
             process that works on it and then `encfield jobs forget` it"
        ))),
    }
}

struct All;

impl Visit for All {
    type Output = Vec<JobRecord>;

    fn visit<C, F>(self, connect: F) -> Result<Self::Output, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        Ok(Job::list(conn)?)
    }
}

struct Forget<'a> {
    name: &'a str,
}

impl Visit for Forget<'_> {
    type Output = bool;

    fn visit<C, F>(self, connect: F) -> Result<bool, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let there = Job::list(conn)?.iter().any(|job| job.name == self.name);
        if there {
            Job::forget(conn, self.name)?;
        }
        Ok(there)
    }
}
