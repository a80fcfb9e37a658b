//! From Diesel's error back to ours.

use diesel::result::{DeserializeFieldError, Error as QueryError};

use crate::error::Error;

impl Error {
    /// The encfield error behind an error of Diesel's, if there is one.
    ///
    /// Diesel prints a value that could not be opened as `Error deserializing field '..'` and keeps
    /// the reason inside. This is the reason, with the key id and what to do next.
    ///
    /// ```
    /// use diesel::prelude::*;
    /// use encfield_core::{Encrypted, Error, ErrorKind};
    /// # diesel::table! {
    /// #     use diesel::sql_types::*;
    /// #     use encfield_core::sql_types::Ciphertext;
    /// #     profiles (id) { id -> Integer, passport_number -> Ciphertext<passport_number> }
    /// # }
    ///
    /// fn report(error: &diesel::result::Error) {
    ///     match Error::cause_of(error).map(Error::kind) {
    ///         Some(ErrorKind::UnknownKey) => println!("a key is missing: {error}"),
    ///         Some(kind) => println!("{kind:?}"),
    ///         None => println!("not an encrypted column: {error}"),
    ///     }
    /// }
    /// # report(&diesel::result::Error::NotFound);
    /// ```
    #[must_use]
    pub fn cause_of(error: &QueryError) -> Option<&Self> {
        let (QueryError::SerializationError(cause) | QueryError::DeserializationError(cause)) =
            error
        else {
            return None;
        };
        cause.downcast_ref::<Self>().or_else(|| {
            cause
                .downcast_ref::<DeserializeFieldError>()?
                .error
                .downcast_ref()
        })
    }
}
