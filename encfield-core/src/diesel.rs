//! Diesel's side: the only module that names Diesel.

pub mod sql_types;

mod bind;
mod catalogue;
mod cause;
mod cell;
mod census;
mod check;
mod column;
mod column_record;
mod data_key_life;
mod data_key_query;
mod data_key_table;
#[cfg(feature = "engine")]
pub mod engine;
mod index_columns;
mod index_join;
mod index_methods;
mod index_source;
mod indexed;
mod inventory;
mod key_use;
mod load;
mod lookup;
mod migrating;
mod statement;
mod tag_bind;

#[cfg(feature = "mysql_backend")]
mod mysql;
#[cfg(feature = "postgres_backend")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use self::bind::{CiphertextIsStoredNeverCompared, SealAs};
pub use self::catalogue::CatalogueBackend;
pub use self::cell::CellBackend;
pub use self::census::{CiphertextExpressionMethods, SealedUnder};
pub use self::check::{Report, check};
pub use self::column::{EncryptedColumn, FormerName, Renamed};
pub use self::column_record::{ColumnRecord, IndexRecord, SensitiveModel};
pub use self::data_key_table::{DataKeyConnection, DataKeyTable, HasDataKeyTable};
pub use self::index_columns::{IndexedColumn, TableColumns};
pub use self::index_join::{IndexJoin, SharesTagsWith};
pub use self::index_methods::IndexExpressionMethods;
pub use self::index_source::{
    CiphertextType, Compound, IndexDomain, IndexOf, IndexSource, IndexType, NullableIndex, Shared,
};
pub use self::indexed::{Indexed, StoredAs, StoredColumn, TaggedAs};
pub use self::inventory::Inventory;
pub use self::lookup::IndexLookup;
pub use self::migrating::Migrating;
pub use self::statement::CatalogueConnection;
pub(crate) use self::tag_bind::made_by_the_model;
#[cfg(test)]
pub(crate) use self::tag_bind::tag_of_normal_form;
pub use self::tag_bind::{TagIsStoredNeverCompared, tokens};
