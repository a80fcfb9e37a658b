//! SQL that is put together while the program runs, with its binds.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::{Error as QueryError, QueryResult};
use diesel::row::{Field, NamedRow, Row};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Untyped};
use diesel::{Connection, RunQueryDsl};
use zeroize::{Zeroize, Zeroizing};

use super::catalogue::CatalogueBackend;
use crate::secret::Redacted;

/// A statement, piece by piece.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Statement(Vec<Piece>);

enum Piece {
    Sql(String),
    Name(String),
    Table(String),
    Text(Hidden<String>),
    Bytes(Hidden<Vec<u8>>),
    Null,
    Number(i64),
}

/// A bind that may be plaintext: what prints a statement with its binds does not see it.
struct Hidden<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> std::fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&Redacted, f)
    }
}

impl<DB: Backend> ToSql<Text, DB> for Hidden<String>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Hidden<Vec<u8>>
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_slice().to_sql(out)
    }
}

/// The SQL alone: a bind may be plaintext.
impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sql(sql) => f.write_str(sql),
            Self::Name(name) | Self::Table(name) => write!(f, "{name:?}"),
            Self::Null => f.write_str("NULL"),
            Self::Text(_) | Self::Bytes(_) | Self::Number(_) => f.write_str("?"),
        }
    }
}

impl Statement {
    pub(super) fn new(sql: &str) -> Self {
        Self::default().sql(sql)
    }

    pub(super) fn sql(mut self, sql: &str) -> Self {
        self.0.push(Piece::Sql(sql.to_owned()));
        self
    }

    /// An identifier, in the backend's quotes.
    pub(super) fn name(mut self, name: &str) -> Self {
        self.0.push(Piece::Name(name.to_owned()));
        self
    }

    /// `table` or `schema.table`.
    pub(super) fn table(mut self, name: &str) -> Self {
        self.0.push(Piece::Table(name.to_owned()));
        self
    }

    #[allow(dead_code, reason = "without a backend there is no catalogue to ask")]
    pub(super) fn text(mut self, text: &str) -> Self {
        let text = Zeroizing::new(text.to_owned());
        self.0.push(Piece::Text(Hidden(text)));
        self
    }

    pub(super) fn bytes(mut self, bytes: Option<&[u8]>) -> Self {
        self.0.push(match bytes {
            Some(bytes) => Piece::Bytes(Hidden(Zeroizing::new(bytes.to_vec()))),
            None => Piece::Null,
        });
        self
    }

    pub(super) fn number(mut self, number: u64) -> Self {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.0.push(Piece::Number(number));
        self
    }

    /// How long it is when it is sent: its words or its binds, whichever is more, and what stands around
    /// each of them.
    #[cfg(feature = "engine")]
    pub(super) fn length(&self) -> u64 {
        let (mut words, mut binds) = (0, 0);
        for piece in &self.0 {
            match piece {
                Piece::Sql(sql) => words += sql.len(),
                Piece::Name(name) | Piece::Table(name) => words += name.len() + 4,
                Piece::Text(Hidden(text)) => (words, binds) = (words + 6, binds + text.len() + 12),
                Piece::Bytes(Hidden(bytes)) => {
                    (words, binds) = (words + 6, binds + bytes.len() + 12);
                }
                Piece::Null => words += 4,
                Piece::Number(_) => (words, binds) = (words + 6, binds + 12),
            }
        }
        words.max(binds) as u64 + 64
    }

    /// What another statement says, behind this.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl<DB> QueryFragment<DB> for Statement
where
    DB: Backend,
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Sql(sql) => pass.push_sql(sql),
                Piece::Name(name) => pass.push_identifier(name)?,
                Piece::Table(name) => push_table(&mut pass, name)?,
                Piece::Text(text) => pass.push_bind_param::<Text, _>(text)?,
                Piece::Bytes(bytes) => pass.push_bind_param::<Binary, _>(bytes)?,
                Piece::Null => pass.push_sql("NULL"),
                Piece::Number(number) => pass.push_bind_param::<BigInt, i64>(number)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement {}

/// A row: each cell as bytes, which for text are its UTF-8.
#[doc(hidden)]
pub struct Cells(pub(super) Vec<Option<Zeroizing<Vec<u8>>>>);

impl Cells {
    pub(super) fn bytes(&self, position: usize) -> Option<&[u8]> {
        self.0.get(position)?.as_deref().map(Vec::as_slice)
    }

    pub(super) fn text(&self, position: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(position)?).ok()
    }

    pub(super) fn number(&self, position: usize) -> u64 {
        self.text(position)
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_default()
    }
}

/// How many there are: they may be plaintext.
impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cells({})", self.0.len())
    }
}

impl<DB> QueryableByName<DB> for Cells
where
    DB: Backend,
    Vec<u8>: FromSql<Binary, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut cells = Vec::with_capacity(row.field_count());
        for position in 0..row.field_count() {
            let field = Row::get(row, position).ok_or("a column is missing")?;
            let cell = <Option<Vec<u8>> as FromSql<Nullable<Binary>, DB>>::from_nullable_sql(
                field.value(),
            )?;
            cells.push(cell.map(Zeroizing::new));
        }
        Ok(Self(cells))
    }
}

/// A connection whose database's catalogue can be read: one of Diesel's to SQLite, PostgreSQL or MySQL,
/// or of a pool.
pub trait CatalogueConnection: Connection<Backend: CatalogueBackend> {
    #[doc(hidden)]
    fn rows(&mut self, statement: Statement) -> Result<Vec<Cells>, QueryError>;
}

impl<C> CatalogueConnection for C
where
    C: Connection<Backend: CatalogueBackend>,
    Statement: for<'q> LoadQuery<'q, C, Cells>,
{
    fn rows(&mut self, statement: Statement) -> Result<Vec<Cells>, QueryError> {
        statement.load(self)
    }
}

/// `table` or `schema.table`, in the backend's quotes.
pub(super) fn push_table<DB: Backend>(
    pass: &mut AstPass<'_, '_, DB>,
    table: &str,
) -> QueryResult<()> {
    for (position, name) in table.split('.').enumerate() {
        if position > 0 {
            pass.push_sql(".");
        }
        pass.push_identifier(name)?;
    }
    Ok(())
}
