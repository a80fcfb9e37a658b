//! What a database says of its own tables: columns and their types, keys, indexes.

use diesel::backend::Backend;
use diesel::result::QueryResult;

use super::statement::{CatalogueConnection, Statement};

/// What a column is to hold.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Holds {
    Bytes,
    Text,
    Number,
}

/// A backend whose catalogue encfield reads: SQLite, PostgreSQL, MySQL and MariaDB.
pub trait CatalogueBackend: Backend {
    /// Asks for name and type of each column of a table, and whether a row may have something in it
    /// that makes it no key to go by.
    #[doc(hidden)]
    fn columns(table: &str) -> Statement;

    /// Asks for the columns of a table's primary key, in their order.
    #[doc(hidden)]
    fn primary_key(table: &str) -> Statement;

    /// Asks for the column that each index of a table begins with, and whether no two rows have the
    /// same in that column alone. A view is found by the indexes of what it shows, so it gives all
    /// its columns.
    #[doc(hidden)]
    fn indexed(table: &str) -> Statement;

    /// Whether a column of this type holds this.
    #[doc(hidden)]
    fn holds(what: Holds, sql_type: &str) -> bool;

    /// The statement that makes an index on a column of this type.
    #[doc(hidden)]
    fn create_index(table: &str, column: &str, sql_type: &str) -> String;
}

/// A table as the database describes it.
pub(super) struct TableCatalogue {
    /// Name and type.
    columns: Vec<(String, String)>,
    /// The columns that an index begins with, and whether it keeps that column alone unique.
    indexed: Vec<(String, bool)>,
    key: Vec<String>,
}

impl TableCatalogue {
    /// What the database says of this table; nothing but empty lists where there is none.
    pub(super) fn read<C: CatalogueConnection>(conn: &mut C, table: &str) -> QueryResult<Self> {
        let mut pairs = |statement| {
            let rows = conn.rows(statement)?;
            let cell = |cell: Option<&str>| cell.map(str::to_owned);
            let pair =
                |row: &super::statement::Cells| Some((cell(row.text(0))?, cell(row.text(1))));
            QueryResult::Ok(rows.iter().filter_map(pair).collect::<Vec<_>>())
        };
        let columns = pairs(<C::Backend as CatalogueBackend>::columns(table))?;
        let indexed = pairs(<C::Backend as CatalogueBackend>::indexed(table))?;
        let key = pairs(<C::Backend as CatalogueBackend>::primary_key(table))?;
        Ok(Self {
            columns: columns
                .into_iter()
                .map(|(name, of_type)| (name, of_type.unwrap_or_default()))
                .collect(),
            indexed: indexed
                .into_iter()
                .map(|(name, unique)| (name, unique.as_deref() == Some("1")))
                .collect(),
            key: key.into_iter().map(|(name, _)| name).collect(),
        })
    }

    /// Whether there is such a table, or a view.
    pub(super) fn is_there(&self) -> bool {
        !self.columns.is_empty()
    }

    /// The column's type, in the database's own words.
    pub(super) fn type_of(&self, column: &str) -> Option<&str> {
        let found = self.columns.iter().find(|(name, _)| same(name, column));
        found.map(|(_, sql_type)| sql_type.as_str())
    }

    /// Whether an index begins with the column.
    pub(super) fn is_indexed(&self, column: &str) -> bool {
        self.indexed.iter().any(|(name, _)| same(name, column))
    }

    /// Whether no two rows have the same in this column.
    pub(super) fn is_unique(&self, column: &str) -> bool {
        let is_the_key =
            self.key.len() == 1 && self.key.first().is_some_and(|key| same(key, column));
        let mut indexed = self.indexed.iter();
        is_the_key || indexed.any(|(name, unique)| *unique && same(name, column))
    }

    /// The columns of the primary key, in their order.
    pub(super) fn key(&self) -> &[String] {
        &self.key
    }
}

/// SQLite and MySQL take a column by its name in capitals, too; PostgreSQL says so when it is asked.
fn same(name: &str, column: &str) -> bool {
    name.eq_ignore_ascii_case(column)
}

/// A name in these quotes.
#[cfg(any(
    feature = "mysql_backend",
    feature = "postgres_backend",
    feature = "sqlite"
))]
fn in_quotes(name: &str, quote: char) -> String {
    let doubled = format!("{quote}{quote}");
    format!("{quote}{}{quote}", name.replace(quote, &doubled))
}

