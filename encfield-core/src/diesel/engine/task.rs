//! What a job does to one encrypted column.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::dialect::ColumnKind;
use super::field_type::FieldType;
use super::index_fill::IndexFill;
use super::table::DescribedTable;
use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// Reads what another library, or nobody, encrypted: from a column's bytes to the value as text, or
/// as bytes for a field of bytes.
pub type ByteReader = Arc<dyn Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>, Error> + Send + Sync>;

impl Error {
    /// An error of a [`ByteReader`], with a reason that holds no part of a value.
    #[must_use]
    pub fn not_imported(reason: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotImported).with_note(reason)
    }
}

/// What is done to one encrypted column of each row.
#[derive(Clone)]
pub struct Task {
    pub(super) table: String,
    pub(super) column: String,
    /// The names that values are bound to, where they are not the column's own.
    pub(super) context: (String, String),
    pub(super) bound: Vec<(String, FieldType)>,
    pub(super) scope: Option<(String, String)>,
    pub(super) indexes: Vec<IndexFill>,
    pub(super) action: Action,
}

#[derive(Clone)]
pub(super) enum Action {
    Reencrypt,
    Encrypt {
        from: String,
        field: FieldType,
        reader: Option<ByteReader>,
    },
    Clear {
        from: String,
        field: FieldType,
        reader: Option<ByteReader>,
    },
    Decrypt {
        to: String,
        field: FieldType,
    },
    Index,
    Verify {
        field: Option<FieldType>,
    },
}

impl Task {
    fn new(table: &str, column: &str, action: Action) -> Self {
        Self {
            table: table.to_owned(),
            column: column.to_owned(),
            context: (table.to_owned(), column.to_owned()),
            bound: Vec::new(),
            scope: None,
            indexes: Vec::new(),
            action,
        }
    }

    /// Seals each value anew that is not under the key that seals today: the primary key, or the data
    /// key of its scope. The plaintext stays as it is, and so do the indexes.
    ///
    /// It opens values under a compromised key too, which nothing else does. Whoever stole that key
    /// may have forged some: look at them before you trust them again.
    #[must_use]
    pub fn reencrypt(table: &str, column: &str) -> Self {
        Self::new(table, column, Action::Reencrypt)
    }

    /// Seals what stands in plain in another column, or in the same one.
    ///
    /// Until the job is done the plain column is the truth: an encrypted value that differs from it is
    /// written anew. In the same column, what has the form of a ciphertext must open.
    #[must_use]
    pub fn encrypt(table: &str, column: &str, from: &str, field: FieldType) -> Self {
        let from = from.to_owned();
        Self::new(
            table,
            column,
            Action::Encrypt {
                from,
                field,
                reader: None,
            },
        )
    }

    /// Seals what another library encrypted, in another column or in the same one.
    #[must_use]
    pub fn import(
        table: &str,
        column: &str,
        from: &str,
        field: FieldType,
        reader: ByteReader,
    ) -> Self {
        let from = from.to_owned();
        Self::new(
            table,
            column,
            Action::Encrypt {
                from,
                field,
                reader: Some(reader),
            },
        )
    }

    /// Sets the plain column to NULL in each row whose encrypted value opens and is the same.
    #[must_use]
    pub fn clear(table: &str, column: &str, from: &str, field: FieldType) -> Self {
        let from = from.to_owned();
        let reader = None;
        Self::new(
            table,
            column,
            Action::Clear {
                from,
                field,
                reader,
            },
        )
    }

    /// Sets the other library's column to NULL in each row whose encrypted value opens and is the same.
    #[must_use]
    pub fn clear_imported(
        table: &str,
        column: &str,
        from: &str,
        field: FieldType,
        reader: ByteReader,
    ) -> Self {
        let from = from.to_owned();
        let reader = Some(reader);
        Self::new(
            table,
            column,
            Action::Clear {
                from,
                field,
                reader,
            },
        )
    }

