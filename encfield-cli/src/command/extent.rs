//! Which columns, and how fast.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use encfield::DataKeys;

/// What is where: the declared columns, and the data keys.
#[derive(Args)]
pub(crate) struct Schema {
    /// The manifest.
    #[arg(long, default_value = "encfield.toml")]
    pub(crate) manifest: PathBuf,
    #[command(flatten)]
    pub(crate) data_keys: DataKeysAt,
}

/// Where the data keys of scopes are.
#[derive(Args, Clone)]
pub(crate) struct DataKeysAt {
    /// The table of data keys, where the program gave it another name: `DataKeys::in_table`.
    #[arg(long, value_name = "TABLE", default_value = DataKeys::TABLE)]
    pub(crate) data_keys_table: String,
}

/// Which columns.
#[derive(Args)]
pub(crate) struct Of {
    #[command(flatten)]
    pub(crate) schema: Schema,
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
    #[command(flatten)]
    pub(crate) schema: Schema,
    /// The table.
    #[arg(long)]
    pub(crate) table: String,
    /// The encrypted column.
    #[arg(long)]
    pub(crate) column: String,
}

/// Which column is filled from which other one.
#[derive(Args)]
pub(crate) struct Fill {
    #[command(flatten)]
    pub(crate) column: OneColumn,
    /// The column that has the values now, in plain or as the other library wrote them; the encrypted column
    /// itself where that is of bytes and encrypted in place.
    #[arg(long)]
    pub(crate) from: String,
    /// Set that column to NULL wherever the encrypted value is the same.
    #[arg(long)]
    pub(crate) clear: bool,
    /// NULL in that column empties the field: programs that know that column alone emptied it. Where
    /// nothing is said, a row with NULL beside an encrypted value is listed and left as it is.
    #[arg(long, conflicts_with = "clear")]
    pub(crate) null_empties: bool,
    #[command(flatten)]
    pub(crate) pace: Pace,
}

/// How fast to go.
#[derive(Args)]
pub(crate) struct Pace {
    /// Rows in a transaction; no more than a second has, where there is a limit on these.
    #[arg(long, default_value_t = 500, value_parser = at_least_one())]
    pub(crate) chunk: u32,
    /// Rows a second at most, all workers of this process together.
    #[arg(long, value_parser = at_least_one())]
    pub(crate) rows_per_second: Option<u32>,
    /// Connections to work with at once. Further processes may join in.
    #[arg(long, default_value_t = 1, value_parser = at_least_one())]
    pub(crate) workers: u32,
    /// Write nothing, and say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Begin anew where a job of this kind was done before.
    #[arg(long)]
    pub(crate) again: bool,
}

fn at_least_one() -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(1..)
}
