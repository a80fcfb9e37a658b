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
        null_empties: bool,
    },
    Import {
        from: &'a str,
        reader: ByteReader,
        clear: bool,
        null_empties: bool,
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
            Self::Encrypt {
                from, clear: false, ..
            } => format!("encrypt from {from}"),
            Self::Encrypt {
                from, clear: true, ..
            } => format!("clear {from}"),
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
            Self::Encrypt {
                from, clear: false, ..
            } => Task::encrypt(table, name, from, column.field()?),
            Self::Encrypt {
                from, clear: true, ..
            } => Task::clear(table, name, from, column.field()?),
            Self::Import {
                from,
                reader,
                clear,
                ..
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
        let task = task.at(column.place()?);
        Ok(match self {
            Self::Encrypt { null_empties, .. } | Self::Import { null_empties, .. }
                if *null_empties =>
            {
                task.emptying()
            }
            _ => task,
        })
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
            // An index that is not known here is not compared, which `not_checked` says.
            Self::Verify => Ok(column
                .indexes()
                .filter_map(|index| columns.known_fill(column, index).ok())
                .collect()),
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

    /// What of a column this job passes over, because this program does not know it.
    pub(crate) fn not_checked(&self, columns: &Columns, column: &Column) -> Vec<String> {
        if !matches!(self, Self::Verify) {
            return Vec::new();
        }
        let mut not_checked = Vec::new();
        if column.field().is_err() {
            not_checked
                .push("its type is not known here: values are opened and not decoded".into());
        }
        for index in column.indexes() {
            if columns.known_fill(column, index).is_err() {
                let (index, normaliser) = (&index.column, &index.normaliser);
                not_checked.push(format!(
                    "the index {index} ({normaliser}) cannot be made here: its tags are not compared"
                ));
            }
        }
        not_checked
    }

    /// The column that stands in plain, or as another library wrote it.
    pub(crate) fn plain_column(&self) -> Option<&str> {
        match self {
            Self::Encrypt { from, .. } | Self::Import { from, .. } => Some(from),
            Self::Decrypt { to } => Some(to),
            Self::Rotate | Self::Reindex | Self::Verify => None,
        }
    }

    /// Whether the plain column is written, or set to NULL.
    pub(crate) fn writes_plain(&self) -> bool {
        match self {
            Self::Encrypt { clear, .. } | Self::Import { clear, .. } => *clear,
            Self::Decrypt { .. } => true,
            Self::Rotate | Self::Reindex | Self::Verify => false,
        }
    }

    /// What remains to be done when it is done.
    pub(crate) fn what_remains(&self, columns: &Columns) -> Option<String> {
        let in_place = columns
            .iter()
            .any(|column| self.plain_column() == Some(column.column.as_str()));
        match self {
            Self::Encrypt { clear: false, .. } if in_place => Some(format!("{SWITCH}\n{RESIDUE}")),
            Self::Encrypt { clear: false, .. } => Some(
                "The plain column is as it was. When every program reads the encrypted one, run the same \
                 with --clear."
                    .to_owned(),
            ),
            Self::Encrypt { clear: true, .. } => Some(RESIDUE.to_owned()),
            Self::Import { clear: false, .. } if in_place => Some(format!("{SWITCH} {OLD_KEYS}")),
            Self::Import { clear: false, .. } => Some(
                "The old column is as it was. When every program reads the encrypted one, run the same with \
                 --clear."
                    .to_owned(),
            ),
            Self::Import { clear: true, .. } => Some(OLD_KEYS.to_owned()),
            Self::Rotate | Self::Reindex | Self::Verify | Self::Decrypt { .. } => None,
        }
    }
}

const SWITCH: &str = "When no row was left as it was, take `Migrating` out of the schema: until then what \
                      somebody plants in plain is read.";

const OLD_KEYS: &str = "The old values are still in the database's files and backups. Destroy the old keys when no backup \
     that you may restore needs them.";

const RESIDUE: &str = "The plaintext is still in the database's files, though no query shows it:\n  \
     SQLite      VACUUM, then PRAGMA wal_checkpoint(TRUNCATE)\n  \
     PostgreSQL  VACUUM FULL the table; the write-ahead log keeps it until it is recycled\n  \
     MySQL       OPTIMIZE TABLE; purge the binary log; the redo log keeps it until it has gone round\n\
     Backups, replicas, statement logs and exports have it as well. `encfield residue` looks for \
     values in files.";
