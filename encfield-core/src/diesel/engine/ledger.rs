//! What the engine keeps in the database: its jobs, and the chunks that each was divided into.

use diesel::result::{DatabaseErrorKind, Error as QueryError};

use super::super::catalogue::CatalogueBackend;
use super::connection::EngineConnection;
use super::definition::Definition;
use super::dialect::EngineBackend;
use super::failure_record;
use super::job::Job;
use super::key::RowKey;
use super::progress::{Failure, Progress};
use super::statement::Statement;
use super::table::DescribedTable;
use super::trouble::Trouble;
use crate::error::{Error, ErrorKind};

/// How many chunks are planned ahead at a time.
const AHEAD: u64 = 32;

/// A chunk of a table: the rows behind one key, up to another one.
pub(super) struct Chunk {
    pub(super) number: u64,
    pub(super) after: Option<RowKey>,
    pub(super) up_to: RowKey,
}

/// The tables, and what stands in each.
fn tables<DB: EngineBackend>() -> [(&'static str, String); 3] {
    let [key, text] = DB::TYPES;
    [
        (
            "encfield_jobs",
            format!(
                "name {key} NOT NULL PRIMARY KEY, definition {text} NOT NULL, target {key} NOT NULL, \
                 frontier {text}, next_chunk BIGINT NOT NULL, planned BIGINT NOT NULL"
            ),
        ),
        (
            "encfield_chunks",
            format!(
                "job {key} NOT NULL, number BIGINT NOT NULL, after_key {text}, up_to {text} NOT NULL, \
                 done BIGINT NOT NULL, seen BIGINT NOT NULL, changed BIGINT NOT NULL, \
                 failed BIGINT NOT NULL, PRIMARY KEY (job, number)"
            ),
        ),
        (
            "encfield_failures",
            format!(
                "job {key} NOT NULL, chunk BIGINT NOT NULL, position BIGINT NOT NULL, \
                 row_key {text} NOT NULL, key_bytes {text} NOT NULL, column_name {text} NOT NULL, \
                 kind {text} NOT NULL, reason {text} NOT NULL, PRIMARY KEY (job, chunk, position)"
            ),
        ),
    ]
}

/// Whether one of them is there.
pub(super) fn is_there<C: EngineConnection>(conn: &mut C, table: &str) -> Result<bool, Trouble> {
    let columns = conn.rows(<C::Backend as CatalogueBackend>::columns(table))?;
    Ok(!columns.is_empty())
}

/// Makes the tables that are not there. A program that may not make any finds those of somebody who may.
pub(super) fn create<C: EngineConnection>(conn: &mut C) -> Result<(), Trouble> {
    for (table, columns) in tables::<C::Backend>() {
        if is_there(conn, table)? {
            continue;
        }
        let create = format!("CREATE TABLE IF NOT EXISTS {table} ({columns})");
        // Two processes that make it at once: PostgreSQL lets one of them fail.
        if conn.run(Statement::new(&create)).is_err() {
            conn.run(Statement::new(&create))?;
        }
    }
    Ok(())
}

/// Writes the job down, unless it is there, and refuses one that contradicts another.
pub(super) fn begin<C: EngineConnection>(conn: &mut C, job: &Job) -> Result<(), Trouble> {
    refuse_contradiction(conn, job)?;
    let insert = Statement::new(
        "INSERT INTO encfield_jobs (name, definition, target, next_chunk, planned) VALUES (",
    )
    .text(&job.name)
    .sql(", ")
    .text(&job.definition())
    .sql(", ")
    .text(job.table.name())
    .sql(", 0, 0)");
    match conn.run(insert) {
        // It was there before, or somebody else came in between, with this job or another one.
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            refuse_contradiction(conn, job)
        }
        Err(error) => Err(error.into()),
        // Two that contradict each other may have come at once: then neither stays.
        Ok(_) => refuse_contradiction(conn, job).inspect_err(|_| {
            let _ = forget(conn, &job.name);
        }),
    }
}

/// Fails when the name is another job's, or another unfinished job is in this one's way.
fn refuse_contradiction<C: EngineConnection>(conn: &mut C, job: &Job) -> Result<(), Trouble> {
    // The name is looked for on every table: progress is kept by it.
    let rows = conn.rows(
        Statement::new("SELECT name, definition FROM encfield_jobs WHERE name = ")
            .text(&job.name)
            .sql(" OR (target = ")
            .text(job.table.name())
            .sql(
                " AND (planned = 0 OR EXISTS \
                 (SELECT 1 FROM encfield_chunks WHERE job = name AND done = 0)))",
            ),
    )?;
    let own = job.definition();
    let does = Definition::read(&own, job.table.name());
    for row in rows {
        let (name, other) = (row.text(0).unwrap_or(""), row.text(1).unwrap_or(""));
        let contradicts = if name == job.name {
            other != own
        } else {
            does.contradicts(&Definition::read(other, job.table.name()))
        };
        if contradicts {
            let error = Error::new(ErrorKind::JobsContradict).with_note(name.to_owned());
            return Err(error.at(job.table.name().to_owned(), "*").into());
        }
    }
    Ok(())
}

