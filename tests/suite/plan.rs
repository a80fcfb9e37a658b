//! How a database would run a query.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;

use crate::backend::{Backend, Conn, EXPLAIN, PlanRow, PlanType, plan_line};

pub(crate) struct Explain<Q>(Q);

impl<Q: QueryFragment<Backend>> QueryFragment<Backend> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        pass.push_sql(EXPLAIN);
        self.0.walk_ast(pass)
    }
}

impl<Q> QueryId for Explain<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> Query for Explain<Q> {
    type SqlType = PlanType;
}

impl<Q> RunQueryDsl<Conn> for Explain<Q> {}

/// The database's plan for the query.
pub(crate) fn plan<Q>(conn: &mut Conn, query: Q) -> String
where
    Explain<Q>: for<'q> LoadQuery<'q, Conn, PlanRow>,
{
    let rows: Vec<PlanRow> = Explain(query).load(conn).unwrap();
    rows.into_iter()
        .map(plan_line)
        .collect::<Vec<_>>()
        .join("\n")
}
