//! `#[sensitive_variables(..)]`: a span that records `********` for the arguments that are named.
//!
//! The function is handed to tracing's own `#[instrument]`, with what must not be recorded left out. One
//! more attribute runs last, when every other one on the function has, and looks whether another span
//! was opened beside it.

mod arguments;
mod instrument;
mod recorded;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Error, Ident, ItemFn, Signature};

use self::arguments::Arguments;
use self::instrument::Instrument;
use crate::attr::nearest;
use crate::ctxt::Ctxt;

/// The name that tracing's `#[instrument]` gives the span that it opens.
const SPAN_OF_INSTRUMENT: &str = "__tracing_attr_span";

/// `#[sensitive_variables(arguments)] item`.
pub(crate) fn sensitive_variables(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let arguments = Arguments::read(arguments, &mut cx);
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else {
        cx.error_at(
            first_token(&item),
            "`#[sensitive_variables]` is for a function with a body; for a struct or an enum, derive \
             `encfield::Sensitive`",
        );
        let errors = cx.into_compile_errors();
        return quote!(#item #errors);
    };
    if spans_in(&function) > 0 {
        cx.error_at(
            &function.sig.ident,
            "an `#[instrument]` above `#[sensitive_variables]` has recorded every argument already; \
             write it below, and its options are kept",
        );
    }
    let known = bindings(&function.sig);
    for name in &arguments.names {
        if !known.contains(name) {
            cx.error_at(name, unknown(name, &function.sig, &known));
        }
    }
    let instrument = Instrument::take(&mut function.attrs, &mut cx);
    let hidden = match arguments.names.is_empty() {
        true => known,
        false => arguments.names,
    };
    instrument.check(&hidden, &mut cx);
    let krate = &arguments.krate;
    let attribute = instrument.attribute(&hidden, krate);
    let errors = cx.into_compile_errors();
    if !errors.is_empty() {
        return quote!(#function #errors);
    }
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = &function;
    quote! {
        #attribute
        #(#attrs)*
        #[#krate::__private::no_span_beside]
        #vis #sig #block
    }
}

/// `#[no_span_beside] item`: what runs last, when every other attribute has done its work.
pub(crate) fn no_span_beside(item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        return item;
    };
    if spans_in(&function) <= 1 {
        return item;
    }
    let message = "another attribute opens a span of its own for this function and records every \
                   argument; remove it, or write it as `#[instrument]` below \
                   `#[sensitive_variables]`";
    let error = Error::new(function.sig.ident.span(), message).to_compile_error();
    quote!(#item #error)
}

/// The names that the arguments are bound to: what tracing would record.
fn bindings(signature: &Signature) -> Vec<Ident> {
    use syn::visit::{self, Visit};

    #[derive(Default)]
    struct Bindings(Vec<Ident>);
    impl<'ast> Visit<'ast> for Bindings {
        fn visit_receiver(&mut self, receiver: &'ast syn::Receiver) {
            self.0.push(Ident::from(receiver.self_token));
        }

        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            self.0.push(pattern.ident.clone());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut found = Bindings::default();
    for input in &signature.inputs {
        match input {
            syn::FnArg::Receiver(receiver) => found.visit_receiver(receiver),
            syn::FnArg::Typed(typed) => found.visit_pat(&typed.pat),
        }
    }
    found.0
}

fn unknown(name: &Ident, signature: &Signature, known: &[Ident]) -> String {
    let function = &signature.ident;
    let known: Vec<_> = known.iter().map(ToString::to_string).collect();
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let remedy = match (nearest(&name.to_string(), &known), known.is_empty()) {
        (Some(nearest), _) => format!("did you mean `{nearest}`?"),
        (None, true) => "it has none".to_owned(),
        (None, false) => format!("it has `{}`", known.join("`, `")),
    };
    format!("`{function}` has no argument `{name}`; {remedy}")
}

/// How many spans `#[instrument]` has opened in the body, functions inside it aside.
fn spans_in(function: &ItemFn) -> usize {
    fn count(tokens: TokenStream) -> usize {
        let mut tokens = tokens.into_iter().peekable();
        let mut found: usize = 0;
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Ident(word) if word == "let" => {
                    let is_span = |next: &TokenTree| matches!(next, TokenTree::Ident(name) if name == SPAN_OF_INSTRUMENT);
                    found += usize::from(tokens.peek().is_some_and(is_span));
                }
                TokenTree::Group(group) => found += count(group.stream()),
                _ => {}
            }
        }
        found
    }
    let block = &function.block;
    count(quote!(#block))
}

fn first_token(item: &TokenStream) -> TokenStream {
    item.clone().into_iter().take(1).collect()
}