/// The definitions of the jobs on a table, complete or not.
pub(super) fn definitions<C: EngineConnection>(
    conn: &mut C,
    table: &str,
) -> Result<Vec<String>, Trouble> {
    if !is_there(conn, "encfield_jobs")? {
        return Ok(Vec::new());
    }
    let query = Statement::new("SELECT definition FROM encfield_jobs WHERE target = ").text(table);
    let rows = conn.rows(query)?;
    let texts = rows.iter().filter_map(|row| row.text(0));
    Ok(texts.map(str::to_owned).collect())
}

/// Forgets a job, so that it begins anew.
pub(super) fn forget<C: EngineConnection>(conn: &mut C, name: &str) -> Result<(), Trouble> {
    for (table, column) in [
        ("encfield_failures", "job"),
        ("encfield_chunks", "job"),
        ("encfield_jobs", "name"),
    ] {
        if is_there(conn, table)? {
            let delete = format!("DELETE FROM {table} WHERE {column} = ");
            conn.run(Statement::new(&delete).text(name))?;
        }
    }
    Ok(())
}

/// Plans some chunks more, in a transaction. Returns whether there was anything to plan.
pub(super) fn plan<C: EngineConnection>(
    conn: &mut C,
    job: &Job,
    table: &DescribedTable,
) -> Result<bool, Trouble> {
    write_first(conn, job)?;
    let lock = <C::Backend as EngineBackend>::LOCK;
    let rows = conn.rows(
        Statement::new("SELECT frontier, CAST(next_chunk AS CHAR(20)), CAST(planned AS CHAR(20)) FROM encfield_jobs WHERE name = ")
            .text(&job.name)
            .sql(lock),
    )?;
    let gone =
        || Error::new(ErrorKind::JobsContradict).with_note("the job was forgotten meanwhile");
    let row = rows.first().ok_or_else(gone)?;
    if row.text(2).is_some_and(|planned| planned.trim() == "1") {
        return Ok(false);
    }
    let are_bytes = table.key_is_bytes();
    let mut frontier = row
        .text(0)
        .and_then(|text| RowKey::from_text(text, &are_bytes));
    let first: u64 = row
        .text(1)
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_default();
    let (mut number, mut planned) = (first, false);
    while !planned && number < first + AHEAD {
        let up_to = match boundary(conn, job, table, frontier.as_ref())? {
            Some(up_to) => up_to,
            None => {
                planned = true;
                match last(conn, table, frontier.as_ref())? {
                    Some(up_to) => up_to,
                    None => break,
                }
            }
        };
        let after = frontier.as_ref().map(RowKey::to_text);
        let insert = Statement::new(
            "INSERT INTO encfield_chunks (job, number, after_key, up_to, done, seen, changed, failed) VALUES (",
        )
        .text(&job.name)
        .sql(", ")
        .number(number)
        .sql(", ");
        let insert = match &after {
            Some(after) => insert.text(after),
            None => insert.sql("NULL"),
        };
        conn.run(insert.sql(", ").text(&up_to.to_text()).sql(", 0, 0, 0, 0)"))?;
        frontier = Some(up_to);
        number += 1;
    }
    let update = Statement::new("UPDATE encfield_jobs SET next_chunk = ")
        .number(number)
        .sql(", planned = ")
        .number(u64::from(planned));
    let update = match &frontier {
        Some(frontier) => update.sql(", frontier = ").text(&frontier.to_text()),
        None => update,
    };
    conn.run(update.sql(" WHERE name = ").text(&job.name))?;
    Ok(number > first)
}

/// The last key of the next chunk, if there is a whole one.
fn boundary<C: EngineConnection>(
    conn: &mut C,
    job: &Job,
    table: &DescribedTable,
    after: Option<&RowKey>,
) -> Result<Option<RowKey>, Trouble> {
    let statement = table
        .select(false)
        .then(table.between(after, None))
        .then(table.order(""))
        .sql(" LIMIT 1 OFFSET ")
        .number(u64::from(job.limits.chunk.max(1)) - 1);
    let rows = conn.rows(statement)?;
    let key = rows.first().map(|row| table.key_behind(row, after));
    Ok(key.transpose()?)
}

