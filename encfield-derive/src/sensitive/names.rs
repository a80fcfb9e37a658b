//! The names under which sensitive values are read and written.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::ast::{Field, Item};

/// An expression of the type `&'static [&'static str]`.
pub(super) fn expand(item: &Item) -> TokenStream {
    let krate = item.krate();
    let sensitive = || item.fields().filter(|field| field.mark.is_some());
    let own: BTreeSet<_> = sensitive().flat_map(names_of).collect();
    let own = quote!(&[#(#own),*]);
    // The names of what is flattened stand among the type's own.
    let flattened: Vec<_> = sensitive()
        .filter(|field| {
            field.flattened
                && field
                    .mark
                    .as_ref()
                    .is_some_and(|mark| mark.nested.is_some())
        })
        .map(|field| {
            let (ty, conditions) = (&field.ty, &field.conditions);
            quote!(#(#conditions)* <#ty as #krate::Sensitive>::FIELDS)
        })
        .collect();
    if flattened.is_empty() {
        return own;
    }
    quote! {
        const { &#krate::__private::Names::joined(&[#own, #(#flattened),*]) }.as_slice()
    }
}

/// As it is written in Rust, and as serde reads and writes it.
fn names_of(field: &Field) -> impl Iterator<Item = String> {
    field.label().into_iter().chain(field.serde_names.clone())
}
