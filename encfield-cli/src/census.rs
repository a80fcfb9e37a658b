//! What the columns hold.

use std::collections::HashSet;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{Census, Count, EngineConnection, IndexCensus, TagCount, TargetTable};
use encfield::{
    DataKeyConnection, DataKeyTable, DataKeys, HasDataKeyTable, KeyId, Keyring, Purpose,
};
use serde_json::json;

use crate::columns::Columns;
use crate::command::Of;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::manifest::Column;
use crate::output::Output;

pub(crate) fn run(
    of: &Of,
    indexes: bool,
    key: Option<&str>,
    output: &Output,
) -> Result<Ended, Problem> {
    let columns = &of.columns()?;
    let Some(key) = key else {
        let tags = indexes;
        database::visit(All {
            columns,
            tags,
            output,
        })?;
        return Ok(Ended::Done);
    };
    let key = key_id(key)?;
    let purpose = purpose(key)?;
    let (values, what) = match purpose {
        Some(Purpose::Index) => (tags_under(columns, key, keys::read()?)?, "rows are found"),
        _ => (values_under(columns, key)?, "values are"),
    };
    // Which key a value of a later format is under, this version does not know.
    let unknown = match purpose {
        Some(Purpose::Index) => 0,
        _ => of_unknown_format(columns)?,
    };
    let safe = values == 0 && unknown == 0;
    let answer = if safe { "yes" } else { "no" };
    output.result(
        &format!("Is it safe to remove {key}? {answer}: {values} {what} under it in these columns"),
        &json!({
            "event": "key", "key": key.to_string(), "safe_to_remove": safe, "values": values,
            "of_unknown_format": unknown,
        }),
    );
    if unknown > 0 {
        output.note(&format!(
            "{unknown} values are of a format that this version does not know, and may be under it.",
        ));
    }
    if purpose.is_none() {
        output.note("The keyring has no such key; it was taken for an encryption key.");
    }
    if safe {
        output.note(
            "Think of statements that were begun before the promotion, of columns that are not in the \
             manifest, and of backups that you may restore.",
        );
    }
    Ok(if safe { Ended::Done } else { Ended::No })
}

/// What the key is for, if the keyring has it. Only the keyring knows: tags do not name their key.
fn purpose(key: KeyId) -> Result<Option<Purpose>, Problem> {
    let keyring = keys::read()?;
    let record = keyring.keys().find(|record| record.id() == key);
    Ok(record.map(|record| record.purpose()))
}

pub(crate) fn key_id(text: &str) -> Result<KeyId, Problem> {
    KeyId::from_hex(text)
        .ok_or_else(|| Problem::new("a key's id is 16 lower-case hexadecimal digits"))
}

/// How many values of these columns, and data keys, are under a key.
pub(crate) fn values_under(columns: &Columns, key: KeyId) -> Result<u64, Problem> {
    database::visit(ValuesUnder { columns, key })
}

/// How many values are of a format that this version does not know.
pub(crate) fn of_unknown_format(columns: &Columns) -> Result<u64, Problem> {
    database::visit(OfUnknownFormat { columns })
}

/// How many rows of these columns' indexes are found under an index key.
pub(crate) fn tags_under(columns: &Columns, key: KeyId, keyring: Keyring) -> Result<u64, Problem> {
    database::visit(TagsUnder {
        columns,
        key,
        keyring,
    })
}

struct All<'a> {
    columns: &'a Columns,
    tags: bool,
    output: &'a Output,
}

impl Visit for All<'_> {
    type Output = ();

    fn visit<C, F>(self, connect: F) -> Result<(), Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        for column in self.columns.iter() {
            let table = TargetTable::in_database(conn, &column.table)?;
            for (count, values) in Census::of(conn, &table, &column.column)?.counts() {
                let key = match count {
                    Count::SealedUnder(id) => Some(id.to_string()),
                    _ => None,
                };
                self.output.result(
                    &format!("{}: {values} {count}", column.name()),
                    &json!({
                        "event": "count", "table": column.table, "column": column.column,
                        "what": count.to_string(), "key": key, "values": values,
                    }),
                );
            }
        }
        if !self.tags {
            return Ok(());
        }
        let keyring = keys::read()?;
        for_each_index(self.columns, keyring, &connect, |table, index, census| {
            for (count, rows) in census.counts() {
                let key = match count {
                    TagCount::Under(id) => Some(id.to_string()),
                    _ => None,
                };
                self.output.result(
                    &format!("{table}.{index}: {rows} {count}"),
                    &json!({
                        "event": "tags", "table": table, "column": index,
                        "what": count.to_string(), "key": key, "rows": rows,
                    }),
                );
            }
        })
    }
}

struct ValuesUnder<'a> {
    columns: &'a Columns,
    key: KeyId,
}

impl Visit for ValuesUnder<'_> {
    type Output = u64;

    fn visit<C, F>(self, connect: F) -> Result<u64, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let mut values = 0;
        for column in self.columns.iter() {
            let table = TargetTable::in_database(conn, &column.table)?;
            values += Census::of(conn, &table, &column.column)?.under(self.key);
        }
        if self.columns.iter().any(Column::has_scope) {
            values += DataKeys::prepared_only().wrapped_under(conn, self.key)?;
        }
        Ok(values)
    }
}

struct OfUnknownFormat<'a> {
    columns: &'a Columns,
}

impl Visit for OfUnknownFormat<'_> {
    type Output = u64;

    fn visit<C, F>(self, connect: F) -> Result<u64, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let mut values = 0;
        for column in self.columns.iter() {
            let table = TargetTable::in_database(conn, &column.table)?;
            let census = Census::of(conn, &table, &column.column)?;
            let unknown = census
                .counts()
                .filter(|(count, _)| matches!(count, Count::UnknownFormat(_)));
            values += unknown.map(|(_, number)| number).sum::<u64>();
        }
        Ok(values)
    }
}

struct TagsUnder<'a> {
    columns: &'a Columns,
    key: KeyId,
    keyring: Keyring,
}

impl Visit for TagsUnder<'_> {
    type Output = u64;

    fn visit<C, F>(self, connect: F) -> Result<u64, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let mut rows = 0;
        for_each_index(self.columns, self.keyring, &connect, |_, _, census| {
            rows += census.under(self.key);
        })?;
        Ok(rows)
    }
}

/// Counts the tags of each index of these columns, once.
fn for_each_index<C, F>(
    columns: &Columns,
    keyring: Keyring,
    connect: &F,
    mut counted: impl FnMut(&str, &str, &IndexCensus),
) -> Result<(), Problem>
where
    C: EngineConnection + DataKeyConnection + 'static,
    C::Backend: HasDataKeyTable,
    F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
{
    let conn = &mut database::open(connect)?;
    let scoped = columns.iter().any(Column::has_scope);
    let data_keys = scoped.then(|| DataKeys::new(DataKeyTable::new(connect.clone())));
    keys::install_this(keyring, data_keys.as_ref())?;
    let mut seen = HashSet::new();
    for column in columns.iter() {
        for fill in columns.fills(column)? {
            if !seen.insert((column.table.clone(), fill.column().to_owned())) {
                continue;
            }
            let table = TargetTable::in_database(conn, &column.table)?;
            let census = IndexCensus::of(conn, &table, &column.place()?, &fill)?;
            counted(&column.table, fill.column(), &census);
        }
    }
    Ok(())
}
