//! What the columns hold.

use std::collections::HashSet;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{Census, Count, EngineConnection, IndexCensus, TagCount, TargetTable};
use encfield::{DataKeyConnection, HasDataKeyTable, KeyId, Keyring, Purpose};
use serde_json::json;

use crate::columns::Columns;
use crate::command::Of;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::manifest::{Column, Index};
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
        Some(Purpose::Index) => {
            let under_the_key = tags_under(columns, key, keys::read()?)?;
            let values = Values {
                under_the_key,
                of_unknown_format: 0,
            };
            (values, "rows are found")
        }
        _ => (values_under(columns, key)?, "values are"),
    };
    let Values {
        under_the_key: values,
        of_unknown_format: unknown,
    } = values;
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

/// Values that may need a key.
#[derive(Default)]
pub(crate) struct Values {
    /// Those that are under it, and data keys.
    pub(crate) under_the_key: u64,
    /// Those of a later format: which key they are under, this version does not know.
    pub(crate) of_unknown_format: u64,
}

/// How many values of these columns may need a key.
pub(crate) fn values_under(columns: &Columns, key: KeyId) -> Result<Values, Problem> {
    database::visit(ValuesUnder { columns, key })
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
                let (key, format) = match count {
                    Count::SealedUnder(id) => (Some(id.to_string()), Some(1)),
                    Count::UnknownFormat(format) => (None, Some(format)),
                    _ => (None, None),
                };
                let what = match count {
                    Count::SealedUnder(_) => format!("{count}, format 1"),
                    _ => count.to_string(),
                };
                self.output.result(
                    &format!("{}: {values} {what}", column.name()),
                    &json!({
                        "event": "count", "table": column.table, "column": column.column,
                        "what": count.to_string(), "key": key, "format": format, "values": values,
                    }),
                );
            }
        }
        if !self.tags {
            return Ok(());
        }
        let keyring = keys::read()?;
        for_each_index(self.columns, keyring, &connect, |table, index, census| {
            let (name, normaliser) = (&index.column, &index.normaliser);
            for (count, rows) in census.counts() {
                let key = match count {
                    TagCount::Under(id) => Some(id.to_string()),
                    _ => None,
                };
                self.output.result(
                    &format!("{table}.{name}: {rows} {count}, by {normaliser}"),
                    &json!({
                        "event": "tags", "table": table, "column": name, "normaliser": normaliser,
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
    type Output = Values;

    fn visit<C, F>(self, connect: F) -> Result<Values, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let mut values = Values::default();
        for column in self.columns.iter() {
            let table = TargetTable::in_database(conn, &column.table)?;
            for (count, number) in Census::of(conn, &table, &column.column)?.counts() {
                match count {
                    Count::SealedUnder(id) if id == self.key => values.under_the_key += number,
                    Count::UnknownFormat(_) => values.of_unknown_format += number,
                    _ => {}
                }
            }
        }
        if self.columns.iter().any(Column::has_scope) {
            let data_keys = self.columns.data_keys.prepared_only();
            values.under_the_key += data_keys.wrapped_under(conn, self.key)?;
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
    mut counted: impl FnMut(&str, &Index, &IndexCensus),
) -> Result<(), Problem>
where
    C: EngineConnection + DataKeyConnection + 'static,
    C::Backend: HasDataKeyTable,
    F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
{
    let conn = &mut database::open(connect)?;
    let at = &columns.data_keys;
    let scoped = columns.iter().any(Column::has_scope);
    let data_keys = scoped.then(|| at.on_their_own(connect));
    keys::install_this(keyring, at, data_keys.as_ref())?;
    let mut seen = HashSet::new();
    for column in columns.iter() {
        for index in column.indexes() {
            if !seen.insert((column.table.clone(), index.column.clone())) {
                continue;
            }
            let fill = columns.known_fill(column, index)?;
            let table = TargetTable::in_database(conn, &column.table)?;
            let census = IndexCensus::of(conn, &table, &column.place()?, &fill)?;
            counted(&column.table, index, &census);
        }
    }
    Ok(())
}
