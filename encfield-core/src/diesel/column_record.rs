//! An encrypted column, as a model declares it.

use std::fmt::Write;

use super::index_source::IndexSource;
use crate::blind_index::Tagging;
use crate::context::Context;
use crate::error::Error;

/// A struct under `#[encfield::model]` that names its table.
///
/// The macro implements it; there is nothing to write by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model of encfield's with a table",
    label = "not in an inventory",
    note = "put `#[encfield::model]` above its derives, one of which is `Selectable`, `Insertable`, `AsChangeset` or `HasQuery`"
)]
pub trait SensitiveModel {
    /// The encrypted columns that the struct's fields are stored in.
    #[doc(hidden)]
    fn encrypted_columns() -> Result<Vec<ColumnRecord>, Error>;
}

/// How far values are filled up, and whether NULL is hidden among them.
type Hiding = (&'static str, bool);

/// An encrypted column, as a model declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRecord {
    pub(super) context: Context<'static>,
    pub(super) table: String,
    pub(super) column: &'static str,
    pub(super) field_type: &'static str,
    pub(super) indexes: Vec<IndexRecord>,
    pub(super) bound_to: Vec<(&'static str, &'static str)>,
    pub(super) scope: Option<(&'static str, &'static str)>,
    pub(super) hiding: Option<Hiding>,
    /// Whether the model stores the column, and does not only load it.
    pub(super) stored: bool,
    /// Whether plaintext in it is no mistake, as it is being encrypted where it is.
    pub(super) may_be_plain: bool,
}

impl ColumnRecord {
    /// A record, from what the macro knows.
    #[doc(hidden)]
    pub fn new<C>(
        stored: bool,
        field_type: &'static str,
        indexes: Vec<IndexRecord>,
        bound_to: Vec<(&'static str, &'static str)>,
        scope: Option<(&'static str, &'static str)>,
        hiding: Option<Hiding>,
    ) -> Result<Self, Error>
    where
        C: diesel::Column<SqlType: super::CiphertextType> + super::EncryptedColumn,
    {
        Ok(Self {
            // Values of a renamed column are bound to its former names; the database has the new.
            context:
                <<C::SqlType as super::CiphertextType>::Column as super::EncryptedColumn>::context(
                )?,
            table: C::context()?.table().to_owned(),
            column: C::NAME,
            field_type,
            indexes,
            bound_to,
            scope,
            hiding,
            stored,
            may_be_plain: <<C::SqlType as super::CiphertextType>::Column as super::EncryptedColumn>::reads_plaintext(),
        })
    }

    /// The table's SQL name, with its schema where it has one.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column's SQL name.
    #[must_use]
    pub fn column(&self) -> &str {
        self.column
    }

    /// The type of the model's field, as it is written there.
    #[must_use]
    pub fn field_type(&self) -> &str {
        self.field_type
    }

    /// The SQL names of the blind indexes that the field fills.
    pub fn indexes(&self) -> impl Iterator<Item = &str> {
        self.indexes.iter().map(|index| index.column)
    }

    /// The SQL names of the columns that the value is bound to.
    pub fn bound_to(&self) -> impl Iterator<Item = &str> {
        self.bound_to.iter().map(|(column, _)| *column)
    }

    /// What the scope is called under whose data keys the values are sealed, if there is one.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.map(|(_, name)| name)
    }

    pub(super) fn blame(&self, error: Error) -> Error {
        error.at(self.table.clone(), self.column)
    }
}

/// A blind index, as the schema declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRecord {
    column: &'static str,
    normaliser: String,
    made_of: MadeOf,
}

/// What an index is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeOf {
    /// The column whose record it stands in.
    Column,
    /// These columns, in this order.
    Columns(Vec<&'static str>),
    /// The column, with tags that a domain shares.
    Domain(&'static str),
}

impl IndexRecord {
    /// The record of an index column.
    #[doc(hidden)]
    pub fn of<I: diesel::Column<SqlType: super::IndexType>>() -> Result<Self, Error> {
        let mut normaliser = String::new();
        <I::SqlType as super::IndexType>::Tagging::identity(&mut normaliser);
        Ok(Self {
            column: I::NAME,
            normaliser,
            made_of: <I::SqlType as super::IndexType>::Source::made_of(),
        })
    }
}

impl ColumnRecord {
    /// The column's part of the manifest.
    pub(super) fn write_toml(&self, text: &mut String) {
        // A string writes without errors.
        let _ = write!(
            text,
            "\n[[column]]\ntable = {:?}\ncolumn = {:?}\ntype = {:?}\n",
            self.table, self.column, self.field_type
        );
        if (self.context.table(), self.context.column()) != (self.table(), self.column()) {
            let (table, column) = (self.context.table(), self.context.column());
            let _ = writeln!(
                text,
                "formerly = {{ table = {table:?}, column = {column:?} }}"
            );
        }
        if !self.bound_to.is_empty() {
            let bound: Vec<_> = self
                .bound_to
                .iter()
                .map(|(column, ty)| format!("{{ column = {column:?}, type = {ty:?} }}"))
                .collect();
            let _ = writeln!(text, "bound_to = [{}]", bound.join(", "));
        }
        if let Some((column, name)) = self.scope {
            let _ = writeln!(text, "scope = {{ column = {column:?}, name = {name:?} }}");
        }
        if let Some((padding, hides_null)) = self.hiding {
            let _ = writeln!(text, "padding = {padding:?}");
            if hides_null {
                let _ = writeln!(text, "hides_null = true");
            }
        }
        for index in &self.indexes {
            let _ = write!(
                text,
                "\n[[column.index]]\ncolumn = {:?}\nnormaliser = {:?}\n",
                index.column, index.normaliser
            );
            let _ = match &index.made_of {
                MadeOf::Column => Ok(()),
                MadeOf::Columns(columns) => writeln!(text, "compound = {columns:?}"),
                MadeOf::Domain(domain) => writeln!(text, "domain = {domain:?}"),
            };
        }
    }

    /// Whether what the one model stores, the other one opens and finds.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let both_store = self.stored && other.stored;
        let sorted = |record: &Self| {
            let mut indexes = record.indexes.clone();
            indexes.sort_unstable_by_key(|index| index.column);
            indexes
        };
        let bound = |record: &Self| {
            let columns = record.bound_to.iter().map(|(column, _)| *column);
            columns.collect::<Vec<_>>()
        };
        let mut types = self.bound_to.iter().zip(&other.bound_to);
        bound(self) == bound(other)
            && types.all(|((_, one), (_, other))| may_be_the_same(one, other))
            && may_be_the_same(self.field_type, other.field_type)
            && self.hiding == other.hiding
            && (!both_store || self.scope == other.scope)
            && (!both_store || sorted(self) == sorted(other))
    }
}

/// Types whose names are theirs alone. Others may be another name of one of these.
const KNOWN: &[&str] = &[
    "String",
    "Vec<u8>",
    "bool",
    "char",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "f32",
    "f64",
    "Uuid",
    "NaiveDate",
];

/// Whether values of the one type can be values of the other, as far as their names tell.
fn may_be_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (bare(one), bare(other));
    one == other || !KNOWN.contains(&one) || !KNOWN.contains(&other)
}

/// The type's own name: without `Option`, and without a path.
fn bare(name: &str) -> &str {
    let name = name
        .strip_prefix("Option<")
        .and_then(|name| name.strip_suffix('>'))
        .unwrap_or(name);
    if name == "Vec<u8>" {
        return name;
    }
    name.rsplit("::").next().unwrap_or(name)
}
