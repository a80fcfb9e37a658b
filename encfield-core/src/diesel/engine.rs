//! One engine for what must be done to every row of a table: encrypt, re-encrypt, index, verify.
//!
//! A job goes through a table in chunks by primary key. A chunk is claimed, worked on and ticked off
//! in one transaction, so that whoever is killed leaves it as it was. A row is written only if it is
//! still what was read, so that nobody's change is lost.

mod census;
mod connection;
mod definition;
mod dialect;
mod failure_record;
mod field_type;
mod hiding;
mod index_census;
mod index_fill;
mod job;
mod job_record;
mod key;
mod ledger;
mod pending;
mod place;
mod progress;
mod rows;
mod runner;
mod table;
mod task;
mod trouble;
mod work;
mod worker;

use super::statement;

pub use self::census::{Census, Count};
pub use self::connection::EngineConnection;
pub use self::dialect::{ColumnKind, EngineBackend};
pub use self::field_type::FieldType;
pub use self::index_census::{IndexCensus, TagCount};
pub use self::index_fill::IndexFill;
pub use self::job::{Job, Limits};
pub use self::job_record::JobRecord;
pub use self::key::RowKey;
pub use self::place::ColumnPlace;
pub use self::progress::{Failure, Outcome, Progress};
pub use self::table::TargetTable;
pub use self::task::{ByteReader, Task};
