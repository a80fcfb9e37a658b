//! How the command ends.

use std::fmt;
use std::process::ExitCode;

/// How the command ended, as its exit code says it. 2 is clap's, for wrong arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All was done.
    Done = 0,
    /// It could not be done.
    Failed = 1,
    /// It was done, and rows were left as they were.
    RowsFailed = 3,
    /// The answer is no: the key is needed, or something was found.
    No = 4,
    /// This process did its part, and another one is still at some of the rows.
    Incomplete = 5,
    /// Nothing was done, because the job was complete before.
    DoneBefore = 6,
    /// It was broken off, and goes on where it was when it is run again.
    Interrupted = 130,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended as u8)
    }
}

/// Why it could not be done, in a sentence without a secret.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) String);

impl Problem {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<encfield::Error> for Problem {
    fn from(error: encfield::Error) -> Self {
        Self(error.to_string())
    }
}
