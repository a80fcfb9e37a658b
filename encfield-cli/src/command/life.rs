//! What can be asked about jobs and data keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::extent::DataKeysAt;

/// What to do with jobs.
#[derive(Subcommand)]
pub(crate) enum JobsCommand {
    /// List the jobs, and how far each is. Exit code 4: one is not complete.
    #[command(after_help = "Examples:
  encfield jobs list
  encfield jobs list --json")]
    List,
    /// List the rows that a job left as they were, whoever worked on them. Exit code 4: there are some.
    #[command(after_help = "Examples:
  encfield jobs failures 'people: rotate to 0a2fac17b4803429 (name)'")]
    Failures(JobNamed),
    /// Forget how far a job is. Rows that are done stay as they are.
    #[command(after_help = "Examples:
  encfield jobs forget 'people: rotate to 0a2fac17b4803429 (name)'")]
    Forget(JobNamed),
}

/// A job.
#[derive(Args)]
pub(crate) struct JobNamed {
    /// The job's name, as `encfield jobs list` prints it.
    pub(crate) name: String,
}

/// What to do with data keys.
#[derive(Subcommand)]
pub(crate) enum DataKeysCommand {
    /// Wrap every data key again that is not wrapped under the primary key. Values stay as they are.
    #[command(after_help = "Examples:
  encfield data-keys rewrap
  encfield data-keys rewrap --data-keys-table app.data_keys")]
    Rewrap(DataKeysAt),
    /// Destroy again every data key that has a tombstone. For after a restore.
    #[command(after_help = "Examples:
  encfield data-keys bury --tombstones tombstones.json")]
    Bury {
        #[command(flatten)]
        data_keys: DataKeysAt,
        /// The file of tombstones; it must be there.
        #[arg(long)]
        tombstones: PathBuf,
    },
}
