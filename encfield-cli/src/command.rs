//! What can be asked of the command.

mod extent;
mod import;
mod keyring;
mod life;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use self::extent::{DataKeysAt, Fill, Of, OneColumn, Pace, Schema};
pub(crate) use self::import::{Format, ImportOptions};
pub(crate) use self::keyring::KeyringCommand;
pub(crate) use self::life::{DataKeysCommand, JobNamed, JobsCommand};

/// What the help of the command ends with.
const ENVIRONMENT: &str = "\
Examples:
  encfield keygen --out keyring.json
  encfield encrypt --table people --column phone_number --from phone_plain
  encfield census
  encfield rotate --workers 4

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
    #[command(after_help = "Examples:
  encfield keygen --out keyring.json")]
    Keygen {
        /// The file to make, readable by its owner alone.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Look at a keyring file, and change it as a whole.
    #[command(after_help = "Examples:
  encfield keyring list
  encfield keyring add
  encfield keyring promote 0a2fac17b4803429")]
    Keyring {
        /// The file; where it is not given, the one of ENCFIELD_KEYRING_FILE.
        #[arg(long, global = true)]
        file: Option<PathBuf>,
        #[command(subcommand)]
        command: KeyringCommand,
    },
    /// Say what a value's header says: its format and the id of its key.
    #[command(after_help = "Examples:
  encfield inspect fe010a2fac17b4803429..
  encfield inspect --file value.bin
  encfield inspect < value.hex

The value is hexadecimal, with or without \\x or 0x in front; a file and standard input may be bytes, too.")]
    Inspect {
        /// The value in hexadecimal; standard input where nothing is given.
        value: Option<String>,
        /// A file that holds the value.
        #[arg(long, conflicts_with = "value")]
        file: Option<PathBuf>,
    },
    /// Count the values of each column by key; or ask whether a key can be removed.
    #[command(after_help = "Examples:
  encfield census
  encfield census --indexes
  encfield census --key 0a2fac17b4803429   (exit code 4: still needed)

A tag says nothing of its key: with --indexes, and for an index key, every value is opened.")]
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
    #[command(after_help = "Examples:
  encfield plan --rows 100000 --distinct 5000 --skew natural")]
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
    #[command(after_help = "Examples:
  encfield encrypt --table people --column phone_number --from phone_plain --dry-run
  encfield encrypt --table people --column phone_number --from phone_plain --workers 4
  encfield encrypt --table people --column phone_number --from phone_plain --clear

The last one when every program reads the encrypted column.")]
    Encrypt(Fill),
    /// Encrypt what another library encrypted. Its keys come from the environment.
    #[command(after_help = import::HELP)]
    Import {
        #[command(flatten)]
        fill: Fill,
        /// What wrote the values.
        #[arg(long, value_enum)]
        format: Format,
        #[command(flatten)]
        options: ImportOptions,
    },
    /// Seal every value anew that is not under the primary key.
    #[command(after_help = "Examples:
  encfield rotate --rows-per-second 2000
  encfield rotate --table people --column phone_number")]
    Rotate {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Make the tags of blind indexes anew, where they are not what they should be.
    #[command(after_help = "Examples:
  encfield reindex --table people")]
    Reindex {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Open every value, and list the rows that do not open.
    #[command(after_help = "Examples:
  encfield verify
  encfield verify --json > report.jsonl")]
    Verify {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        pace: Pace,
    },
    /// Write the values of a column in plain into another one.
    #[command(after_help = "Examples:
  encfield decrypt --table people --column phone_number --to phone_plain")]
    Decrypt {
        #[command(flatten)]
        column: OneColumn,
        /// The column to write to.
        #[arg(long)]
        to: String,
        #[command(flatten)]
        pace: Pace,
    },
    /// List the jobs that the database knows and what they left, or forget one.
    #[command(after_help = "Examples:
  encfield jobs list
  encfield jobs failures 'people: rotate to 0a2fac17b4803429 (name)'
  encfield jobs forget 'people: rotate to 0a2fac17b4803429 (name)'")]
    Jobs {
        #[command(subcommand)]
        command: JobsCommand,
    },
    /// Wrap data keys again, or destroy those that a backup brought back.
    #[command(after_help = "Examples:
  encfield data-keys rewrap
  encfield data-keys bury --tombstones tombstones.json")]
    DataKeys {
        #[command(subcommand)]
        command: DataKeysCommand,
    },
    /// Destroy the data key of a scope, and with it every value of the scope.
    #[command(after_help = "Examples:
  encfield shred tenant_id=7 --tombstones tombstones.json")]
    Shred {
        /// The scope, as `name=value`.
        scope: String,
        /// The file of tombstones; it must be there.
        #[arg(long)]
        tombstones: Option<PathBuf>,
        #[command(flatten)]
        data_keys: DataKeysAt,
    },
    /// Look for values in a database's files. The values come from standard input, a line each.
    #[command(after_help = "Examples:
  encfield residue /var/lib/postgresql/15/main < marked-values.txt

Without files, those of a SQLite database in DATABASE_URL.
What is stored compressed (TOAST, compressed pages) or encrypted is not found in this way.")]
    Residue {
        /// Files, and folders with all that is in them.
        files: Vec<PathBuf>,
    },
    /// Write completions for a shell to standard output.
    #[command(after_help = "Examples:
  encfield completions bash > /etc/bash_completion.d/encfield")]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual's pages into a folder.
    #[command(after_help = "Examples:
  encfield man /usr/local/share/man/man1")]
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
