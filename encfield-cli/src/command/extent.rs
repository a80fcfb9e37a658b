//! Which columns, and how fast.

use std::path::PathBuf;

use clap::Args;

/// Which columns.
#[derive(Args)]
pub(crate) struct Of {
    /// The manifest.
    #[arg(long, default_value = "encfield.toml")]
    pub(crate) manifest: PathBuf,
    /// This table alone.
    #[arg(long)]
    pub(crate) table: Option<String>,
    /// This column alone.
    #[arg(long, requires = "table")]
    pub(crate) column: Option<String>,
}

/// Which column.
#[derive(Args)]
pub(crate) struct OneColumn {
    /// The manifest.
    #[arg(long, default_value = "encfield.toml")]
    pub(crate) manifest: PathBuf,
    /// The table.
    #[arg(long)]
    pub(crate) table: String,
    /// The encrypted column.
    #[arg(long)]
    pub(crate) column: String,
}

/// How fast to go.
#[derive(Args)]
pub(crate) struct Pace {
    /// Rows in a transaction.
    #[arg(long, default_value_t = 500)]
    pub(crate) chunk: u32,
    /// Rows a second at most, all workers together.
    #[arg(long)]
    pub(crate) rows_per_second: Option<u32>,
    /// Connections to work with at once. Further processes may join in.
    #[arg(long, default_value_t = 1)]
    pub(crate) workers: u32,
    /// Write nothing, and say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Begin anew where a job of this kind was done before.
    #[arg(long)]
    pub(crate) again: bool,
}
