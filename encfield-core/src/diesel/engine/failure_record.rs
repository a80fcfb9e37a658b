//! What the engine's tables remember of rows that a job left as they were.

use super::connection::EngineConnection;
use super::dialect::EngineBackend;
use super::key::RowKey;
use super::progress::Failure;
use super::statement::{Cells, Statement};
use super::trouble::Trouble;
use crate::error::ErrorKind;

/// How many are read at a time.
const PAGE: u64 = 1_000;

/// Writes down those of a chunk.
pub(super) fn write<C: EngineConnection>(
    conn: &mut C,
    job: &str,
    chunk: u64,
    failures: &[Failure],
) -> Result<(), Trouble> {
    let mut position = 0;
    for failures in failures.chunks(<C::Backend as EngineBackend>::ROWS_AT_ONCE) {
        let mut insert = Statement::new(
            "INSERT INTO encfield_failures \
             (job, chunk, position, row_key, key_bytes, column_name, kind, reason) VALUES ",
        );
        for (behind, failure) in failures.iter().enumerate() {
            let [key, bytes] = [failure.key.to_text(), failure.key.bytes_to_text()];
            let kind = format!("{:?}", failure.kind);
            let texts = [&key, &bytes, &failure.column, &kind, &failure.reason];
            insert = insert
                .sql(if behind == 0 { "(" } else { ", (" })
                .text(job)
                .sql(", ")
                .number(chunk)
                .sql(", ")
                .number(position);
            insert = texts
                .into_iter()
                .fold(insert, |insert, text| insert.sql(", ").text(text))
                .sql(")");
            position += 1;
        }
        conn.run(insert)?;
    }
    Ok(())
}

/// Where a failure stands among those of its job: its chunk, and its place in that.
pub(super) type FailurePlace = (u64, u64);

/// Some of the rows that a job left as they were: those behind this place, and where the last one stands.
pub(super) fn behind<C: EngineConnection>(
    conn: &mut C,
    name: &str,
    behind: Option<FailurePlace>,
) -> Result<(Vec<Failure>, Option<FailurePlace>), Trouble> {
    let mut statement = Statement::new(
        "SELECT row_key, key_bytes, column_name, kind, reason, CAST(chunk AS CHAR(20)), \
         CAST(position AS CHAR(20)) FROM encfield_failures WHERE job = ",
    )
    .text(name);
    if let Some((chunk, position)) = behind {
        statement = statement
            .sql(" AND chunk >= ")
            .number(chunk)
            .sql(" AND (chunk > ")
            .number(chunk)
            .sql(" OR (chunk = ")
            .number(chunk)
            .sql(" AND position > ")
            .number(position)
            .sql("))");
    }
    let statement = statement.sql(" ORDER BY encfield_failures.chunk, encfield_failures.position");
    let rows = conn.rows(statement.sql(" LIMIT ").number(PAGE))?;
    let failure = |row: &Cells| {
        let text = |position| row.text(position).unwrap_or_default();
        Some(Failure {
            key: RowKey::from_text(text(0), &RowKey::bytes_from_text(text(1)))?,
            column: text(2).to_owned(),
            kind: ErrorKind::named(text(3)),
            reason: text(4).to_owned(),
        })
    };
    let last = rows.last().map(|row| (row.number(5), row.number(6)));
    Ok((rows.iter().filter_map(failure).collect(), last))
}
