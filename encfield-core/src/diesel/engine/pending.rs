//! Rows that are to be written, and the statement that writes them.

use super::dialect::EngineBackend;
use super::key::RowKey;
use super::rows::NamedCells;
use super::statement::{Cells, Statement};
use super::table::DescribedTable;
use super::work::{Cell, Change};

/// A row that is to be written.
pub(super) struct Pending<'r> {
    pub(super) key: RowKey,
    pub(super) cells: &'r Cells,
    pub(super) changes: Vec<Change>,
}

impl Pending<'_> {
    /// What it adds to a statement: what was read, and what is written.
    pub(super) fn length(&self) -> usize {
        let read = self.cells.0.iter().flatten().map(|cell| cell.len());
        let written = self.changes.iter().filter_map(|(_, value)| value.as_ref());
        read.chain(written.map(|value| value.len())).sum()
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().map(|(column, _)| column.as_str())
    }
}

/// The most that one statement writes of many rows: a server takes no packet of any size.
const BYTES_AT_ONCE: usize = 1 << 20;

/// The rows that go together: so many, and no more bytes than that.
pub(super) fn batches<T>(rows: &[T], at_once: usize, length: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let (mut rest, mut number, mut bytes) = (rows, 0, 0);
    for row in rows {
        let more = length(row);
        if number > 0 && (number == at_once || bytes + more > BYTES_AT_ONCE) {
            let (batch, behind) = rest.split_at(number);
            batches.push(batch);
            (rest, number, bytes) = (behind, 0, 0);
        }
        (number, bytes) = (number + 1, bytes + more);
    }
    if !rest.is_empty() {
        batches.push(rest);
    }
    batches
}

/// Writes rows of which the same columns change, each if it is what was read.
pub(super) fn update<DB: EngineBackend>(table: &DescribedTable, rows: &[Pending<'_>]) -> Statement {
    let mut statement = Statement::new("UPDATE ").table(&table.name).sql(" SET ");
    let columns = rows.first().map_or(0, |row| row.changes.len());
    for position in 0..columns {
        if position > 0 {
            statement = statement.sql(", ");
        }
        statement = match rows {
            [row] => match row.changes.get(position) {
                Some((column, value)) => {
                    put(table, statement.name(column).sql(" = "), column, value)
                }
                None => statement,
            },
            rows => one_of(table, statement, rows, position),
        };
    }
    for (position, row) in rows.iter().enumerate() {
        statement = statement.sql(if position == 0 { " WHERE (" } else { " OR (" });
        statement = table.is(statement, &row.key);
        let named = NamedCells {
            table,
            cells: row.cells,
        };
        for (column, kind) in &table.columns {
            statement = kind.is::<DB>(statement.sql(" AND "), column, named.cell(column));
        }
        statement = statement.sql(")");
    }
    statement
}

/// `column = CASE WHEN key = .. THEN .. ELSE column END`.
fn one_of(
    table: &DescribedTable,
    mut statement: Statement,
    rows: &[Pending<'_>],
    position: usize,
) -> Statement {
    let changed = |row: &Pending<'_>| row.changes.get(position).map(|(column, _)| column.clone());
    let Some(column) = rows.first().and_then(changed) else {
        return statement;
    };
    statement = statement.name(&column).sql(" = CASE");
    for row in rows {
        if let Some((_, value)) = row.changes.get(position) {
            statement = table.is(statement.sql(" WHEN "), &row.key);
            statement = put(table, statement.sql(" THEN "), &column, value);
        }
    }
    statement.sql(" ELSE ").name(&column).sql(" END")
}

fn put(
    table: &DescribedTable,
    statement: Statement,
    column: &str,
    value: &Option<zeroize::Zeroizing<Vec<u8>>>,
) -> Statement {
    let value = value.as_ref().map(|value| value.as_slice());
    match table.kind(column) {
        Some(kind) => kind.write(statement, value),
        None => statement.bytes(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_together_until_they_are_too_many_or_too_long() {
        let lengths = |rows: &[usize], at_once| -> Vec<Vec<usize>> {
            let batches = batches(rows, at_once, |length| *length);
            batches.into_iter().map(<[usize]>::to_vec).collect()
        };
        assert_eq!(lengths(&[], 2), Vec::<Vec<usize>>::new());
        assert_eq!(lengths(&[1, 2, 3], 2), [vec![1, 2], vec![3]]);
        assert_eq!(lengths(&[1, 2], 2), [[1, 2]]);
        let long = BYTES_AT_ONCE;
        assert_eq!(lengths(&[long, 1, 2], 9), [vec![long], vec![1, 2]]);
        assert_eq!(lengths(&[1, long, long + 1], 9), [[1], [long], [long + 1]]);
    }
}
