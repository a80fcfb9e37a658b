//! `Wipe`, `Sensitive` and `Drop`: the sensitive fields are overwritten when a value ends.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::ast::{Field, Item, Variant};
use super::names;

pub(super) fn expand(item: &Item) -> TokenStream {
    let (name, krate) = (item.name(), item.krate());
    // `Drop` has the bounds of the type and no others.
    let (impl_generics, ty_generics, clause) = item.generics().split_for_impl();
    let arms = item.variants.iter().map(|variant| arm(item, variant));
    let body = match item.variants.is_empty() {
        true => quote!(match *self {}),
        false => quote!(match self { #(#arms)* }),
    };
    let names = names::expand(item);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Wipe for #name #ty_generics #clause {
            fn overwrite(&mut self) {
                #body
            }
        }

        #[automatically_derived]
        impl #impl_generics #krate::Sensitive for #name #ty_generics #clause {
            const FIELDS: &'static [&'static str] = #names;
        }

        #[automatically_derived]
        impl #impl_generics #krate::__private::Zeroize for #name #ty_generics #clause {
            fn zeroize(&mut self) {
                #krate::Wipe::overwrite(self);
            }
        }

        #[automatically_derived]
        impl #impl_generics #krate::__private::ZeroizeOnDrop for #name #ty_generics #clause {}

        #[automatically_derived]
        impl #impl_generics ::core::ops::Drop for #name #ty_generics #clause {
            fn drop(&mut self) {
                #krate::Wipe::overwrite(self);
            }
        }
    }
}

fn arm(item: &Item, variant: &Variant) -> TokenStream {
    let (pattern, krate) = (variant.pattern(Field::is_wiped), item.krate());
    let calls = variant
        .fields
        .iter()
        .filter(|field| field.is_wiped())
        .map(|field| {
            let (binding, conditions) = (&field.binding, &field.conditions);
            // An error about the type is shown at the type.
            let mut there = binding.clone();
            there.set_span(binding.span().located_at(field.ty.span()));
            let call = quote_spanned!(field.ty.span()=> #krate::Wipe::overwrite(#there););
            quote!(#(#conditions)* #call)
        });
    quote!(#pattern => { #(#calls)* })
}
