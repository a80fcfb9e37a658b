//! An inventory held against a database, when a program starts.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::catalogue::{CatalogueBackend, Holds, TableCatalogue};
use super::column_record::ColumnRecord;
use super::inventory::Inventory;
use super::statement::{CatalogueConnection, Statement};
use crate::data_key::FindDataKey;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::keyring::{self, Role};

/// How many values are opened, at each end of a table.
const OPENED: u64 = 16;

/// Of how many values the key is looked at, at each end of a table.
const LOOKED_AT: u64 = 500;

/// How many keys of a column are asked for that are not the keyring's own: each may be a question to
/// the table of data keys.
const ASKED_FOR: usize = 16;

/// What the table of data keys must have.
const DATA_KEY_COLUMNS: [(&str, Holds, &str); 5] = [
    ("key_id", Holds::Text, "text"),
    ("scope", Holds::Text, "text"),
    ("wrapped_key", Holds::Bytes, "bytes"),
    ("created_at", Holds::Number, "whole numbers of 64 bits"),
    ("shredded_at", Holds::Number, "whole numbers of 64 bits"),
];

/// Holds an inventory against a database and the keyring that is in force, once, when the program
/// starts.
///
/// These are problems: a table or a column that is not there or not of bytes, whatever is stored in it;
/// a value that does not open, or whose key is not known; an index column without an index key; where
/// values have a scope, a keyring without data keys, and a table of data keys that does not answer or
/// has other columns. A blind index that no index of the database begins with is a warning.
///
/// Nothing is written. Of each column the first and the last 16 values by primary key are read, and
/// one is opened for each key; of 500 at each end the key alone is looked at. Of a value that is bound to
/// its row that is all, and nothing is opened with a keyring whose [`Role`] does not open. A value of a
/// scope that was shredded is no problem. To look at every value, use the engine: `encfield verify` and
/// `encfield census`. Run it outside of a transaction: PostgreSQL ends one in which a statement fails.
///
/// ```
/// use diesel::SqliteConnection;
/// use encfield_core::{Inventory, Report, check};
///
/// fn start(conn: &mut SqliteConnection, inventory: &Inventory) -> Result<(), Report> {
///     let report = check(conn, inventory).into_result()?;
///     for warning in report.warnings() {
///         eprintln!("{warning}");
///     }
///     Ok(())
/// }
/// ```
#[must_use = "a problem that nobody reads is not solved"]
pub fn check<C: CatalogueConnection>(conn: &mut C, inventory: &Inventory) -> Report {
    let mut check = Check {
        conn,
        tables: HashMap::new(),
        indexes: HashSet::new(),
        data_keys: Vec::new(),
        report: Report {
            columns: inventory.columns().len(),
            problems: Vec::new(),
            warnings: Vec::new(),
        },
    };
    for column in inventory.columns() {
        let checked = check.column(column);
        check.note(checked.map_err(|error| column.blame(error)));
    }
    for data_keys in std::mem::take(&mut check.data_keys) {
        let checked = check.table_of(&*data_keys);
        check.note(checked.map_err(|error| match error.table() {
            None => error.at(data_keys.table().to_owned(), "*"),
            Some(_) => error,
        }));
    }
    check.report
}

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Report {
    columns: usize,
    problems: Vec<Error>,
    warnings: Vec<Error>,
}

impl Report {
    /// What is wrong; nothing when all is well.
    #[must_use]
    pub fn problems(&self) -> &[Error] {
        &self.problems
    }

    /// What works and should not stay as it is.
    #[must_use]
    pub fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    /// The report as an error if there are problems, for a program that is not to start then.
    ///
    /// # Errors
    /// The report itself.
    pub fn into_result(self) -> Result<Self, Self> {
        if self.problems.is_empty() {
            Ok(self)
        } else {
            Err(self)
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.columns, "column"),
            (self.problems.len(), "problem"),
            (self.warnings.len(), "warning"),
        ];
        for (position, (count, of)) in counts.into_iter().enumerate() {
            let before = if position > 0 { ", " } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{before}{count} {of}{plural}")?;
        }
        let mut all = self.problems.iter().chain(&self.warnings);
        all.try_for_each(|error| write!(f, "\n{error}"))
    }
}

impl std::error::Error for Report {}

/// A check that goes on.
struct Check<'c, C> {
    conn: &'c mut C,
    tables: HashMap<String, Rc<TableCatalogue>>,
    /// The indexes that were looked at: a compound one is named by several columns.
    indexes: HashSet<(String, String)>,
    /// Those that scopes are in, by their tables.
    data_keys: Vec<Arc<dyn FindDataKey>>,
    report: Report,
}

