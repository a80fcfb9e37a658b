//! What can be asked of a keyring's file.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do with the file.
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
    /// Take a key out. Asks the database first whether it is still needed, and whether jobs are unfinished.
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
    /// Put the file under the passphrase of ENCFIELD_NEW_PASSPHRASE_FILE or ENCFIELD_NEW_PASSPHRASE, where it is.
    ///
    /// A copy from before opens with the passphrase from before.
    Rewrap,
    /// Write a wrapped keyring, unwrapped, to a new file.
    Unwrap {
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
    },
}
