//! What can be asked of the command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// What the help of each command ends with.
const ENVIRONMENT: &str = "\
Environment:
  DATABASE_URL           sqlite:PATH, postgres://.. or mysql://..
  ENCFIELD_KEYRING_FILE  the keyring's file; or ENCFIELD_KEYRING, its JSON
  ENCFIELD_PASSPHRASE_FILE  the passphrase of a wrapped keyring; or ENCFIELD_PASSPHRASE

Exit codes:
  0  done          1  could not be done   2  wrong arguments
  3  rows left as they were, listed       4  the answer is no
  130  broken off: run it again and it goes on where it was";

/// What the help of `import` ends with.
const IMPORT: &str = "\
Example: encfield import --table people --column phone_number --from phone --format django

Environment:
  ENCFIELD_IMPORT_KEYS_FILE  the keys, secrets or passphrases, a line each, the newest first;
                             or ENCFIELD_IMPORT_KEYS, the same text
  ENCFIELD_IMPORT_SALT       for rails: the key_derivation_salt

Text that was opened becomes the field's value as text in a plain column would.";

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
        after_help = "Example: encfield census --key 0a2fac17b4803429   (exit code 4: still needed)"
    )]
    Census {
        #[command(flatten)]
        of: Of,
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
        #[command(flatten)]
        pace: Pace,
    },
    /// Encrypt what another library encrypted. Its keys come from the environment.
    #[command(after_help = IMPORT)]
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
        after_help = "Example: encfield residue /var/lib/postgresql/15/main < marked-values.txt\nWithout files, those of a SQLite database in DATABASE_URL."
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

#[derive(Subcommand)]
pub(crate) enum KeyringCommand {
    /// List ids, states, purposes and dates.
    List,
    /// Add a new key as `active`: every program must have it before one seals with it.
    Add {
        /// An index key and no encryption key.
        #[arg(long)]
        index: bool,
    },
    /// Make a key the primary of its purpose.
    Promote {
        /// The key's id.
        id: String,
    },
    /// Mark a key that should go.
    Retire {
        /// The key's id.
        id: String,
    },
    /// Mark a key that was stolen: it opens nothing from then on, but to `encfield rotate`.
    Compromise {
        /// The key's id.
        id: String,
    },
    /// Take a key out. Asks the database first whether it is still needed.
    Remove {
        /// The key's id.
        id: String,
        /// The manifest of all columns.
        #[arg(long, default_value = "encfield.toml")]
        manifest: PathBuf,
        /// Take it out without asking: its values are lost.
        #[arg(long)]
        force: bool,
    },
    /// Write the keyring, wrapped by a passphrase, to a new file.
    Wrap {
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write a wrapped keyring, unwrapped, to a new file.
    Unwrap {
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
    },
}

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

/// What another library wrote.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Fernet tokens; the keys are Fernet's own.
    Fernet,
    /// django-fernet-fields; the keys are secrets, of which SECRET_KEY is one.
    Django,
    /// Rails' Active Record Encryption; the keys are primary or deterministic keys.
    Rails,
    /// lockbox; the keys are master keys.
    Lockbox,
    /// lockbox, where the keys are used as they are.
    LockboxKey,
    /// PostgreSQL's pgp_sym_encrypt; the keys are passphrases.
    Pgcrypto,
}

/// What has to be said of some formats.
#[derive(Args)]
pub(crate) struct ImportOptions {
    /// lockbox: the table that the key is derived for, where it is not the one of the manifest.
    #[arg(long)]
    pub(crate) lockbox_table: Option<String>,
    /// lockbox: the ciphertext column that the key is derived for, where it is not `--from`.
    #[arg(long)]
    pub(crate) lockbox_column: Option<String>,
    /// lockbox: the values are bytes and not base64.
    #[arg(long)]
    pub(crate) lockbox_binary: bool,
    /// lockbox: values were padded to a multiple of so many bytes.
    #[arg(long)]
    pub(crate) lockbox_padding: Option<usize>,
    /// lockbox: take an empty value for the empty text, which nothing authenticates.
    #[arg(long)]
    pub(crate) empty_in_the_clear: bool,
    /// pgcrypto: open messages that were made with `disable-mdc=1`, which nothing authenticates.
    #[arg(long)]
    pub(crate) accept_unauthenticated: bool,
}
