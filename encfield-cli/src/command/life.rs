//! What can be asked about jobs and data keys.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do with jobs.
#[derive(Subcommand)]
pub(crate) enum JobsCommand {
    /// List the jobs, and how far each is. Exit code 4: one is not complete.
    List,
    /// Forget how far a job is. Rows that are done stay as they are.
    Forget {
        /// The job's name, as `jobs list` prints it.
        name: String,
    },
}

/// What to do with data keys.
#[derive(Subcommand)]
pub(crate) enum DataKeysCommand {
    /// Wrap every data key again that is not wrapped under the primary key. Values stay as they are.
    Rewrap,
    /// Destroy again every data key that has a tombstone. For after a restore.
    Bury {
        /// The file of tombstones; it must be there.
        #[arg(long)]
        tombstones: PathBuf,
    },
}
