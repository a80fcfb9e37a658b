//! What the columns hold.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::{Census, Count, EngineConnection, TargetTable};
use encfield::{DataKeyConnection, DataKeys, HasDataKeyTable, KeyId};
use serde_json::json;

use crate::command::Of;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::manifest::Column;
use crate::output::Output;

pub(crate) fn run(of: &Of, key: Option<&str>, output: &Output) -> Result<Ended, Problem> {
    let columns = of.columns()?;
    let Some(key) = key else {
        database::visit(All { columns, output })?;
        return Ok(Ended::Done);
    };
    let key = key_id(key)?;
    let values = values_under(columns, key)?;
    let safe = values == 0;
    let answer = if safe { "yes" } else { "no" };
    output.result(
        &format!("Is it safe to remove {key}? {answer}: {values} values are under it in these columns"),
        &json!({ "event": "key", "key": key.to_string(), "safe_to_remove": safe, "values": values }),
    );
    if safe {
        output.note(
            "Think of statements that were begun before the promotion, of columns that are not in the \
             manifest, and of backups that you may restore.",
        );
    }
    Ok(if safe { Ended::Done } else { Ended::No })
}

pub(crate) fn key_id(text: &str) -> Result<KeyId, Problem> {
    KeyId::from_hex(text)
        .ok_or_else(|| Problem::new("a key's id is 16 lower-case hexadecimal digits"))
}

/// How many values of these columns, and data keys, are under a key.
pub(crate) fn values_under(columns: Vec<Column>, key: KeyId) -> Result<u64, Problem> {
    database::visit(Under { columns, key })
}

struct All<'a> {
    columns: Vec<Column>,
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
        for column in &self.columns {
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
        Ok(())
    }
}

struct Under {
    columns: Vec<Column>,
    key: KeyId,
}

impl Visit for Under {
    type Output = u64;

    fn visit<C, F>(self, connect: F) -> Result<u64, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        let mut values = 0;
        for column in &self.columns {
            let table = TargetTable::in_database(conn, &column.table)?;
            values += Census::of(conn, &table, &column.column)?.under(self.key);
        }
        if self.columns.iter().any(Column::has_scope) {
            values += DataKeys::prepared_only().wrapped_under(conn, self.key)?;
        }
        Ok(values)
    }
}
