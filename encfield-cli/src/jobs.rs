//! The jobs that a database knows.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{EngineConnection, Job, JobRecord, Progress};
use encfield::{DataKeyConnection, HasDataKeyTable};
use serde_json::json;

use crate::command::{JobNamed, JobsCommand};
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
        JobsCommand::Failures(JobNamed { name }) => {
            let listed = database::visit(Failures {
                name: &name,
                output,
            })?;
            Ok(match listed {
                None => unknown(&name, "failures", output),
                Some(0) => Ended::Done,
                Some(_) => Ended::No,
            })
        }
        JobsCommand::Forget(JobNamed { name }) => {
            if !database::visit(Forget { name: &name })? {
                return Ok(unknown(&name, "forget", output));
            }
            let value = json!({ "event": "forget", "job": name, "forgotten": true });
            let text = format!("{name}: forgotten: the next run begins anew");
            output.result(&text, &value);
            Ok(Ended::Done)
        }
    }
}

fn unknown(name: &str, event: &str, output: &Output) -> Ended {
    let value = json!({ "event": event, "job": name, "known": false });
    output.result(&format!("{name}: there is no such job"), &value);
    Ended::No
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

struct Failures<'a> {
    name: &'a str,
    output: &'a Output,
}

impl Visit for Failures<'_> {
    type Output = Option<usize>;

    fn visit<C, F>(self, connect: F) -> Result<Self::Output, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        if !is_known(conn, self.name)? {
            return Ok(None);
        }
        let mut listed = 0;
        Job::each_failure(conn, self.name, |failure| {
            listed += 1;
            self.output.failure(self.name, &failure);
        })?;
        Ok(Some(listed))
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
        let there = is_known(conn, self.name)?;
        if there {
            Job::forget(conn, self.name)?;
        }
        Ok(there)
    }
}

fn is_known<C: EngineConnection>(conn: &mut C, name: &str) -> Result<bool, Problem> {
    Ok(Job::list(conn)?.iter().any(|job| job.name == name))
}
