//! How far a job is, and what it found.

use std::time::Duration;

use super::key::RowKey;
use crate::error::ErrorKind;

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were looked at, by every worker of the job.
    pub rows: u64,
    /// Rows that were written.
    pub changed: u64,
    /// Rows that did not open or could not be written; they are as they were.
    pub failed: u64,
    /// How long this worker has been at it.
    pub elapsed: Duration,
}

/// A row that a job left as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The row.
    pub key: RowKey,
    /// The column's SQL name.
    pub column: String,
    /// Why.
    pub kind: ErrorKind,
    /// The same in a sentence, which holds no value.
    pub reason: String,
}

/// What a job came to.
#[derive(Clone, Debug)]
#[must_use = "a job may have left rows as they were"]
pub struct Outcome {
    /// How far it is.
    pub progress: Progress,
    /// The rows that were left as they were, the first 100,000 of this worker since it was called. Those of every
    /// worker, and of a job that was resumed, are in [`Job::failures`](super::Job::failures);
    /// [`Job::run_telling`](super::Job::run_telling) tells them one by one.
    pub failures: Vec<Failure>,
    /// Whether every row was looked at. Not when it was stopped, and not while other workers are busy.
    pub complete: bool,
    /// Whether it was complete before this worker came, which so did nothing: rows that are new or have
    /// changed since were not looked at. [`Job::forget`](super::Job::forget) lets it begin anew.
    pub was_complete: bool,
}
