//! What a job does to one encrypted column.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::dialect::ColumnKind;
use super::field_type::FieldType;
use super::index_fill::IndexFill;
use super::place::ColumnPlace;
use super::table::DescribedTable;
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
    pub(super) place: ColumnPlace,
    pub(super) indexes: Vec<IndexFill>,
    pub(super) action: Action,
    /// Whether what would be sealed is thrown away.
    pub(super) dry: bool,
}

#[derive(Clone)]
pub(super) enum Action {
    Reencrypt,
    Encrypt(Original),
    Clear(Original),
    Decrypt { to: String, field: FieldType },
    Index,
    Verify { field: Option<FieldType> },
}

/// Where a value stands that is not encrypted yet, or not by us.
#[derive(Clone)]
pub(super) struct Original {
    pub(super) column: String,
    pub(super) field: FieldType,
    pub(super) reader: Option<ByteReader>,
    pub(super) emptied: Emptied,
}

/// What NULL in the plain column means for a row that has an encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Emptied {
    /// It cannot be told: the row is listed.
    Unclear,
    /// A program emptied the field, and the encrypted value goes too.
    Field,
    /// A job cleared the plain column, and the encrypted value is the truth. One that differs is listed.
    PlainColumn,
}

impl Original {
    fn plain(column: &str, field: FieldType) -> Self {
        Self {
            column: column.to_owned(),
            field,
            reader: None,
            emptied: Emptied::Unclear,
        }
    }

    fn of_another_library(column: &str, field: FieldType, reader: ByteReader) -> Self {
        Self {
            reader: Some(reader),
            ..Self::plain(column, field)
        }
    }
}

impl Task {
    fn new(table: &str, column: &str, action: Action) -> Self {
        Self {
            place: ColumnPlace::new(table, column),
            indexes: Vec::new(),
            action,
            dry: false,
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
    ///
    /// NULL in the plain column is what a program leaves that emptied the field, and what [`Task::clear`]
    /// leaves. So a row that has it beside an encrypted value is listed and left as it is, unless
    /// [`Task::emptying`] says otherwise, or a job of this database cleared the column: then the
    /// encrypted value is the truth, and a row whose plain value differs from it is listed.
    #[must_use]
    pub fn encrypt(table: &str, column: &str, from: &str, field: FieldType) -> Self {
        let original = Original::plain(from, field);
        Self::new(table, column, Action::Encrypt(original))
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
        let original = Original::of_another_library(from, field, reader);
        Self::new(table, column, Action::Encrypt(original))
    }

    /// Sets the plain column to NULL in each row whose encrypted value opens and is the same.
    #[must_use]
    pub fn clear(table: &str, column: &str, from: &str, field: FieldType) -> Self {
        let original = Original::plain(from, field);
        Self::new(table, column, Action::Clear(original))
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
        let original = Original::of_another_library(from, field, reader);
        Self::new(table, column, Action::Clear(original))
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
        self.place = self.place.bound_to(column, field);
        self
    }

    /// The same for values in a scope: the column that holds it, and what the scope is called.
    #[must_use]
    pub fn in_scope(mut self, column: &str, name: &str) -> Self {
        self.place = self.place.in_scope(column, name);
        self
    }

    /// The same for a column that was renamed, whose values are bound to its former names.
    #[must_use]
    pub fn formerly(mut self, table: &str, column: &str) -> Self {
        self.place = self.place.formerly(table, column);
        self
    }

    /// The same for a column at this place, which says all of the above at once.
    #[must_use]
    pub fn at(mut self, place: ColumnPlace) -> Self {
        self.place = place;
        self
    }

    /// The same, filling this index in the same write.
    #[must_use]
    pub fn filling(mut self, index: IndexFill) -> Self {
        self.indexes.push(index);
        self
    }

    /// The same, for [`Task::encrypt`] and [`Task::import`], setting the encrypted value and its tags to
    /// NULL where the other column is NULL: programs that know the plain column alone emptied fields.
    ///
    /// Never after the plain column was cleared: that would empty every row. A job that would is refused
    /// as long as the engine's tables remember the one that cleared it.
    #[must_use]
    pub fn emptying(mut self) -> Self {
        if let Action::Encrypt(original) = &mut self.action {
            original.emptied = Emptied::Field;
        }
        self
    }

    /// The columns that are read: the encrypted one first.
    pub(super) fn reads(&self) -> Vec<String> {
        let other = self.other_column();
        let indexes = self.indexes.iter();
        let indexes =
            indexes.flat_map(|index| std::iter::once(index.column()).chain(index.reads()));
        let columns = self.place.reads().chain(other).chain(indexes);
        columns.map(str::to_owned).collect()
    }

    /// Fails when a column that is to hold ciphertext or tags does not hold bytes.
    pub(super) fn check(&self, table: &DescribedTable) -> Result<(), Error> {
        let indexes = self.indexes.iter();
        let indexes =
            indexes.flat_map(|index| std::iter::once(index.column()).chain(index.made_of()));
        for column in std::iter::once(self.place.column()).chain(indexes) {
            if table.kind(column) != Some(&ColumnKind::Bytes) {
                return Err(Error::new(ErrorKind::ColumnInvalid)
                    .with_note("it does not hold bytes")
                    .at(self.place.table().to_owned(), column.to_owned()));
            }
        }
        Ok(())
    }

    /// The column besides the encrypted one that it reads or writes, if there is one.
    pub(super) fn other_column(&self) -> Option<&str> {
        match &self.action {
            Action::Encrypt(original) | Action::Clear(original) => Some(&original.column),
            Action::Decrypt { to, .. } => Some(to),
            Action::Reencrypt | Action::Index | Action::Verify { .. } => None,
        }
    }

    /// Whether the encrypted column is sealed where its plaintext stands.
    pub(super) fn is_in_place(&self) -> bool {
        self.encrypts() && self.other_column() == Some(self.place.column())
    }

    /// Whether it seals what stands in plain, or under another library's key.
    pub(super) fn encrypts(&self) -> bool {
        matches!(self.action, Action::Encrypt(_))
    }

    /// Whether it seals values, and so may need a new data key.
    pub(super) fn seals(&self) -> bool {
        matches!(self.action, Action::Reencrypt | Action::Encrypt(_))
    }

    /// What it is, in words that stay the same from one run to the next.
    pub(super) fn definition(&self) -> String {
        let action = match &self.action {
            Action::Reencrypt => "reencrypt".to_owned(),
            Action::Encrypt(Original { column, reader, .. }) => {
                let how = if reader.is_some() {
                    "import"
                } else {
                    "encrypt"
                };
                format!("{how} from {column}")
            }
            Action::Clear(original) => format!("clear {}", original.column),
            Action::Decrypt { to, .. } => format!("decrypt to {to}"),
            Action::Index => "index".to_owned(),
            Action::Verify { .. } => "verify".to_owned(),
        };
        let indexes: Vec<_> = self.indexes.iter().map(IndexFill::column).collect();
        format!(
            "{}.{}: {action} [{}]",
            self.place.table(),
            self.place.column(),
            indexes.join(",")
        )
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.definition())
    }
}
