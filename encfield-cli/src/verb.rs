//! What a job does to each of its columns.

use encfield::engine::{ByteReader, IndexFill, Task};
use encfield::{Error, Keyring};

use crate::columns::Columns;
use crate::exit::Problem;
use crate::manifest::Column;

/// What a job does to each of its columns.
pub(crate) enum Verb<'a> {
    Rotate,
    Reindex,
    Verify,
    Encrypt {
        from: &'a str,
        clear: bool,
    },
    Import {
        from: &'a str,
        reader: ByteReader,
        clear: bool,
    },
    Decrypt {
        to: &'a str,
    },
}

impl Verb<'_> {
    /// The words that the job is resumed by; with the key, so that the next rotation is a job of its own.
    pub(crate) fn words(&self, keyring: &Keyring) -> Result<String, Error> {
        Ok(match self {
            Self::Rotate => format!("rotate to {}", keyring.primary_id()?),
            Self::Reindex => {
                let id = keyring.index_keys().next().map(|(id, _)| id.to_string());
                format!("reindex under {}", id.unwrap_or_default())
            }
            Self::Verify => "verify".to_owned(),
            Self::Encrypt { from, clear: false } => format!("encrypt from {from}"),
            Self::Encrypt { from, clear: true } => format!("clear {from}"),
            Self::Import {
                from, clear: false, ..
            } => format!("import from {from}"),
            Self::Import {
                from, clear: true, ..
            } => format!("clear imported {from}"),
            Self::Decrypt { to } => format!("decrypt into {to}"),
        })
    }

    /// What is done to a column, its indexes apart.
    pub(crate) fn task(&self, column: &Column) -> Result<Task, Problem> {
        let (table, name) = (&column.table, &column.column);
        let task = match self {
            Self::Rotate => Task::reencrypt(table, name),
            Self::Reindex => Task::index(table, name),
            // A type that is not known here is opened and not decoded.
            Self::Verify => Task::verify(table, name, column.field().ok()),
            Self::Encrypt { from, clear: false } => {
                Task::encrypt(table, name, from, column.field()?)
            }
            Self::Encrypt { from, clear: true } => Task::clear(table, name, from, column.field()?),
            Self::Import {
                from,
                reader,
                clear,
            } => {
                let (field, reader) = (column.field()?, ByteReader::clone(reader));
                if *clear {
                    Task::clear_imported(table, name, from, field, reader)
                } else {
                    Task::import(table, name, from, field, reader)
                }
            }
            Self::Decrypt { to } => Task::decrypt(table, name, to, column.field()?),
        };
        Ok(task.at(column.place()?))
    }

    /// The indexes that are filled, or compared, along with a column.
    pub(crate) fn fills(
        &self,
        columns: &Columns,
        column: &Column,
    ) -> Result<Vec<IndexFill>, Problem> {
        match self {
            Self::Reindex
            | Self::Encrypt { clear: false, .. }
            | Self::Import { clear: false, .. } => columns.fills(column),
            // An index that is not known here is not compared.
            Self::Verify => Ok(columns.fills(column).unwrap_or_default()),
            Self::Rotate
            | Self::Decrypt { .. }
            | Self::Encrypt { clear: true, .. }
            | Self::Import { clear: true, .. } => Ok(Vec::new()),
        }
    }

    /// Whether it writes, and so keeps account of how far it is, which several workers can share.
    pub(crate) fn writes(&self) -> bool {
        !matches!(self, Self::Verify)
    }

    /// What remains to be done when it is done.
    pub(crate) fn what_remains(&self) -> Option<&'static str> {
        match self {
            Self::Encrypt { clear: false, .. } => Some(
                "The plain column is as it was. When every program reads the encrypted one, run the same \
                 with --clear.",
            ),
            Self::Encrypt { clear: true, .. } => Some(
                "The plaintext is still in the database's files, though no query shows it:\n  \
                 SQLite      VACUUM, then PRAGMA wal_checkpoint(TRUNCATE)\n  \
                 PostgreSQL  VACUUM FULL the table; the write-ahead log keeps it until it is recycled\n  \
                 MySQL       OPTIMIZE TABLE; purge the binary log; the redo log keeps it until it has gone round\n\
                 Backups, replicas, statement logs and exports have it as well. `encfield residue` looks for \
                 values in files.",
            ),
            Self::Import { clear: false, .. } => Some(
                "The old column is as it was. When every program reads the encrypted one, run the same with \
                 --clear.",
            ),
            Self::Import { clear: true, .. } => {
                Some("Destroy the old keys when no backup that you may restore needs them.")
            }
            Self::Rotate | Self::Reindex | Self::Verify | Self::Decrypt { .. } => None,
        }
    }
}
