//! Attributes: `#[encfield::model(..)]`, `#[sensitive]` and what Diesel's say.

mod diesel_option;
mod mark;
mod pad;

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, LitStr, Path, Token, parse_quote};

pub(crate) use self::diesel_option::{DieselOption, diesel_options, is_about_none, is_conversion};
pub(crate) use self::mark::{Scope, Sensitive, take_sensitive};
use crate::ctxt::Ctxt;

/// The options that `#[encfield::model(..)]` knows.
const MODEL_OPTIONS: &[&str] = &["crate"];

/// The path of the crate `encfield`, from the arguments of `#[encfield::model(..)]`.
pub(crate) fn krate(arguments: TokenStream, cx: &mut Ctxt) -> Path {
    let mut krate = parse_quote!(::encfield);
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let option = input.call(syn::ext::IdentExt::parse_any)?;
            if option != "crate" {
                return Err(unknown_option(
                    &option,
                    "#[encfield::model(..)]",
                    MODEL_OPTIONS,
                ));
            }
            input.parse::<Token![=]>()?;
            krate = if input.peek(LitStr) {
                input.parse::<LitStr>()?.parse()?
            } else {
                input.call(Path::parse_mod_style)?
            };
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    cx.ok(parser.parse2(arguments));
    krate
}

/// An option that is not known, with the nearest that is.
pub(crate) fn unknown_option(option: &Ident, of: &str, known: &[&str]) -> Error {
    let text = option.to_string();
    let remedy = match nearest(&text, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("it knows `{}`", known.join("`, `")),
    };
    Error::new(
        option.span(),
        format!("`{of}` has no option `{text}`; {remedy}"),
    )
}

/// The word that somebody may have meant.
pub(crate) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(text, known), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3);
    near.min().map(|(_, nearest)| nearest)
}
