//! What can be said of another library's values.

use clap::{Args, ValueEnum};

/// What the help of `import` ends with.
pub(super) const HELP: &str = "\
Examples:
  encfield import --table people --column phone_number --from phone --format django --dry-run
  encfield import --table people --column phone_number --from phone --format django
  encfield import --table users --column note --from note_ciphertext --format lockbox --lockbox-padding 16
  encfield import --table people --column secret --from secret_pgp --format pgcrypto --workers 4

Environment:
  ENCFIELD_IMPORT_KEYS_FILE  the keys, secrets or passphrases, a line each, the newest first;
                             or ENCFIELD_IMPORT_KEYS, the same text
  ENCFIELD_IMPORT_SALT       for rails: the key_derivation_salt

Text that was opened becomes the field's value as text in a plain column would.";

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
    #[arg(long, value_name = "BYTES")]
    pub(crate) lockbox_padding: Option<usize>,
    /// lockbox: take an empty value for the empty text, which nothing authenticates.
    #[arg(long)]
    pub(crate) empty_in_the_clear: bool,
    /// pgcrypto: open messages that were made with `disable-mdc=1`, which nothing authenticates.
    #[arg(long)]
    pub(crate) accept_unauthenticated: bool,
}