impl<C: CatalogueConnection> Check<'_, C> {
    fn note(&mut self, checked: Result<(), Error>) {
        self.report.problems.extend(checked.err());
    }

    fn table(&mut self, name: &str) -> Result<Rc<TableCatalogue>, Error> {
        if let Some(table) = self.tables.get(name) {
            return Ok(Rc::clone(table));
        }
        let table = TableCatalogue::read(self.conn, name);
        let table = table
            .map(Rc::new)
            .map_err(|_| of_database("its catalogue"))?;
        self.tables.insert(name.to_owned(), Rc::clone(&table));
        Ok(table)
    }

    fn column(&mut self, column: &ColumnRecord) -> Result<(), Error> {
        let table = self.table(&column.table)?;
        // What can be told of the schema is told without a keyring too.
        let role = keyring::with_current(&column.context, |keyring| Ok(keyring.role()));
        for index in column.indexes() {
            let key = (column.table.clone(), index.to_owned());
            if self.indexes.insert(key) {
                let checked = self.index(column, &table, index, role.as_ref().ok().copied());
                self.note(
                    checked.map_err(|error| error.at(column.table.clone(), index.to_owned())),
                );
            }
        }
        of_bytes::<C::Backend>(&table, column.column)?;
        let role = role?;
        if column.scope.is_some() && role != Role::LookUp {
            let found = self.find_data_keys(column);
            self.note(found.map_err(|error| column.blame(error)));
        }
        if matches!(role, Role::All | Role::Open) {
            self.values(column, &table)?;
        }
        Ok(())
    }

    fn index(
        &mut self,
        column: &ColumnRecord,
        table: &TableCatalogue,
        index: &str,
        role: Option<Role>,
    ) -> Result<(), Error> {
        of_bytes::<C::Backend>(table, index)?;
        let tags = self.load(sample(&column.table, index, table, "", 1))?;
        if let Some(tag) = tags.first()
            && (tag.is_empty() || tag.len() > 32)
        {
            return Err(Error::new(ErrorKind::ColumnInvalid).with_note("a tag has up to 32 bytes"));
        }
        if !table.is_indexed(index) {
            let sql_type = table.type_of(index).unwrap_or_default();
            let sql =
                <C::Backend as CatalogueBackend>::create_index(&column.table, index, sql_type);
            let warning = Error::new(ErrorKind::IndexMissing).with_note(sql);
            let warning = warning.at(column.table.clone(), index.to_owned());
            self.report.warnings.push(warning);
        }
        // A keyring that only opens has no use for one.
        if matches!(role, Some(Role::All | Role::Seal | Role::LookUp)) {
            keyring::with_current(&column.context, |keyring| {
                let key = keyring.live_index_keys().next();
                key.map(drop)
                    .ok_or_else(|| Error::new(ErrorKind::NoIndexKey))
            })?;
        }
        Ok(())
    }

    /// Looks at the values at both ends of the table.
    fn values(&mut self, column: &ColumnRecord, table: &TableCatalogue) -> Result<(), Error> {
        // Without a primary key there is one end.
        let ends = if table.key().is_empty() {
            &[""][..]
        } else {
            &["", " DESC"]
        };
        let (mut values, mut heads) = (Vec::new(), Vec::new());
        for end in ends {
            let of = |limit| sample(&column.table, column.column, table, end, limit);
            values.extend(self.load(of(OPENED))?);
            let head = Statement::new("SELECT DISTINCT substr(sealed, 1, 10) FROM (");
            heads.extend(self.load(head.then(of(LOOKED_AT)).sql(") AS looked_at"))?);
        }
        let (mut seen, mut asked) = (HashSet::new(), 0);
        let mut told = HashSet::new();
        let whole = values.iter().map(|value| (value, true));
        for (value, is_whole) in whole.chain(heads.iter().map(|head| (head, false))) {
            if column.may_be_plain && !value.starts_with(&format::MARK_AND_FORMAT) {
                continue;
            }
            let head = value.get(..format::HEADER_LENGTH).unwrap_or(value);
            if !seen.insert(head) {
                continue;
            }
            match opens(column, value, is_whole, &mut asked) {
                Ok(()) => {}
                // What was shredded on purpose is no problem.
                Err(error) if error.kind() == ErrorKind::Shredded => {}
                Err(error) => {
                    if told.insert((error.kind(), error.key_id())) {
                        self.report.problems.push(column.blame(error));
                    }
                }
            }
        }
        Ok(())
    }

    /// Remembers where the data keys of the column's scopes are.
    fn find_data_keys(&mut self, column: &ColumnRecord) -> Result<(), Error> {
        let found = keyring::with_current(&column.context, |keyring| {
            let data_keys = keyring.data_keys().map(Arc::clone);
            data_keys.ok_or_else(|| Error::new(ErrorKind::NoDataKeys))
        })?;
        let mut known = self.data_keys.iter();
        if !known.any(|known| known.table() == found.table()) {
            self.data_keys.push(found);
        }
        Ok(())
    }

    /// Whether a table of data keys answers, and has the columns that it must have.
    fn table_of(&mut self, data_keys: &dyn FindDataKey) -> Result<(), Error> {
        let answers = data_keys.answers()?;
        let table = self.table(data_keys.table())?;
        match (table.is_there(), answers) {
            (true, _) => {}
            // It is in a database of its own.
            (false, true) => return Ok(()),
            (false, false) => return Err(Error::data_key_store("there is no such table")),
        }
        for (column, what, name) in DATA_KEY_COLUMNS {
            let sql_type = table.type_of(column);
            let holds = |sql_type| <C::Backend as CatalogueBackend>::holds(what, sql_type);
            if sql_type.is_none_or(|sql_type| !holds(sql_type)) {
                let error = Error::new(ErrorKind::DataKeyStore).with_note(format!(
                    "there is no such column, or it does not hold {name}"
                ));
                let error = error.at(data_keys.table().to_owned(), column);
                self.report.problems.push(error);
            }
        }
        if !table.is_unique("scope") {
            let error = Error::data_key_store("it is not UNIQUE: a scope could have two data keys");
            return Err(error.at(data_keys.table().to_owned(), "scope"));
        }
        Ok(())
    }

    /// The first cell of each row. The database's own error is not told: it may quote a value.
    fn load(&mut self, statement: Statement) -> Result<Vec<Vec<u8>>, Error> {
        let rows = self
            .conn
            .rows(statement)
            .map_err(|_| of_database("its values"))?;
        let cells = rows.iter().filter_map(|row| row.bytes(0));
        Ok(cells.map(<[u8]>::to_vec).collect())
    }
}