/// `schema.table`, each name in these quotes.
#[cfg(any(
    feature = "mysql_backend",
    feature = "postgres_backend",
    feature = "sqlite"
))]
fn table_in_quotes(table: &str, quote: char) -> String {
    let names = table.split('.').map(|name| in_quotes(name, quote));
    names.collect::<Vec<_>>().join(".")
}

/// `CREATE INDEX table_column ON table (column)`, with a length behind the column where there is one.
#[cfg(any(
    feature = "mysql_backend",
    feature = "postgres_backend",
    feature = "sqlite"
))]
fn create_index(table: &str, column: &str, length: &str, quote: char) -> String {
    let name = format!("{}_{column}", table.replace('.', "_"));
    format!(
        "CREATE INDEX {} ON {} ({}{length})",
        in_quotes(&name, quote),
        table_in_quotes(table, quote),
        in_quotes(column, quote),
    )
}

#[cfg(feature = "sqlite")]
impl CatalogueBackend for diesel::sqlite::Sqlite {
    fn columns(table: &str) -> Statement {
        // An integer that is the primary key alone is the row's number, and never anything else.
        Statement::new(
            "SELECT name, type, CASE WHEN pk = 1 AND upper(type) = 'INTEGER' AND \
             max(pk) OVER () = 1 THEN '0' ELSE '1' END FROM pragma_table_info(",
        )
        .text(last(table))
        .sql(")")
    }

    fn primary_key(table: &str) -> Statement {
        Statement::new("SELECT name FROM pragma_table_info(")
            .text(last(table))
            .sql(") WHERE pk > 0 ORDER BY pk")
    }

    fn indexed(table: &str) -> Statement {
        Statement::new(
            "SELECT at.name, CASE WHEN list.\"unique\" = 1 AND list.partial = 0 AND \
             (SELECT COUNT(*) FROM pragma_index_info(list.name)) = 1 THEN '1' ELSE '0' END \
             FROM pragma_index_list(",
        )
        .text(last(table))
        .sql(") AS list, pragma_index_info(list.name) AS at WHERE at.seqno = 0")
        .sql(" UNION ALL SELECT name, '0' FROM pragma_table_info(")
        .text(last(table))
        .sql(") WHERE EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ")
        .text(last(table))
        .sql(" COLLATE NOCASE)")
    }

    fn holds(what: Holds, sql_type: &str) -> bool {
        // A column takes bytes whatever it is declared as; what is meant is what Diesel takes it for.
        let name = sql_type.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match what {
            Holds::Bytes => name.is_empty() || has(&["BLOB", "BINARY"]),
            Holds::Text => has(&["CHAR", "CLOB", "TEXT"]),
            Holds::Number => has(&["INT"]),
        }
    }

    fn create_index(table: &str, column: &str, _: &str) -> String {
        create_index(last(table), column, "", '`')
    }
}

/// The table's own name, without its schema.
#[cfg(feature = "sqlite")]
fn last(table: &str) -> &str {
    table.rsplit('.').next().unwrap_or(table)
}

#[cfg(feature = "postgres_backend")]
impl CatalogueBackend for diesel::pg::Pg {
    fn columns(table: &str) -> Statement {
        // A domain holds what the type that it is made of holds. Without the length: a cast to
        // `varchar(10)` would cut a longer text off, and say nothing.
        Statement::new(
            "SELECT attname::text, CASE WHEN typtype = 'd' THEN format_type(typbasetype, -1) \
             ELSE format_type(atttypid, -1) END, \
             CASE WHEN attnotnull THEN '0' ELSE '1' END \
             FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid \
             WHERE attnum > 0 AND NOT attisdropped AND attrelid = to_regclass(",
        )
        .text(&table_in_quotes(table, '"'))
        .sql(") ORDER BY attnum")
    }

    fn primary_key(table: &str) -> Statement {
        Statement::new(
            "SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid \
             AND attnum = ANY(indkey) WHERE indisprimary AND indrelid = to_regclass(",
        )
        .text(&table_in_quotes(table, '"'))
        // Columns that the index only includes stand behind those of the key, and have no option.
        .sql(
            ") AND array_position(indkey::int2[], attnum) < array_length(indoption::int2[], 1) \
             ORDER BY array_position(indkey::int2[], attnum)",
        )
    }

