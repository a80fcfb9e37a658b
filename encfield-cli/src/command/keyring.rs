//! What can be asked of a keyring's file.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::extent::Schema;

/// What to do with the file.
#[derive(Subcommand)]
pub(crate) enum KeyringCommand {
    /// List ids, states, purposes and dates.
    #[command(after_help = "Examples:
  encfield keyring list
  encfield keyring list --file keyring.json --json")]
    List,
    /// Add a new key as `active`: every program must have it before one seals with it.
    #[command(after_help = "Examples:
  encfield keyring add
  encfield keyring add --index")]
    Add {
        /// An index key and no encryption key.
        #[arg(long)]
        index: bool,
    },
    /// Make a key the primary of its purpose.
    #[command(after_help = "Examples:
  encfield keyring promote 0a2fac17b4803429")]
    Promote(KeyNamed),
    /// Mark a key that should go.
    #[command(after_help = "Examples:
  encfield keyring retire 0a2fac17b4803429")]
    Retire(KeyNamed),
    /// Mark a key that was stolen: it opens nothing from then on, but to `encfield rotate`.
    #[command(after_help = "Examples:
  encfield keyring compromise 0a2fac17b4803429")]
    Compromise(KeyNamed),
    /// Take a key out. Asks the database first whether it is still needed, and whether jobs are unfinished.
    #[command(after_help = "Examples:
  encfield keyring remove 0a2fac17b4803429
  encfield keyring remove 0a2fac17b4803429 --manifest other.toml")]
    Remove {
        #[command(flatten)]
        key: KeyNamed,
        #[command(flatten)]
        schema: Schema,
        /// Take it out without asking: its values are lost.
        #[arg(long)]
        force: bool,
    },
    /// Write the keyring, wrapped by a passphrase, to a new file.
    #[command(after_help = "Examples:
  encfield keyring wrap --out wrapped.json")]
    Wrap(NewFile),
    /// Put the file under the passphrase of ENCFIELD_NEW_PASSPHRASE_FILE or ENCFIELD_NEW_PASSPHRASE, where it is.
    ///
    /// A copy from before opens with the passphrase from before.
    #[command(after_help = "Examples:
  encfield keyring rewrap --file wrapped.json")]
    Rewrap,
    /// Write a wrapped keyring, unwrapped, to a new file.
    #[command(after_help = "Examples:
  encfield keyring unwrap --file wrapped.json --out keyring.json")]
    Unwrap(NewFile),
}

/// A key.
#[derive(Args)]
pub(crate) struct KeyNamed {
    /// The key's id, as `encfield keyring list` prints it.
    // Not read by clap: a message of clap's would quote it, and somebody may have pasted a key.
    pub(crate) id: String,
}

/// A file that is not there yet.
#[derive(Args)]
pub(crate) struct NewFile {
    /// The file to make.
    #[arg(long)]
    pub(crate) out: PathBuf,
}
