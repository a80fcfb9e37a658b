//! A `Debug` that prints `********` for each sensitive field, whatever its value.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Ident, Member, Type};

use crate::ast::Model;

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
            Some(_) => quote!(&#krate::__private::Redacted),
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

fn names_one_of(ty: &Type, parameters: &HashSet<Ident>) -> bool {
    struct Search<'a> {
        parameters: &'a HashSet<Ident>,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.found |= self.parameters.contains(&segment.ident);
            visit::visit_path_segment(self, segment);
        }
    }
    let mut search = Search {
        parameters,
        found: false,
    };
    search.visit_type(ty);
    search.found
}
