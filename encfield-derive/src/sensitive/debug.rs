//! A `Debug` that prints `********` for each sensitive field, whatever its value.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use super::ast::{Item, Variant};
use crate::type_parameters::names_one_of;

pub(super) fn expand(item: &Item) -> TokenStream {
    let name = item.name();
    let mut generics = item.generics().clone();
    let parameters = generics
        .type_params()
        .map(|one| one.ident.clone())
        .collect();
    let clause = generics.make_where_clause();
    for field in item.fields() {
        let shown = field.mark.as_ref().is_none_or(|mark| mark.nested.is_some());
        if shown && names_one_of(&field.ty, &parameters) {
            let (ty, krate) = (&field.ty, item.krate());
            let predicate = match field.mark {
                Some(_) => parse_quote!(#ty: ::core::fmt::Debug + #krate::Sensitive),
                None => parse_quote!(#ty: ::core::fmt::Debug),
            };
            clause.predicates.push(predicate);
        }
    }
    let (impl_generics, ty_generics, clause) = generics.split_for_impl();
    let arms = item.variants.iter().map(|variant| arm(item, variant));
    let body = match item.variants.is_empty() {
        true => quote!(match *self {}),
        false => quote!(match self { #(#arms)* }),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #ty_generics #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #body
            }
        }
    }
}

fn arm(item: &Item, variant: &Variant) -> TokenStream {
    let label = variant.name.as_ref().unwrap_or(item.name()).to_string();
    let shown = |field: &super::ast::Field| {
        let mark = field.mark.as_ref();
        mark.is_none_or(|mark| mark.nested.is_some() || mark.show.is_some())
    };
    let pattern = variant.pattern(shown);
    if variant.fields.is_empty() {
        return quote!(#pattern => f.write_str(#label),);
    }
    let builder = match variant.named {
        true => quote!(debug_struct),
        false => quote!(debug_tuple),
    };
    let calls = variant.fields.iter().map(|field| {
        let (binding, conditions) = (&field.binding, &field.conditions);
        let value = match &field.mark {
            Some(mark) => mark.printed(binding, &field.ty, item.krate()),
            None => quote!(#binding),
        };
        let label = field.label().into_iter();
        quote!(#(#conditions)* debug.field(#(#label,)* #value);)
    });
    quote! {
        #pattern => {
            let mut debug = f.#builder(#label);
            #(#calls)*
            debug.finish()
        }
    }
}