    /// Writes each value in plain into another column.
    #[must_use]
    pub fn decrypt(table: &str, column: &str, to: &str, field: FieldType) -> Self {
        let to = to.to_owned();
        Self::new(table, column, Action::Decrypt { to, field })
    }

    /// Makes the tags of the indexes that are named with [`Task::filling`], where they are not what
    /// they should be.
    #[must_use]
    pub fn index(table: &str, column: &str) -> Self {
        Self::new(table, column, Action::Index)
    }

    /// Opens each value, decodes it where its type is given, and compares the tags of its indexes.
    /// Writes nothing.
    #[must_use]
    pub fn verify(table: &str, column: &str, field: Option<FieldType>) -> Self {
        Self::new(table, column, Action::Verify { field })
    }

    /// The same for values that are bound to this column of their row, of a field of this type. In the
    /// order of `bind = ..`.
    #[must_use]
    pub fn bound_to(mut self, column: &str, field: FieldType) -> Self {
        self.bound.push((column.to_owned(), field));
        self
    }

    /// The same for values in a scope: the column that holds it, and what the scope is called.
    #[must_use]
    pub fn in_scope(self, column: &str, name: &str) -> Self {
        Self {
            scope: Some((column.to_owned(), name.to_owned())),
            ..self
        }
    }

    /// The same for a column that was renamed, whose values are bound to its former names.
    #[must_use]
    pub fn formerly(self, table: &str, column: &str) -> Self {
        Self {
            context: (table.to_owned(), column.to_owned()),
            ..self
        }
    }

    /// The same, filling this index in the same write.
    #[must_use]
    pub fn filling(mut self, index: IndexFill) -> Self {
        self.indexes.push(index);
        self
    }

    /// The columns that are read: the encrypted one first.
    pub(super) fn reads(&self) -> Vec<String> {
        let mut columns = vec![self.column.clone()];
        match &self.action {
            Action::Encrypt { from, .. } | Action::Clear { from, .. } => columns.push(from.clone()),
            Action::Decrypt { to, .. } => columns.push(to.clone()),
            Action::Reencrypt | Action::Index | Action::Verify { .. } => {}
        }
        columns.extend(self.bound.iter().map(|(column, _)| column.clone()));
        columns.extend(self.scope.iter().map(|(column, _)| column.clone()));
        columns.extend(self.indexes.iter().map(|index| index.column.clone()));
        columns
    }

    /// Fails when a column that is to hold ciphertext or tags does not hold bytes.
    pub(super) fn check(&self, table: &DescribedTable) -> Result<(), Error> {
        let indexes = self.indexes.iter().map(|index| &index.column);
        for column in std::iter::once(&self.column).chain(indexes) {
            if table.kind(column) != Some(&ColumnKind::Bytes) {
                return Err(Error::new(ErrorKind::ColumnInvalid)
                    .with_note("it does not hold bytes")
                    .at(self.table.clone(), column.clone()));
            }
        }
        Ok(())
    }

    /// What it is, in words that stay the same from one run to the next.
    pub(super) fn definition(&self) -> String {
        let action = match &self.action {
            Action::Reencrypt => "reencrypt".to_owned(),
            Action::Encrypt { from, reader, .. } => {
                let how = if reader.is_some() {
                    "import"
                } else {
                    "encrypt"
                };
                format!("{how} from {from}")
            }
            Action::Clear { from, .. } => format!("clear {from}"),
            Action::Decrypt { to, .. } => format!("decrypt to {to}"),
            Action::Index => "index".to_owned(),
            Action::Verify { .. } => "verify".to_owned(),
        };
        let indexes: Vec<_> = self
            .indexes
            .iter()
            .map(|index| index.column.as_str())
            .collect();
        format!(
            "{}.{}: {action} [{}]",
            self.table,
            self.column,
            indexes.join(",")
        )
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context::new(&self.context.0, &self.context.1)
    }

    pub(super) fn blame(&self, error: Error) -> Error {
        error.at(self.table.clone(), self.column.clone())
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.definition())
    }
}
