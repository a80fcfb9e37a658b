//! What a column holds: how many values under each key.

use std::collections::BTreeMap;
use std::fmt;

use super::connection::EngineConnection;
use super::statement::Statement;
use super::table::TargetTable;
use super::trouble::Trouble;
use crate::error::Error;
use crate::key_id::KeyId;

/// What the values of a column have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Count {
    /// NULL.
    Null,
    /// Format 1, under the key of this id.
    SealedUnder(KeyId),
    /// A format that this version does not know.
    UnknownFormat(u8),
    /// Not a value of encfield's: plaintext, or cut short.
    NotCiphertext,
}

/// How many values of a column there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    counts: BTreeMap<Count, u64>,
}

impl Census {
    /// Counts the values of a column. The database looks at each row, and sends a line for each kind.
    ///
    /// # Errors
    /// [`ErrorKind::ColumnInvalid`](crate::ErrorKind::ColumnInvalid) when there is no such column, and [`ErrorKind::Database`](crate::ErrorKind::Database).
    pub fn of<C: EngineConnection>(
        conn: &mut C,
        table: &TargetTable,
        column: &str,
    ) -> Result<Self, Error> {
        table.described(conn, &[column.to_owned()])?;
        let head = |statement: Statement| statement.sql("substr(").name(column).sql(", 1, 10)");
        let statement = head(Statement::new("SELECT "))
            .sql(", CAST(COUNT(*) AS CHAR(20)) FROM ")
            .table(table.name())
            .sql(" GROUP BY ");
        let rows = conn.rows(head(statement));
        let rows = rows.map_err(|error| Trouble::from(error).into_error())?;
        let mut counts = BTreeMap::new();
        for row in rows {
            *counts.entry(kind_of(row.bytes(0))).or_default() += row.number(1);
        }
        Ok(Self { counts })
    }

    /// Each kind, and how many there are.
    pub fn counts(&self) -> impl Iterator<Item = (Count, u64)> + '_ {
        self.counts.iter().map(|(count, number)| (*count, *number))
    }

    /// How many values are under this key: none when, as far as this column goes, it can be removed.
    #[must_use]
    pub fn under(&self, key: KeyId) -> u64 {
        let number = self.counts.get(&Count::SealedUnder(key));
        number.copied().unwrap_or_default()
    }
}

fn kind_of(head: Option<&[u8]>) -> Count {
    match head {
        None => Count::Null,
        Some([0xFE, 1, id @ ..]) => match <[u8; KeyId::LENGTH]>::try_from(id) {
            Ok(id) => Count::SealedUnder(KeyId::from_bytes(id)),
            Err(_) => Count::NotCiphertext,
        },
        Some([0xFE, format, ..]) => Count::UnknownFormat(*format),
        Some(_) => Count::NotCiphertext,
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::SealedUnder(id) => write!(f, "key {id}"),
            Self::UnknownFormat(format) => write!(f, "format {format}"),
            Self::NotCiphertext => f.write_str("not ciphertext"),
        }
    }
}
