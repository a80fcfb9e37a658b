//! Collects every error of one expansion, so that all are reported at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Ctxt {
    errors: Vec<Error>,
}

impl Ctxt {
    /// An error at the user's own tokens.
    pub(crate) fn error_at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.errors.push(Error::new_spanned(tokens, message));
    }

    /// An error that a parser of syn's found.
    pub(crate) fn add(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// The value, or nothing and one error more.
    pub(crate) fn ok<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// `compile_error!` for each error.
    #[must_use]
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.errors.iter().map(Error::to_compile_error).collect()
    }
}
