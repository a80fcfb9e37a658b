//! What can be asked of the command.

mod extent;
mod import;
mod keyring;
mod life;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use self::extent::{Of, OneColumn, Pace};
pub(crate) use self::import::{Format, ImportOptions};
pub(crate) use self::keyring::KeyringCommand;
pub(crate) use self::life::{DataKeysCommand, JobsCommand};

/// What the help of each command ends with.
const ENVIRONMENT: &str = "\
Environment:
  DATABASE_URL           sqlite:PATH, postgres://.. or mysql://..
  ENCFIELD_KEYRING_FILE  the keyring's file; or ENCFIELD_KEYRING, its JSON
  ENCFIELD_PASSPHRASE_FILE  the passphrase of a wrapped keyring; or ENCFIELD_PASSPHRASE
  ENCFIELD_WRAPPING_KEYRING_FILE  the keyring that wraps data keys, where it is one of its own

Exit codes:
  0  done          1  could not be done   2  wrong arguments
  3  rows left as they were, listed       4  the answer is no
  5  not complete: another process is still at some rows
  6  nothing done: the job was complete before, see --again
  130  broken off: run it again and it goes on where it was";

/// Encrypt, rotate, reindex, verify and inspect the encrypted columns of a database.
///
/// The columns are those of `encfield.toml`, which a program writes with `Inventory::to_toml`. Keys
/// come from the environment, never from an argument.
#[derive(Parser)]
#[command(name = "encfield", version, after_help = ENVIRONMENT)]
pub(crate) struct Arguments {
    /// Write lines of JSON, for machines.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a new keyring, in a file or on standard output.
    #[command(after_help = "Example: encfield keygen --out keyring.json")]
    Keygen {
        /// The file to make, readable by its owner alone.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Look at a keyring file, and change it as a whole.
    #[command(
        after_help = "Example: encfield keyring add && encfield keyring promote 0a2fac17b4803429"
    )]
    Keyring {
        /// The file; where it is not given, the one of ENCFIELD_KEYRING_FILE.
        #[arg(long, global = true)]
        file: Option<PathBuf>,
        #[command(subcommand)]
        command: KeyringCommand,
    },
    /// Say what a value's header says: its format and the id of its key.
    #[command(
        after_help = "Example: encfield inspect fe010a2fac17b4803429..\nThe value is hexadecimal, with or without \\x or 0x in front; a file and standard input may be bytes, too."
    )]
    Inspect {
        /// The value in hexadecimal; standard input where nothing is given.
        value: Option<String>,
        /// A file that holds the value.
        #[arg(long, conflicts_with = "value")]
        file: Option<PathBuf>,
    },
    /// Count the values of each column by key; or ask whether a key can be removed.
    #[command(
        after_help = "Example: encfield census --key 0a2fac17b4803429   (exit code 4: still needed)\nA tag says nothing of its key: with --indexes, and for an index key, every value is opened."
    )]
    Census {
        #[command(flatten)]
        of: Of,
        /// Count the tags of blind indexes as well.
        #[arg(long)]
        indexes: bool,
        /// The id of a key: is it safe to remove it?
        #[arg(long)]
        key: Option<String>,
    },
    /// Say what truncating a blind index would buy.
    #[command(after_help = "Example: encfield plan --rows 100000 --distinct 5000 --skew natural")]
    Plan {
        /// The rows that are expected.
        #[arg(long)]
        rows: u64,
        /// The distinct values among them.
        #[arg(long)]
        distinct: u64,
        /// How the values are spread.
        #[arg(long, value_enum, default_value = "natural")]
        skew: Spread,
    },
    /// Encrypt a column that stands in plain into an encrypted one.
    #[command(
        after_help = "Example: encfield encrypt --table people --column phone_number --from phone_plain\nThen, when every program reads the encrypted column: the same with --clear"
    )]
    Encrypt {
        #[command(flatten)]
        column: OneColumn,
        /// The column that stands in plain; the same one for a column of bytes.
        #[arg(long)]
        from: String,
        /// Set the plain column to NULL wherever the encrypted value is the same.
        #[arg(long)]
        clear: bool,
        /// NULL in the other column empties the field: programs that know that column alone emptied it. Where
        /// nothing is said, a row with NULL beside an encrypted value is listed and left as it is.
        #[arg(long, conflicts_with = "clear")]
        null_empties: bool,
        #[command(flatten)]
        pace: Pace,
    },
    /// Encrypt what another library encrypted. Its keys come from the environment.
    #[command(after_help = import::HELP)]
    Import {
        #[command(flatten)]
        column: OneColumn,
        /// The column with the other library's values; the same one for a column of bytes.
        #[arg(long)]
        from: String,
        /// What wrote the values.
        #[arg(long, value_enum)]
        format: Format,
        /// Set the other library's column to NULL wherever the encrypted value is the same.
        #[arg(long)]
        clear: bool,
        /// NULL in the other column empties the field: programs that know that column alone emptied it. Where
        /// nothing is said, a row with NULL beside an encrypted value is listed and left as it is.
        #[arg(long, conflicts_with = "clear")]
        null_empties: bool,
        #[command(flatten)]
        options: ImportOptions,
        #[command(flatten)]
        pace: Pace,
    },
    /// Seal every value anew that is not under the primary key.
    #[command(after_help = "Example: encfield rotate --rows-per-second 2000")]
    Rotate {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Make the tags of blind indexes anew, where they are not what they should be.
    #[command(after_help = "Example: encfield reindex --table people")]
    Reindex {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Open every value, and list the rows that do not open.
    #[command(after_help = "Example: encfield verify --json > report.jsonl")]
    Verify {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Write the values of a column in plain into another one.
    #[command(
        after_help = "Example: encfield decrypt --table people --column phone_number --to phone_plain"
    )]
    Decrypt {
        #[command(flatten)]
        column: OneColumn,
        /// The column to write to.
        #[arg(long)]
        to: String,
        #[command(flatten)]
        pace: Pace,
    },
    /// List the jobs that the database knows, or forget one.
    #[command(
        after_help = "Example: encfield jobs list\n         encfield jobs forget 'people: rotate to 0a2fac17b4803429 (name)'"
    )]
    Jobs {
        #[command(subcommand)]
        command: JobsCommand,
    },
    /// Wrap data keys again, or destroy those that a backup brought back.
    #[command(
        after_help = "Example: encfield data-keys rewrap\n         encfield data-keys bury --tombstones tombstones.json"
    )]
    DataKeys {
        #[command(subcommand)]
        command: DataKeysCommand,
    },
    /// Destroy the data key of a scope, and with it every value of the scope.
    #[command(after_help = "Example: encfield shred tenant_id=7 --tombstones tombstones.json")]
    Shred {
        /// The scope, as `name=value`.
        scope: String,
        /// The file of tombstones; it must be there.
        #[arg(long)]
        tombstones: Option<PathBuf>,
    },
    /// Look for values in a database's files. The values come from standard input, a line each.
    #[command(
        after_help = "Example: encfield residue /var/lib/postgresql/15/main < marked-values.txt\nWithout files, those of a SQLite database in DATABASE_URL.\nWhat is stored compressed (TOAST, compressed pages) or encrypted is not found in this way."
    )]
    Residue {
        /// Files, and folders with all that is in them.
        files: Vec<PathBuf>,
    },
    /// Write completions for a shell to standard output.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual's pages into a folder.
    Man {
        /// The folder, which must be there.
        folder: PathBuf,
    },
}

/// How values are spread.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Spread {
    /// Each as frequent as any other.
    Uniform,
    /// As names are.
    Natural,
}

impl From<Spread> for encfield::Skew {
    fn from(spread: Spread) -> Self {
        match spread {
            Spread::Uniform => Self::Uniform,
            Spread::Natural => Self::Natural,
        }
    }
}