fn of_database(what: &str) -> Error {
    Error::new(ErrorKind::Database).with_note(format!("{what} could not be read"))
}

/// Whether the column is there and holds bytes.
fn of_bytes<DB: CatalogueBackend>(table: &TableCatalogue, column: &str) -> Result<(), Error> {
    let note = match table.type_of(column) {
        Some(sql_type) if DB::holds(Holds::Bytes, sql_type) => return Ok(()),
        Some(sql_type) => format!("it is of the type {sql_type}"),
        None if table.is_there() => "there is no such column".to_owned(),
        None => "there is no such table".to_owned(),
    };
    Err(Error::new(ErrorKind::ColumnInvalid).with_note(note))
}

/// `SELECT column FROM table WHERE column IS NOT NULL`, at one end of the primary key.
fn sample(
    name: &str,
    column: &str,
    table: &TableCatalogue,
    direction: &str,
    limit: u64,
) -> Statement {
    let mut statement = Statement::new("SELECT ")
        .name(column)
        .sql(" AS sealed FROM ")
        .table(name)
        .sql(" WHERE ")
        .name(column)
        .sql(" IS NOT NULL");
    let mut word = " ORDER BY ";
    for key in table.key() {
        statement = statement
            .sql(word)
            .table(name)
            .sql(".")
            .name(key)
            .sql(direction);
        word = ", ";
    }
    statement.sql(" LIMIT ").number(limit)
}

/// Whether a value opens; or whether its key is known, where there is no more of it than its head.
fn opens(
    column: &ColumnRecord,
    value: &[u8],
    is_whole: bool,
    asked: &mut usize,
) -> Result<(), Error> {
    keyring::with_current(&column.context, |keyring| {
        if is_whole && column.bound_to.is_empty() {
            return keyring.open(&column.context, value).map(drop);
        }
        let id = format::key_of(value)?;
        if !keyring.is_own(id)? {
            *asked += 1;
            if *asked > ASKED_FOR {
                return Ok(());
            }
        }
        keyring.opening(&column.context, id).map(drop)
    })
}
