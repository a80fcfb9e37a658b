//! The life of data keys.

use diesel::ConnectionResult;
use diesel::connection::SimpleConnection;
use encfield::engine::EngineConnection;
use encfield::{DataKeyConnection, DataKeys, HasDataKeyTable, Tombstones};
use serde_json::json;

use crate::command::DataKeysCommand;
use crate::database::{self, Visit};
use crate::exit::{Ended, Problem};
use crate::keys;
use crate::output::Output;

pub(crate) fn run(command: DataKeysCommand, output: &Output) -> Result<Ended, Problem> {
    let data_keys = DataKeys::prepared_only();
    let (what, event, visitor) = match command {
        DataKeysCommand::Rewrap => {
            keys::install(None)?;
            ("wrapped again", "rewrap", Change::Rewrap(data_keys))
        }
        DataKeysCommand::Bury { tombstones } => {
            let data_keys = data_keys.with_tombstones(Tombstones::at(tombstones));
            ("destroyed again", "bury", Change::Bury(data_keys))
        }
    };
    let changed = database::visit(visitor)?;
    let value = json!({ "event": event, "data_keys": changed });
    output.result(&format!("{changed} data keys {what}"), &value);
    Ok(Ended::Done)
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
