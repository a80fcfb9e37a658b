//! What `#[diesel(..)]` says.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, Lit, Token, Type, token};

use crate::ctxt::Ctxt;

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
        let name: Ident = input.call(Ident::parse_any)?;
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

/// Whether the option says what `None` is stored as.
pub(crate) fn is_about_none(option: &DieselOption) -> bool {
    option.name == "treat_none_as_default_value" || option.name == "treat_none_as_null"
}

/// Whether the option names a type to convert to or from.
pub(crate) fn is_conversion(option: &DieselOption) -> bool {
    option.name == "serialize_as" || option.name == "deserialize_as"
}
