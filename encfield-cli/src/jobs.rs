//! The jobs that a database knows.

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{ConnectionResult, QueryResult, QueryableByName, RunQueryDsl, sql_query};
use encfield::engine::{EngineConnection, Job, Progress};
use encfield::{DataKeyConnection, HasDataKeyTable};
use serde_json::json;

use crate::command::JobsCommand;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::output::Output;

/// A connection to a database that may have the engine's tables.
pub(crate) trait Ledger {
    /// The names of all jobs; none where the engine has made no tables yet.
    fn jobs(&mut self) -> QueryResult<Vec<String>>;
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = BigInt)]
    tables: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

macro_rules! ledger {
    ($feature:literal, $connection:ty, $there:literal) => {
        #[cfg(feature = $feature)]
        impl Ledger for $connection {
            fn jobs(&mut self) -> QueryResult<Vec<String>> {
                // Asked first, so that an error of the second query is an error.
                let there: There = sql_query($there).get_result(self)?;
                if there.tables == 0 {
                    return Ok(Vec::new());
                }
                let names = sql_query("SELECT name FROM encfield_jobs ORDER BY name");
                let names: Vec<Named> = names.load(self)?;
                Ok(names.into_iter().map(|job| job.name).collect())
            }
        }
    };
}

ledger!(
    "sqlite",
    diesel::SqliteConnection,
    "SELECT COUNT(*) AS tables FROM sqlite_master WHERE name = 'encfield_jobs'"
);
ledger!(
    "postgres",
    diesel::PgConnection,
    "SELECT COUNT(to_regclass('encfield_jobs')) AS tables"
);
ledger!(
    "mysql",
    diesel::MysqlConnection,
    "SELECT COUNT(*) AS tables FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name = 'encfield_jobs'"
);

pub(crate) fn run(command: JobsCommand, output: &Output) -> Result<Ended, Problem> {
    match command {
        JobsCommand::List => {
            let jobs = database::visit(All)?;
            for (name, progress, complete) in &jobs {
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
            let complete = jobs.iter().all(|(_, _, complete)| *complete);
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
    let unfinished = jobs.into_iter().find(|(_, _, complete)| !complete);
    match unfinished {
        None => Ok(()),
        Some((name, _, _)) => Err(Problem::new(format!(
            "the job `{name}` is not complete and may still use the key: let it end, or stop every \
             process that works on it and then `encfield jobs forget` it"
        ))),
    }
}

struct All;

impl Visit for All {
    type Output = Vec<(String, Progress, bool)>;

    fn visit<C, F>(self, connect: F) -> Result<Self::Output, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + Ledger + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let mut jobs = Vec::new();
        for name in names(conn)? {
            let (progress, complete) = Job::state(conn, &name)?;
            jobs.push((name, progress, complete));
        }
        Ok(jobs)
    }
}

struct Forget<'a> {
    name: &'a str,
}

impl Visit for Forget<'_> {
    type Output = bool;

    fn visit<C, F>(self, connect: F) -> Result<bool, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + Ledger + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let there = names(conn)?.iter().any(|name| name == self.name);
        if there {
            Job::forget(conn, self.name)?;
        }
        Ok(there)
    }
}

fn names(conn: &mut impl Ledger) -> Result<Vec<String>, Problem> {
    let unreadable = |_| Problem::new("the table encfield_jobs of the database cannot be read");
    conn.jobs().map_err(unreadable)
}
