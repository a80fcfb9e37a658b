//! The `#[instrument(..)]` that the user wrote below, with what must not be recorded left out.

use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Meta, Path, Token, parenthesized, token};

use super::recorded;
use crate::ctxt::Ctxt;

/// What is asked of `#[instrument]`, besides what is hidden.
pub(super) struct Instrument {
    /// The path as the user wrote it.
    path: Path,
    /// What is in `skip(..)`.
    skipped: Vec<Ident>,
    /// The `skip_all`.
    skips_all: bool,
    /// What is in `fields(..)`, one entry after another.
    fields: Vec<TokenStream>,
    /// The `ret`, to point at.
    returned: Option<Ident>,
    /// What stands behind `parent =` and `follows_from =`: other spans, which are made there.
    spans: Vec<TokenStream>,
    /// All else, untouched.
    others: Vec<TokenStream>,
}

/// One argument of `#[instrument]`.
struct Argument {
    name: Option<Ident>,
    /// What is in its parentheses.
    inside: Option<TokenStream>,
    tokens: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let rest = input.fork();
        let name = rest.call(Ident::parse_any).ok();
        let inside = match name.is_some() && rest.peek(token::Paren) {
            true => {
                let content;
                parenthesized!(content in rest);
                Some(content.parse()?)
            }
            false => None,
        };
        let mut tokens = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
        Ok(Self {
            name,
            inside,
            tokens,
        })
    }
}

impl Instrument {
    /// Takes the attribute off a function, or has the defaults of one that was not written.
    pub(super) fn take(attributes: &mut Vec<Attribute>, cx: &mut Ctxt) -> Self {
        let mut instrument = Self {
            path: syn::parse_quote!(::tracing::instrument),
            skipped: Vec::new(),
            skips_all: false,
            fields: Vec::new(),
            returned: None,
            spans: Vec::new(),
            others: Vec::new(),
        };
        let taken = attributes.extract_if(.., |attribute| is_instrument(attribute.path()));
        for (position, attribute) in taken.enumerate() {
            if position > 0 {
                cx.error_at(
                    &attribute,
                    "one `#[instrument]` opens the span; remove this one, or write its options into \
                     the first",
                );
                continue;
            }
            instrument.path = attribute.path().clone();
            if let Meta::List(list) = &attribute.meta {
                let parser = Punctuated::<Argument, Token![,]>::parse_terminated;
                for argument in cx.ok(list.parse_args_with(parser)).into_iter().flatten() {
                    instrument.add(argument, cx);
                }
            }
        }
        instrument
    }

    fn add(&mut self, argument: Argument, cx: &mut Ctxt) {
        use syn::parse::Parser;

        match (argument.name, argument.inside) {
            (Some(name), Some(inside)) if name == "skip" => {
                let names =
                    |input: ParseStream<'_>| input.parse_terminated(Ident::parse_any, Token![,]);
                self.skipped
                    .extend(cx.ok(names.parse2(inside)).into_iter().flatten());
            }
            (Some(name), None) if name == "skip_all" => self.skips_all = true,
            (Some(name), Some(inside)) if name == "fields" => {
                let entries = Punctuated::<Entry, Token![,]>::parse_terminated.parse2(inside);
                let entries = cx.ok(entries).into_iter().flatten();
                self.fields.extend(entries.map(|Entry(tokens)| tokens));
            }
            (name, _) => {
                match name {
                    Some(name) if name == "ret" => self.returned = Some(name),
                    Some(name) if name == "parent" || name == "follows_from" => {
                        self.spans.push(argument.tokens.clone());
                    }
                    _ => {}
                }
                self.others.push(argument.tokens);
            }
        }
    }

    /// What would record a hidden value all the same.
    pub(super) fn check(&self, hidden: &[Ident], cx: &mut Ctxt) {
        let fields = self.fields.iter().cloned();
        // The option's own name is none of an argument.
        let spans = self
            .spans
            .iter()
            .map(|span| span.clone().into_iter().skip(1).collect());
        for tokens in fields.chain(spans) {
            if let Some((name, place)) = recorded::first(tokens, hidden) {
                cx.error_at(
                    place,
                    format!(
                        "`{name}` is sensitive and is recorded as `********`; remove what would \
                         record it or something made of it"
                    ),
                );
            }
        }
        if let Some(returned) = &self.returned {
            cx.error_at(
                returned,
                "`ret` would record what the function makes of its sensitive arguments; remove it, \
                 and record what may be seen with an event of your own",
            );
        }
    }

    /// The attribute, which records `********` for what is hidden.
    pub(super) fn attribute(&self, hidden: &[Ident], krate: &Path) -> TokenStream {
        let Self {
            path,
            fields,
            others,
            ..
        } = self;
        let skip = match self.skips_all {
            true => quote!(skip_all),
            false => {
                let mut names = self.skipped.clone();
                names.retain(|name| !hidden.contains(name));
                let names = names.iter().chain(hidden);
                quote!(skip(#(#names),*))
            }
        };
        // No field can be called `self`.
        let masks = hidden.iter().filter(|name| *name != "self").map(|name| {
            let name = format_ident!("{}", name.unraw(), span = name.span());
            let raw = syn::parse_str::<Ident>(&name.to_string()).is_err();
            let name = match raw {
                true => Ident::new_raw(&name.to_string(), name.span()),
                false => name,
            };
            quote!(#name = ?#krate::__private::Redacted)
        });
        quote!(#[#path(#skip, fields(#(#fields,)* #(#masks),*) #(, #others)*)])
    }
}

/// One entry of `fields(..)`; its value may hold commas in brackets only.
struct Entry(TokenStream);

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut tokens = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
        Ok(Self(tokens))
    }
}

fn is_instrument(path: &Path) -> bool {
    path.segments
        .last()
        .is_some_and(|last| last.ident == "instrument")
}
