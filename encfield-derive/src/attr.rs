//! Our own attributes: `#[encfield::model(..)]` and `#[sensitive(..)]`.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Path, Token, parse_quote, token};

use crate::ctxt::Ctxt;

/// The options of `#[sensitive(..)]`. This version has none.
const SENSITIVE: &[&str] = &[];

/// The options of `#[encfield::model(..)]`.
const MODEL: &[&str] = &["crate"];

/// One option, known or not.
struct Given {
    name: Ident,
    value: TokenStream,
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<proc_macro2::TokenTree>()?]);
        }
        Ok(Self { name, value })
    }
}

fn parse_options(ctxt: &Ctxt, tokens: TokenStream) -> Vec<Given> {
    let options = Punctuated::<Given, Token![,]>::parse_terminated.parse2(tokens);
    ctxt.ok(options).into_iter().flatten().collect()
}

/// Refuses an option that is not in the list, and names the nearest that is.
fn refuse_unknown(ctxt: &Ctxt, attribute: &str, name: &Ident, known: &[&str]) {
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name.to_string(), known), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let message = match nearest {
        Some((likeness, nearest)) if likeness > 0.7 => {
            format!("`{attribute}` has no option `{name}`\nhelp: did you mean `{nearest}`?")
        }
        Some(_) => format!(
            "`{attribute}` has no option `{name}`\nhelp: its options are: `{}`",
            known.join("`, `")
        ),
        None => format!(
            "`{attribute}` has no options in this version of encfield\n\
             help: write `{attribute}` alone"
        ),
    };
    ctxt.error_at(name, message);
}

/// The options of `#[encfield::model(..)]`: the path of the crate.
pub(crate) fn krate(ctxt: &Ctxt, options: TokenStream) -> Path {
    let mut krate = None;
    for Given { name, value } in parse_options(ctxt, options) {
        if name != "crate" {
            refuse_unknown(ctxt, "#[encfield::model]", &name, MODEL);
        } else if krate.is_some() {
            ctxt.error_at(&name, "`crate` is given twice\nhelp: keep one of them");
        } else {
            krate = path_of(value);
            if krate.is_none() {
                ctxt.error_at(
                    &name,
                    "`crate` needs the path of encfield\n\
                     help: write `#[encfield::model(crate = some::path::encfield)]`",
                );
            }
        }
    }
    krate.unwrap_or_else(|| parse_quote!(::encfield))
}

/// `= some::path` or `= "some::path"`.
fn path_of(value: TokenStream) -> Option<Path> {
    let path = |input: ParseStream<'_>| {
        input.parse::<Token![=]>()?;
        if input.peek(LitStr) {
            input.parse::<LitStr>()?.parse_with(Path::parse_mod_style)
        } else {
            Path::parse_mod_style(input)
        }
    };
    path.parse2(value).ok()
}

pub(crate) fn is_sensitive(attr: &Attribute) -> bool {
    let path = attr.path();
    path.is_ident("sensitive")
        || path.segments.len() == 2
            && path
                .segments
                .iter()
                .map(|segment| &segment.ident)
                .eq(["encfield", "sensitive"].iter())
}

/// Whether a field is marked `#[sensitive]`; each mistake in the marks is an error.
pub(crate) fn sensitive(ctxt: &Ctxt, attrs: &[Attribute]) -> Option<Attribute> {
    let mut marks = attrs.iter().filter(|attr| is_sensitive(attr));
    let first = marks.next();
    for again in marks {
        ctxt.error_at(again, "this field is marked `#[sensitive]` already\nhelp: remove this one");
    }
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cfg_attr")) {
        refuse_conditional(ctxt, attr);
    }
    match &first?.meta {
        Meta::Path(_) => {}
        Meta::List(list) if list.tokens.is_empty() => {}
        Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
            for Given { name, .. } in parse_options(ctxt, list.tokens.clone()) {
                if !SENSITIVE.iter().any(|known| name == known) {
                    refuse_unknown(ctxt, "#[sensitive]", &name, SENSITIVE);
                }
            }
        }
        malformed => ctxt.error_at(malformed, "`#[sensitive]` takes no value\nhelp: write `#[sensitive]`"),
    }
    first.cloned()
}

/// `#[cfg_attr(.., sensitive)]` reaches us unresolved: taken at its word, a field could stay plain.
fn refuse_conditional(ctxt: &Ctxt, attr: &Attribute) {
    let mentions = attr.to_token_stream().into_iter().any(|tree| {
        matches!(tree, proc_macro2::TokenTree::Group(group)
            if group.stream().into_iter().any(|tree| matches!(tree, proc_macro2::TokenTree::Group(list)
                if list.delimiter() == token_delimiter()
                    && list.stream().into_iter().any(|tree| matches!(&tree,
                        proc_macro2::TokenTree::Ident(ident) if ident == "sensitive")))))
    });
    if mentions {
        ctxt.error_at(
            attr,
            "a field cannot be sensitive under a condition\nhelp: write `#[sensitive]`",
        );
    }
}

fn token_delimiter() -> proc_macro2::Delimiter {
    let _ = token::Paren::default;
    proc_macro2::Delimiter::Parenthesis
}
