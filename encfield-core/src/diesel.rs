//! Diesel's side: the only module that names Diesel.

pub mod sql_types;

mod bind;
mod cause;
mod column;
mod load;

#[cfg(feature = "mysql_backend")]
mod mysql;
#[cfg(feature = "postgres_backend")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use self::bind::{CiphertextIsStoredNeverCompared, SealAs};
pub use self::column::{EncryptedColumn, FormerName, Renamed};