    fn indexed(table: &str) -> Statement {
        let table = table_in_quotes(table, '"');
        // One that is being made, or was not made to its end, is not used.
        Statement::new(
            "SELECT attname::text, CASE WHEN indisunique AND indnkeyatts = 1 AND indpred IS NULL \
             THEN '1' ELSE '0' END FROM pg_index JOIN pg_attribute \
             ON attrelid = indrelid AND attnum = indkey[0] \
             WHERE indisvalid AND indrelid = to_regclass(",
        )
        .text(&table)
        .sql(
            ") UNION ALL SELECT attname::text, '0' FROM pg_class JOIN pg_attribute \
             ON attrelid = pg_class.oid WHERE relkind IN ('v', 'f') AND attnum > 0 \
             AND pg_class.oid = to_regclass(",
        )
        .text(&table)
        .sql(")")
    }

    fn holds(what: Holds, sql_type: &str) -> bool {
        match what {
            Holds::Bytes => sql_type == "bytea",
            Holds::Text => sql_type == "text" || sql_type.starts_with("character varying"),
            Holds::Number => sql_type == "bigint",
        }
    }

    fn create_index(table: &str, column: &str, _: &str) -> String {
        create_index(table, column, "", '"')
    }
}

#[cfg(feature = "mysql_backend")]
impl CatalogueBackend for diesel::mysql::Mysql {
    fn columns(table: &str) -> Statement {
        let select = "SELECT column_name, column_type, \
                      CASE is_nullable WHEN 'NO' THEN '0' ELSE '1' END \
                      FROM information_schema.columns";
        of_table(select, table)
    }

    fn primary_key(table: &str) -> Statement {
        let select = "SELECT column_name FROM information_schema.key_column_usage";
        of_table(select, table).sql(" AND constraint_name = 'PRIMARY' ORDER BY ordinal_position")
    }

    fn indexed(table: &str) -> Statement {
        let indexes = "SELECT column_name, CASE WHEN non_unique = 0 AND NOT EXISTS \
                       (SELECT 1 FROM information_schema.statistics AS further \
                       WHERE further.table_schema = first.table_schema \
                       AND further.table_name = first.table_name \
                       AND further.index_name = first.index_name AND further.seq_in_index = 2) \
                       THEN '1' ELSE '0' END FROM information_schema.statistics AS first";
        let of_view = "SELECT column_name, '0' FROM information_schema.columns AS shown";
        let statement = of_table(indexes, table).sql(" AND seq_in_index = 1 UNION ALL ");
        and_of_table(statement.sql(of_view), table).sql(
            " AND EXISTS (SELECT 1 FROM information_schema.views AS seen \
             WHERE seen.table_schema = shown.table_schema AND seen.table_name = shown.table_name)",
        )
    }

    fn holds(what: Holds, sql_type: &str) -> bool {
        let of_bytes = [
            "tinyblob",
            "blob",
            "mediumblob",
            "longblob",
            "binary",
            "varbinary",
        ];
        let of_text = [
            "char",
            "varchar",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
        ];
        let name = base(sql_type);
        let is = |names: &[&str]| names.contains(&name.as_str());
        match what {
            Holds::Bytes => is(&of_bytes),
            // A text in bytes has no collation.
            Holds::Text => is(&of_text) || is(&of_bytes),
            Holds::Number => name == "bigint",
        }
    }

    fn create_index(table: &str, column: &str, sql_type: &str) -> String {
        // A column without a width is indexed by its beginning.
        let length = if base(sql_type).ends_with("blob") {
            "(32)"
        } else {
            ""
        };
        create_index(table, column, length, '`')
    }
}

/// A type's name, without its width, labels and attributes: an enumeration's label may be `blob`.
#[cfg(feature = "mysql_backend")]
pub(super) fn base(sql_type: &str) -> String {
    let end = sql_type.find(|at: char| !at.is_ascii_alphanumeric());
    let name = end.map_or(sql_type, |end| sql_type.split_at(end).0);
    name.to_ascii_lowercase()
}

/// What MySQL's information schema says of one table.
#[cfg(feature = "mysql_backend")]
fn of_table(select: &str, table: &str) -> Statement {
    and_of_table(Statement::new(select), table)
}

#[cfg(feature = "mysql_backend")]
fn and_of_table(statement: Statement, table: &str) -> Statement {
    let (schema, table) = table.split_once('.').unwrap_or(("", table));
    let statement = statement
        .sql(" WHERE table_name = ")
        .text(table)
        .sql(" AND table_schema = ");
    match schema {
        "" => statement.sql("DATABASE()"),
        schema => statement.text(schema),
    }
}
