//! Attributes: `#[encfield::model(..)]`, `#[sensitive]` and what Diesel's say.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, Ident, Lit, LitStr, Meta, Path, Token, Type, parse_quote, token,
};

use crate::ctxt::Ctxt;

/// The options that `#[encfield::model(..)]` knows.
const MODEL_OPTIONS: &[&str] = &["crate"];

/// The options that `#[sensitive(..)]` knows: none in this version.
const SENSITIVE_OPTIONS: &[&str] = &[];

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

/// Whether the field is marked `#[sensitive]`; the mark itself is taken off.
pub(crate) fn take_sensitive(attributes: &mut Vec<Attribute>, cx: &mut Ctxt) -> Option<Attribute> {
    let is_mark = |attribute: &Attribute| attribute.path().is_ident("sensitive");
    let mut marks = attributes.extract_if(.., |attribute| is_mark(attribute));
    let first = marks.next()?;
    for again in marks {
        cx.error_at(
            &again,
            "the field is `#[sensitive]` already: remove this one",
        );
    }
    match &first.meta {
        Meta::Path(_) => {}
        Meta::NameValue(_) => cx.error_at(&first, "write `#[sensitive]`, without a value"),
        Meta::List(list) => {
            // Only the names matter: there is no option that could take a value.
            let options = |input: ParseStream<'_>| {
                let mut errors: Option<Error> = None;
                while !input.is_empty() {
                    let option: Ident = input.call(syn::ext::IdentExt::parse_any)?;
                    let error = unknown_option(&option, "#[sensitive]", SENSITIVE_OPTIONS);
                    match &mut errors {
                        Some(errors) => errors.combine(error),
                        None => errors = Some(error),
                    }
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<proc_macro2::TokenTree>()?;
                    }
                    if !input.is_empty() {
                        input.parse::<Token![,]>()?;
                    }
                }
                errors.map_or(Ok(()), Err)
            };
            cx.ok(options.parse2(list.tokens.clone()));
        }
    }
    Some(first)
}

/// An option that is not known, with the nearest that is.
fn unknown_option(option: &Ident, of: &str, known: &[&str]) -> Error {
    let text = option.to_string();
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&text, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
        .min();
    let remedy = match (nearest, known) {
        (Some((_, nearest)), _) => format!("did you mean `{nearest}`?"),
        (None, []) => {
            "this version has no options for it, so write `#[sensitive]` alone".to_owned()
        }
        (None, known) => format!("it knows `{}`", known.join("`, `")),
    };
    Error::new(
        option.span(),
        format!("`{of}` has no option `{text}`; {remedy}"),
    )
}

/// One entry of a `#[diesel(..)]` attribute: `embed`, `table_name = profiles`, `belongs_to(User)`.
#[derive(Clone)]
pub(crate) struct DieselOption {
    pub(crate) name: Ident,
    value: Value,
}

#[derive(Clone)]
enum Value {
    None,
    Equals(TokenStream),
    Parenthesized(TokenStream),
}

impl DieselOption {
    /// What stands behind the `=`, if it parses.
    pub(crate) fn value<T: Parse>(&self) -> Result<T, Error> {
        match &self.value {
            Value::Equals(tokens) => syn::parse2(tokens.clone()),
            _ => Err(Error::new(
                self.name.span(),
                format!("`{}` takes a value", self.name),
            )),
        }
    }

    /// The identifiers in the parentheses, if they parse.
    pub(crate) fn idents(&self) -> Result<Vec<Ident>, Error> {
        let Value::Parenthesized(tokens) = &self.value else {
            return Err(Error::new(
                self.name.span(),
                format!("`{}` takes a list", self.name),
            ));
        };
        let list = Punctuated::<Ident, Token![,]>::parse_terminated.parse2(tokens.clone())?;
        Ok(list.into_iter().collect())
    }
}

impl Parse for DieselOption {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let name: Ident = input.call(syn::ext::IdentExt::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            // Types and expressions may hold commas, so each must be parsed as what it is.
            let expression = name == "select_expression" || name == "base_query";
            Value::Equals(if expression {
                input.parse::<Expr>()?.into_token_stream()
            } else if input.peek(Lit) {
                input.parse::<Lit>()?.into_token_stream()
            } else {
                input.parse::<Type>()?.into_token_stream()
            })
        } else if input.peek(token::Paren) {
            let inside;
            syn::parenthesized!(inside in input);
            Value::Parenthesized(inside.parse()?)
        } else {
            Value::None
        };
        Ok(Self { name, value })
    }
}

impl ToTokens for DieselOption {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        tokens.extend(match &self.value {
            Value::None => quote!(#name),
            Value::Equals(value) => quote!(#name = #value),
            Value::Parenthesized(value) => quote!(#name(#value)),
        });
    }
}

/// Everything that the `#[diesel(..)]` attributes among these say.
pub(crate) fn diesel_options(attributes: &[Attribute], cx: &mut Ctxt) -> Vec<DieselOption> {
    let mut options = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("diesel"))
    {
        let parsed =
            attribute.parse_args_with(Punctuated::<DieselOption, Token![,]>::parse_terminated);
        options.extend(cx.ok(parsed).into_iter().flatten());
    }
    options
}

/// Whether the option names a type to convert to or from.
pub(crate) fn is_conversion(option: &DieselOption) -> bool {
    option.name == "serialize_as" || option.name == "deserialize_as"
}
