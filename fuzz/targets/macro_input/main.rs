//! Any tokens in the attributes of the macros: an error at most, and never a panic of the compiler.
#![no_main]
// A crate of macros cannot be called, so its modules are compiled in, by links that scripts/fuzz makes
// beside this file. What they keep for the compiler alone is not used here.
#![allow(dead_code, unused_imports)]

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod option_type;
mod sensitive;
mod sensitive_variables;
mod show;
mod type_parameters;

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;
use quote::quote;

fuzz_target!(|text: &str| {
    // The compiler's own lexer comes before a macro.
    let Ok(tokens) = text.parse::<TokenStream>() else { return };
    for item in [
        quote! {
            #[derive(Debug, Queryable, Insertable, AsChangeset, Identifiable)]
            #[diesel(table_name = people, #tokens)]
            struct Person<'a, T> {
                id: i32,
                #[sensitive(#tokens)]
                #[diesel(#tokens)]
                phone_number: Option<String>,
                #[sensitive]
                passport_number: &'a T,
            }
        },
        quote!(#[derive(Queryable)] struct Pair(#[sensitive(#tokens)] String, i32);),
        tokens.clone(),
    ] {
        check(&expand::model(TokenStream::new(), item));
    }
    check(&expand::model(tokens.clone(), quote!(#[derive(Queryable)] struct A { #[sensitive] a: String })));
    for item in [
        quote! {
            #[sensitive(#tokens)]
            #[serde(#tokens)]
            struct Form<T> {
                #[sensitive(#tokens)]
                #[serde(#tokens)]
                phone_number: Option<T>,
            }
        },
        quote!(enum Command { #[sensitive(#tokens)] #[serde(#tokens)] One(u8), Two { #[sensitive] two: String } }),
        tokens.clone(),
    ] {
        check(&sensitive::derive(item));
    }
    let function = quote!(#[instrument(#tokens)] async fn store(country: &str, phone_number: &str) {});
    check(&sensitive_variables::sensitive_variables(tokens.clone(), function.clone()));
    check(&sensitive_variables::sensitive_variables(quote!(phone_number), function));
    check(&sensitive_variables::sensitive_variables(TokenStream::new(), tokens));
});

/// What is given back can be lexed again.
fn check(code: &TokenStream) {
    assert!(code.to_string().parse::<TokenStream>().is_ok(), "{code}");
}