/// The last key of the table.
fn last<C: EngineConnection>(
    conn: &mut C,
    table: &DescribedTable,
    after: Option<&RowKey>,
) -> Result<Option<RowKey>, Trouble> {
    let statement = table
        .select(false)
        .then(table.between(after, None))
        .then(table.order(" DESC"))
        .sql(" LIMIT 1");
    let rows = conn.rows(statement)?;
    let key = rows.first().map(|row| table.key_behind(row, after));
    Ok(key.transpose()?)
}

/// The first chunk that is not done, from this one on: what is done stays done, and is not looked at again.
pub(super) fn first_open<C: EngineConnection>(
    conn: &mut C,
    job: &Job,
    from: u64,
) -> Result<u64, Trouble> {
    let rows = conn.rows(
        Statement::new("SELECT CAST(MIN(number) AS CHAR(20)) FROM encfield_chunks WHERE job = ")
            .text(&job.name)
            .sql(" AND done = 0 AND number >= ")
            .number(from),
    )?;
    let first = rows.first().and_then(|row| row.text(0));
    Ok(first
        .and_then(|first| first.trim().parse().ok())
        .unwrap_or(from))
}

/// Claims a chunk that nobody is at, in a transaction: it is ticked off when that ends well.
pub(super) fn claim<C: EngineConnection>(
    conn: &mut C,
    job: &Job,
    table: &DescribedTable,
    from: u64,
) -> Result<Option<Chunk>, Trouble> {
    write_first(conn, job)?;
    let rows = conn.rows(
        Statement::new(
            "SELECT CAST(number AS CHAR(20)), after_key, up_to FROM encfield_chunks WHERE job = ",
        )
        .text(&job.name)
        .sql(" AND number >= ")
        .number(from)
        .sql(" AND done = 0 ORDER BY number LIMIT 1")
        .sql(<C::Backend as EngineBackend>::SKIP_LOCKED),
    )?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let are_bytes = table.key_is_bytes();
    let key = |position| {
        row.text(position)
            .and_then(|text| RowKey::from_text(text, &are_bytes))
    };
    let number = row.text(0).and_then(|text| text.trim().parse().ok());
    match (number, key(2)) {
        (Some(number), Some(up_to)) => Ok(Some(Chunk {
            number,
            after: key(1),
            up_to,
        })),
        _ => {
            let error = Error::new(ErrorKind::JobsContradict);
            Err(error.with_note("a chunk of the job cannot be read").into())
        }
    }
}

/// Ticks a chunk off, and writes down which of its rows were left as they were.
pub(super) fn tick<C: EngineConnection>(
    conn: &mut C,
    job: &Job,
    chunk: &Chunk,
    progress: Progress,
    failures: &[Failure],
) -> Result<(), Trouble> {
    failure_record::write(conn, &job.name, chunk.number, failures)?;
    let update = Statement::new("UPDATE encfield_chunks SET done = 1, seen = ")
        .number(progress.rows)
        .sql(", changed = ")
        .number(progress.changed)
        .sql(", failed = ")
        .number(progress.failed)
        .sql(" WHERE job = ")
        .text(&job.name)
        .sql(" AND number = ")
        .number(chunk.number);
    conn.run(update)?;
    Ok(())
}

/// How far all workers of a job are, and whether it is complete.
pub(super) fn state<C: EngineConnection>(
    conn: &mut C,
    name: &str,
) -> Result<(Progress, bool), Trouble> {
    let rows = conn.rows(
        Statement::new(
            "SELECT CAST(COALESCE(SUM(seen), 0) AS CHAR(20)), CAST(COALESCE(SUM(changed), 0) AS CHAR(20)), \
             CAST(COALESCE(SUM(failed), 0) AS CHAR(20)), CAST(COALESCE(SUM(1 - done), 0) AS CHAR(20)) \
             FROM encfield_chunks WHERE job = ",
        )
        .text(name),
    )?;
    let planned = conn.rows(
        Statement::new("SELECT CAST(planned AS CHAR(20)) FROM encfield_jobs WHERE name = ")
            .text(name),
    )?;
    let planned = planned.first().is_some_and(|row| row.number(0) == 1);
    let number = |position| rows.first().map_or(0, |row| row.number(position));
    let progress = Progress {
        rows: number(0),
        changed: number(1),
        failed: number(2),
        ..Progress::default()
    };
    Ok((progress, planned && number(3) == 0))
}

/// On SQLite a transaction that reads first and writes later may find that it cannot.
fn write_first<C: EngineConnection>(conn: &mut C, job: &Job) -> Result<(), Trouble> {
    if <C::Backend as EngineBackend>::SKIP_LOCKED.is_empty() {
        conn.run(
            Statement::new("UPDATE encfield_jobs SET planned = planned WHERE name = ")
                .text(&job.name),
        )?;
    }
    Ok(())
}
