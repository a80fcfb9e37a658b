//! The life of data keys.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::EngineConnection;
use encfield::{DataKeyConnection, DataKeyTable, DataKeys, HasDataKeyTable, Tombstones};
use serde_json::json;

use crate::command::{DataKeysAt, DataKeysCommand};
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::output::Output;

pub(crate) fn run(command: DataKeysCommand, output: &Output) -> Result<Ended, Problem> {
    let (what, event, visitor) = match command {
        DataKeysCommand::Rewrap(at) => {
            keys::install(&at, None)?;
            let change = Change::Rewrap(at.prepared_only());
            ("wrapped again", "rewrap", change)
        }
        DataKeysCommand::Bury {
            data_keys,
            tombstones,
        } => {
            let tombstones = Tombstones::at(tombstones);
            let data_keys = data_keys.prepared_only().with_tombstones(tombstones);
            ("destroyed again", "bury", Change::Bury(data_keys))
        }
    };
    let changed = database::visit(visitor)?;
    let value = json!({ "event": event, "data_keys": changed });
    output.result(&format!("{changed} data keys {what}"), &value);
    Ok(Ended::Done)
}

impl DataKeysAt {
    /// The data keys of this table, on connections that are given to them.
    pub(crate) fn prepared_only(&self) -> DataKeys {
        DataKeys::prepared_only().in_table(&self.data_keys_table)
    }

    /// The data keys of this table, on connections of their own.
    pub(crate) fn on_their_own<C, F>(&self, connect: &F) -> DataKeys
    where
        C: DataKeyConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        DataKeys::new(DataKeyTable::new(connect.clone())).in_table(&self.data_keys_table)
    }
}

enum Change {
    Rewrap(DataKeys),
    Bury(DataKeys),
}

impl Visit for Change {
    type Output = usize;

    fn visit<C, F>(self, connect: F) -> Result<usize, Problem>
    where
        C: EngineConnection + DataKeyConnection + SimpleConnection + 'static,
        C::Backend: HasDataKeyTable,
        F: Fn() -> ConnectionResult<C> + Clone + Send + Sync + 'static,
    {
        let conn = &mut database::open(&connect)?;
        Ok(match self {
            Self::Rewrap(data_keys) => data_keys.rewrap(conn)?,
            Self::Bury(data_keys) => data_keys.bury(conn)?,
        })
    }
}
