//! The errors found so far. All are reported at once.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects errors, so that one run of the compiler shows them all.
///
/// It must be [finished](Ctxt::finish): an error that nobody reports is a model that is accepted.
#[derive(Debug, Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
    finished: bool,
}

impl Ctxt {
    /// Adds an error that points at these tokens of the user's.
    pub(crate) fn error_at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error of syn's.
    pub(crate) fn push(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// The value, or nothing and one more error.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Every error, as `compile_error!`s; empty when there was none.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.finished = true;
        let errors = self.errors.take();
        errors.iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        debug_assert!(
            self.finished || std::thread::panicking(),
            "errors were collected and not reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_reported_in_order() {
        let ctxt = Ctxt::default();
        ctxt.error_at(quote::quote!(a), "first");
        ctxt.error_at(quote::quote!(b), "second");
        let reported = ctxt.finish().to_string();
        assert!(reported.find("first") < reported.find("second"));
        assert_eq!(reported.matches("compile_error").count(), 2);
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "not reported")]
    fn dropping_errors_unreported_is_a_bug() {
        drop(Ctxt::default());
    }
}
