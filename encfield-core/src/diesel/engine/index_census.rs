//! What an index column holds: how many tags under each index key.

use std::collections::BTreeMap;
use std::fmt;

use super::connection::EngineConnection;
use super::index_fill::IndexFill;
use super::place::ColumnPlace;
use super::rows::{NamedCells, ends_the_job};
use super::table::TargetTable;
use super::trouble::Trouble;
use super::work::Cell;
use crate::error::Error;
use crate::key_id::KeyId;

/// Rows that are read at a time.
const CHUNK: u64 = 500;

/// What the tags of an index have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TagCount {
    /// The row needs no tag: no value, or one without a normal form.
    NotNeeded,
    /// The value's tag under the index key of this id.
    Under(KeyId),
    /// There is no tag, and the value has one: a lookup does not find the row.
    Missing,
    /// Not the value's tag under any index key of the keyring, or cut short.
    Other,
    /// The value does not open, so that nothing can be said of its tag.
    NotOpened,
}

/// How many tags of an index there are of each kind.
///
/// A tag says nothing of its key. So every value is opened, and its tags are made anew: it takes as
/// long as verifying does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexCensus {
    counts: BTreeMap<TagCount, u64>,
}

impl IndexCensus {
    /// Counts the tags of an index, which is made of the column at this place.
    ///
    /// # Errors
    /// [`ErrorKind::ColumnInvalid`](crate::ErrorKind::ColumnInvalid) when a column is not there,
    /// [`ErrorKind::Database`](crate::ErrorKind::Database), and what keeps every value from being
    /// opened, such as [`ErrorKind::NoKeyring`](crate::ErrorKind::NoKeyring).
    pub fn of<C: EngineConnection>(
        conn: &mut C,
        table: &TargetTable,
        place: &ColumnPlace,
        index: &IndexFill,
    ) -> Result<Self, Error> {
        let columns = place.reads().chain(index.reads()).chain([index.column()]);
        let mut names: Vec<String> = columns.map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        let described = table.described(conn, &names)?;
        table.check_key(conn, &described)?;
        let table = described;
        let mut census = Self::default();
        let mut after = None;
        loop {
            let statement = table
                .select(true)
                .then(table.between(after.as_ref(), None))
                .then(table.order(""))
                .sql(" LIMIT ")
                .number(CHUNK);
            let rows = conn.rows(statement);
            let rows = rows.map_err(|error| Trouble::from(error).into_error())?;
            for cells in &rows {
                let row = NamedCells {
                    table: &table,
                    cells,
                };
                let kind = kind_of(place, index, &row)?;
                *census.counts.entry(kind).or_default() += 1;
            }
            match rows.last() {
                Some(row) => after = Some(table.key_behind(row, after.as_ref())?),
                None => return Ok(census),
            }
        }
    }

    /// Each kind, and how many there are.
    pub fn counts(&self) -> impl Iterator<Item = (TagCount, u64)> + '_ {
        self.counts.iter().map(|(count, number)| (*count, *number))
    }

    /// How many rows are found under this index key, or may be: none when, as far as this index goes, it
    /// can be removed.
    #[must_use]
    pub fn under(&self, key: KeyId) -> u64 {
        let needed = [TagCount::Under(key), TagCount::NotOpened];
        let counts = needed.iter().filter_map(|kind| self.counts.get(kind));
        counts.sum()
    }
}

fn kind_of(place: &ColumnPlace, index: &IndexFill, row: &impl Cell) -> Result<TagCount, Error> {
    let opened = match row.cell(place.column()) {
        None => Ok(None),
        Some(sealed) => place
            .of_row(row, |keyring, at| keyring.open(at, sealed))
            .map(Some),
    };
    let tags = opened.and_then(|opened| {
        let opened = opened.as_ref().map(|opened| opened.as_slice());
        index.live_tags(place.column(), opened, row)
    });
    let tags = match tags {
        Ok(tags) => tags,
        Err(error) if ends_the_job(error.kind()) => return Err(error),
        Err(_) => return Ok(TagCount::NotOpened),
    };
    let there = row.cell(index.column());
    Ok(match (there, tags.as_slice()) {
        (None, []) => TagCount::NotNeeded,
        (Some(there), []) if index.hides_null() && there.len() == index.length() => {
            TagCount::NotNeeded
        }
        (None, _) => TagCount::Missing,
        (Some(there), tags) => tags
            .iter()
            .find(|(_, tag)| tag.as_bytes() == there)
            .map_or(TagCount::Other, |(key, _)| TagCount::Under(*key)),
    })
}

impl fmt::Display for TagCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str("without a tag, and need none"),
            Self::Under(id) => write!(f, "index key {id}"),
            Self::Missing => f.write_str("missing"),
            Self::Other => f.write_str("of no index key, or of another value"),
            Self::NotOpened => f.write_str("of a value that does not open"),
        }
    }
}
