//! A connection that the engine works through.

use diesel::Connection;
use diesel::RunQueryDsl;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::result::Error as QueryError;

use super::dialect::EngineBackend;
use super::statement::{CatalogueConnection, Statement};

/// A connection that the engine works through: one of Diesel's to SQLite, PostgreSQL or MySQL, or of
/// a pool.
pub trait EngineConnection: CatalogueConnection + Connection<Backend: EngineBackend> {
    #[doc(hidden)]
    fn run(&mut self, statement: Statement) -> Result<usize, QueryError>;
}

impl<C> EngineConnection for C
where
    C: CatalogueConnection + Connection<Backend: EngineBackend>,
    Statement: ExecuteDsl<C>,
{
    fn run(&mut self, statement: Statement) -> Result<usize, QueryError> {
        statement.execute(self)
    }
}
