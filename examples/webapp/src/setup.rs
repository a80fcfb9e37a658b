//! Settings, keyring and logs.

use std::ffi::OsString;
use std::fmt;

use encfield::scrub::Scrubber;
use encfield::{Keyring, KeyringFile};
use tracing_subscriber::EnvFilter;

use crate::form::{ProfileForm, SearchForm};
use crate::store::{Store, StoreError};

/// What the environment and the file `.env` say.
pub struct Settings {
    /// Where the application listens: `LISTEN`, or `127.0.0.1:3000`.
    pub listen: String,
    /// `None` for a demonstration: a database in memory, and a keyring that nobody keeps.
    database: Option<String>,
    /// Whether all memory is to be locked, so that nothing of it is swapped: `LOCK_MEMORY=yes`.
    pub lock_memory: bool,
}

/// The URL may have a password in it.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads `.env`, if there is one, and the environment, which comes first.
    ///
    /// # Errors
    /// When `.env` cannot be read, or a part of the settings is missing.
    pub fn from_env() -> Result<Self, SetupError> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            // Its text has the line in it, and so perhaps a key.
            Err(_) => return Err(SetupError::DotEnv),
        }
        let set = |name| std::env::var_os(name).is_some();
        let keyring = set("ENCFIELD_KEYRING") || set("ENCFIELD_KEYRING_FILE");
        let database = std::env::var("DATABASE_URL").ok();
        if keyring != database.is_some() {
            return Err(SetupError::Half);
        }
        let listen = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
        let lock_memory = std::env::var("LOCK_MEMORY").is_ok_and(|text| text == "yes");
        Ok(Self {
            listen,
            database,
            lock_memory,
        })
    }

    /// Installs the keyring of the environment, or one for a demonstration.
    ///
    /// # Errors
    /// When it cannot be read or is not valid.
    pub fn install_keyring(&self) -> Result<(), SetupError> {
        let keyring = match self.database {
            Some(_) => Keyring::from_env().map_err(SetupError::Keyring)?,
            None => {
                tracing::warn!(
                    "a demonstration: keys and data are gone when the program ends; \
                     see .env.example to keep them"
                );
                Keyring::generate()
            }
        };
        keyring.install().map_err(SetupError::Keyring)
    }

    /// Opens the database and makes the table.
    ///
    /// # Errors
    /// When there is no database at the URL.
    pub async fn store(&self) -> Result<Store, SetupError> {
        let url = self.database.as_deref().unwrap_or(":memory:");
        Store::open(url).await.map_err(SetupError::Store)
    }
}

/// Makes a keyring file, which only its owner may read.
///
/// # Errors
/// When the file is there already or cannot be written.
pub fn make_keyring(path: OsString) -> Result<(), SetupError> {
    KeyringFile::create(path, &Keyring::generate())
        .map(drop)
        .map_err(SetupError::Keyring)
}

/// Logs in JSON, on standard output, at the levels of `RUST_LOG`; and panics, on standard error.
///
/// Neither is given a value. Should it happen all the same, the scrubber is a last line.
///
/// # Errors
/// When `RUST_LOG` is no list of levels, a secret is too short, or logs are set up already.
pub fn logs() -> Result<(), SetupError> {
    let mut known = Scrubber::builder()
        .fields_of::<ProfileForm>()
        .fields_of::<SearchForm>()
        // A keyring of a file is not told: its text is gone when it is read, and the scrubber would hold it.
        .variable("ENCFIELD_KEYRING");
    // The path of a file is no secret, and may be as short as a word.
    if std::env::var("DATABASE_URL").is_ok_and(|url| url.contains("://")) {
        known = known.variable("DATABASE_URL");
    }
    let scrubber = known.build().map_err(SetupError::Scrubber)?;
    scrubber.install_panic_hook();
    let levels = std::env::var("RUST_LOG").unwrap_or_default();
    let levels = if levels.is_empty() { "info" } else { &levels };
    let filter = EnvFilter::try_new(levels).map_err(|_| SetupError::Levels)?;
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(scrubber.writer(std::io::stdout))
        .try_init()
        .map_err(|_| SetupError::Logs)
}

/// Why the application did not start.
pub enum SetupError {
    /// `.env` is not in its format.
    DotEnv,
    /// A keyring without a database, or the other way round.
    Half,
    /// The memory could not be protected.
    Memory(encfield::Error),
    /// The keyring was refused.
    Keyring(encfield::Error),
    /// The logs are set up already.
    Logs,
    /// The scrubber was refused.
    Scrubber(encfield::scrub::Error),
    /// `RUST_LOG` is not in its format.
    Levels,
    /// The database could not be opened.
    Store(StoreError),
    /// The address cannot be listened at.
    Io(std::io::Error),
    /// The arguments are none that are known.
    Usage,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DotEnv => f.write_str(".env cannot be read; compare it with .env.example"),
            Self::Half => f.write_str(
                "set DATABASE_URL and ENCFIELD_KEYRING_FILE, or neither of them for a demonstration; \
                 see .env.example",
            ),
            Self::Keyring(error) | Self::Memory(error) => error.fmt(f),
            Self::Logs => f.write_str("the logs are set up already"),
            Self::Scrubber(error) => error.fmt(f),
            Self::Levels => f.write_str(
                "RUST_LOG is not a list of levels; write RUST_LOG=info or RUST_LOG=info,tower_http=debug",
            ),
            Self::Store(error) => error.fmt(f),
            Self::Io(error) => write!(f, "cannot listen: {error}; set LISTEN to another address"),
            Self::Usage => f.write_str("usage: encfield-webapp [keyring PATH]"),
        }
    }
}

impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SetupError {}
