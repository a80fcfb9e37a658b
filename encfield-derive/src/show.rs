//! `show = last4` and `show_with = my_hint`: how much of a value `Debug` may show.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Error, Ident, Path};

use crate::attr::unknown_option;

/// The hints that `show = ..` knows.
const HINTS: &[&str] = &["last4", "first_letter", "email_domain"];

/// How much of a value `Debug` may show.
#[derive(Clone)]
pub(crate) enum Show {
    /// One of encfield's hints.
    Hint(Ident),
    /// A function of the user's, from the value to what is printed.
    With(Path),
}

impl Show {
    /// What stands behind `show =`.
    pub(crate) fn hint(input: ParseStream<'_>, option: &Ident) -> Result<Self, Error> {
        let expected = || {
            Error::new(
                option.span(),
                format!(
                    "name what may be shown: `show = {}`",
                    HINTS.join("`, `show = ")
                ),
            )
        };
        let name: Ident = input.parse().map_err(|_| expected())?;
        if HINTS.iter().any(|hint| name == hint) {
            return Ok(Self::Hint(name));
        }
        Err(unknown_option(&name, "show", HINTS))
    }

    /// What stands behind `show_with =`.
    pub(crate) fn with(input: ParseStream<'_>, option: &Ident) -> Result<Self, Error> {
        let path = input.call(Path::parse_mod_style).map_err(|_| {
            Error::new(
                option.span(),
                "name a function from the value to what may be printed: `show_with = my_hint`",
            )
        })?;
        Ok(Self::With(path))
    }

    /// What `Debug` prints of the value that `value` is a reference to.
    pub(crate) fn printed(
        &self,
        value: &TokenStream,
        is_option: bool,
        krate: &Path,
    ) -> TokenStream {
        let function = match self {
            Self::Hint(name) => quote_spanned!(name.span()=> #krate::mask::#name),
            Self::With(path) => quote_spanned!(path.span()=> #path),
        };
        if !is_option {
            return quote!(&#function(#value));
        }
        quote! {
            &#krate::__private::Shown(::core::option::Option::map(
                ::core::option::Option::as_ref(#value),
                |value| #function(value),
            ))
        }
    }
}
