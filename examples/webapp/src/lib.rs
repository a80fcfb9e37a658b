//! A web application with encrypted fields, on axum and Diesel.
//!
//! People sign up with a phone number and a passport number, see and edit their own, and an admin finds
//! them by either. The database has ciphertext, and no log has a value. See the README.

mod app;
mod form;
mod handler;
mod page;
mod profile;
mod sessions;
mod setup;
mod store;

pub use crate::app::{App, around, router};
pub use crate::form::{ProfileForm, SearchForm};
pub use crate::handler::Failure;
pub use crate::setup::{Settings, SetupError, logs, make_keyring};
pub use crate::store::{Store, StoreError};
