//! Destroying a scope.

use std::path::Path;

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::EngineConnection;
use encfield::{DataKeyConnection, DataKeys, HasDataKeyTable, Scope, Tombstones};
use serde_json::json;

use crate::command::DataKeysAt;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::output::Output;

pub(crate) fn run(
    scope: &str,
    tombstones: Option<&Path>,
    data_keys: &DataKeysAt,
    output: &Output,
) -> Result<Ended, Problem> {
    let (name, value) = scope
        .split_once('=')
        .ok_or_else(|| Problem::new("a scope is `name=value`, such as tenant_id=7"))?;
    let data_keys = data_keys.prepared_only();
    let data_keys = match tombstones {
        Some(path) => data_keys.with_tombstones(Tombstones::at(path)),
        None => data_keys,
    };
    let there = database::visit(Shred {
        data_keys,
        scope: Scope::new(name, value),
    })?;
    let text = if there {
        "its data key is destroyed; backups from before still have it, wrapped: change the wrapping key"
    } else {
        "there is no data key of this scope, or it was destroyed before"
    };
    output.result(text, &json!({ "event": "shred", "destroyed": there }));
    Ok(if there { Ended::Done } else { Ended::No })
}

struct Shred {
    data_keys: DataKeys,
    scope: Scope,
}

impl Visit for Shred {
    type Output = bool;

    fn visit<C, F>(self, connect: F) -> Result<bool, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        Ok(self.data_keys.shred(conn, &self.scope)?)
    }
}
