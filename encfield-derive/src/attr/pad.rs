//! `pad = 64` and `pad = padme`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Ident, LitInt, Path};

/// To what length a value is padded.
pub(crate) enum Pad {
    MultipleOf(LitInt),
    Padme,
}

impl Pad {
    pub(super) fn expected(span: proc_macro2::Span) -> Error {
        Error::new(
            span,
            "give the bytes to pad to a multiple of, `pad = 64`, or `pad = padme`",
        )
    }

    pub(super) fn multiple_of(literal: LitInt) -> Result<Self, Error> {
        match literal.base10_parse::<u16>() {
            Ok(2..) => Ok(Self::MultipleOf(literal)),
            _ => Err(Error::new(
                literal.span(),
                "pad to a multiple of 2 to 65535 bytes, such as `pad = 64`",
            )),
        }
    }

    pub(super) fn padme(name: &Ident) -> Result<Self, Error> {
        if name == "padme" {
            Ok(Self::Padme)
        } else {
            Err(Self::expected(name.span()))
        }
    }

    /// The type of the padding.
    pub(crate) fn padding(&self, krate: &Path) -> TokenStream {
        match self {
            Self::MultipleOf(bytes) => {
                let bytes = LitInt::new(bytes.base10_digits(), bytes.span());
                quote!(#krate::MultipleOf<#bytes>)
            }
            Self::Padme => quote!(#krate::Padme),
        }
    }
}
