//! A `Debug` that prints `********` for each sensitive field, whatever its value.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Member};

use crate::ast::Model;
use crate::option_type::inner_of_option;
use crate::type_parameters::names_one_of;

pub(super) fn expand(model: &Model) -> TokenStream {
    let (name, krate) = (&model.item.ident, &model.krate);
    let (impl_generics, ty_generics, _) = model.generics().split_for_impl();
    let bounds = bounds(model);
    let builder = match model.item.fields {
        syn::Fields::Named(_) => quote!(debug_struct),
        _ => quote!(debug_tuple),
    };
    let calls = model.fields.iter().map(|field| {
        let member = &field.member;
        let value = match &field.sensitive {
            Some(sensitive) => match &sensitive.show {
                Some(show) => {
                    let is_option = inner_of_option(&field.ty).is_some();
                    show.printed(&quote!(&self.#member), is_option, krate)
                }
                None => quote!(&#krate::__private::Redacted),
            },
            None => quote!(&self.#member),
        };
        let label = match member {
            Member::Named(ident) => Some(syn::ext::IdentExt::unraw(ident).to_string()),
            Member::Unnamed(_) => None,
        };
        let (conditions, label) = (&field.conditions, label.into_iter());
        quote!(#(#conditions)* debug.field(#(#label,)* #value);)
    });
    let label = name.to_string();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #ty_generics #bounds {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let mut debug = f.#builder(#label);
                #(#calls)*
                debug.finish()
            }
        }
    }
}

/// The struct's own bounds, and `Debug` for each shown field whose type names a type parameter.
fn bounds(model: &Model) -> syn::WhereClause {
    let mut generics = model.generics().clone();
    let parameters: HashSet<Ident> = generics
        .type_params()
        .map(|parameter| parameter.ident.clone())
        .collect();
    let clause = generics.make_where_clause();
    for field in model
        .fields
        .iter()
        .filter(|field| field.sensitive.is_none())
    {
        if names_one_of(&field.ty, &parameters) {
            let ty = &field.ty;
            clause
                .predicates
                .push(syn::parse_quote!(#ty: ::core::fmt::Debug));
        }
    }
    clause.clone()
}
