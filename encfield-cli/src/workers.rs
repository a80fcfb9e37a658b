//! The workers of a job in this process.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::ConnectionResult;
use encfield::engine::{EngineConnection, Job, Progress};

use crate::database;
use crate::exit::Problem;
use crate::output::Output;
use crate::watch::Watch;

/// How often the database is asked how far all workers are.
const EVERY: Duration = Duration::from_secs(1);

/// The workers of a job in this process.
pub(crate) struct Workers<'a> {
    pub(crate) job: &'a Job,
    pub(crate) name: &'a str,
    pub(crate) number: u32,
    pub(crate) output: &'a Output,
    pub(crate) watch: &'a Watch,
}

impl Workers<'_> {
    /// One of them works, and keeps no account. A row that is left as it was is told at once: nothing else
    /// remembers it when an error ends the job.
    pub(crate) fn alone<C: EngineConnection>(&self, conn: &mut C) -> Result<Worked, Problem> {
        let outcome = self.job.run_telling(
            conn,
            |failure| self.output.failure(self.name, &failure),
            |own| {
                self.output.progress(self.name, own);
                self.watch.goes_on()
            },
        )?;
        self.output.clear();
        Ok(Worked {
            progress: outcome.progress,
            complete: outcome.complete,
        })
    }

    /// Each of them works on a connection of its own. What came of the job, whoever worked on it, and what
    /// kept one of them from going on.
    pub(crate) fn share<C: EngineConnection>(
        &self,
        conn: &mut C,
        connect: &(impl Fn() -> ConnectionResult<C> + Sync),
    ) -> Result<(Worked, Option<Problem>), Problem> {
        let (job, watch) = (self.job, self.watch);
        let at_work = &AtomicBool::new(false);
        let goes_on = move || -> ControlFlow<()> {
            at_work.store(true, Ordering::Relaxed);
            watch.goes_on()
        };
        let begun = Instant::now();
        // What all workers of all processes did, asked for now and then over a connection of its own.
        let mut all = connect().ok();
        let mut asked = Instant::now();
        let ends = thread::scope(|scope| {
            let others: Vec<_> = (1..self.number)
                .map(|_| {
                    scope.spawn(move || {
                        let conn = &mut database::open(connect)?;
                        let end = job.run_telling(conn, drop, |_| goes_on());
                        end.map_err(Problem::from)
                    })
                })
                .collect();
            let own = job.run_telling(conn, drop, |own: Progress| {
                let elapsed = own.elapsed;
                if let Some(conn) = all.as_mut().filter(|_| asked.elapsed() >= EVERY) {
                    if let Ok((sum, _)) = Job::state(conn, job.name()) {
                        self.output.progress(self.name, Progress { elapsed, ..sum });
                    }
                    asked = Instant::now();
                }
                goes_on()
            });
            let mut ends = vec![own.map_err(Problem::from)];
            ends.extend(others.into_iter().map(|other| {
                let panicked = |_| Problem::new("a worker panicked");
                other.join().map_err(panicked).and_then(|end| end)
            }));
            ends
        });
        let problem = match ends.into_iter().find_map(Result::err) {
            // Refused before it began: what the database knows by this name is no doing of this run.
            Some(problem) if !at_work.load(Ordering::Relaxed) => return Err(problem),
            problem => problem,
        };
        // The database knows what each of them did, those too that went on after this worker's end or
        // whose connection is gone.
        let told = self.told(conn).or_else(|_| {
            let conn = &mut database::open(connect)?;
            self.told(conn)
        });
        match (told, problem) {
            (Ok(mut worked), problem) => {
                worked.progress.elapsed = begun.elapsed();
                Ok((worked, problem))
            }
            (Err(_), Some(problem)) => Err(problem),
            (Err(untold), None) => Err(untold),
        }
    }

    /// As the database tells it, with the rows that were left as they were.
    fn told<C: EngineConnection>(&self, conn: &mut C) -> Result<Worked, Problem> {
        let name = self.job.name();
        let (progress, complete) = Job::state(conn, name)?;
        self.output.clear();
        Job::each_failure(conn, name, |failure| {
            self.output.failure(self.name, &failure);
        })?;
        Ok(Worked { progress, complete })
    }
}

/// What came of a job, whoever worked on it.
pub(crate) struct Worked {
    pub(crate) progress: Progress,
    pub(crate) complete: bool,
}
