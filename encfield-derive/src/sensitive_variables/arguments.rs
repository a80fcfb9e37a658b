//! What stands in the parentheses of `#[sensitive_variables(..)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, LitStr, Path, Token, parse_quote};

use crate::ctxt::Ctxt;

/// The arguments whose values nobody may see; none named means all.
pub(super) struct Arguments {
    pub(super) names: Vec<Ident>,
    pub(super) krate: Path,
}

impl Arguments {
    pub(super) fn read(arguments: TokenStream, cx: &mut Ctxt) -> Self {
        let mut read = Self {
            names: Vec::new(),
            krate: parse_quote!(::encfield),
        };
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any).map_err(|error| {
                    Error::new(
                        error.span(),
                        "name arguments of the function: \
                         `#[sensitive_variables(phone_number, passport_number)]`",
                    )
                })?;
                if name == "crate" {
                    input.parse::<Token![=]>()?;
                    read.krate = match input.peek(LitStr) {
                        true => input.parse::<LitStr>()?.parse()?,
                        false => input.call(Path::parse_mod_style)?,
                    };
                } else if read.names.contains(&name) {
                    cx.error_at(&name, format!("`{name}` is named already"));
                } else {
                    read.names.push(name);
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        let parsed = parser.parse2(arguments);
        cx.ok(parsed);
        read
    }
}
