//! What the model says of its encrypted columns, for an inventory.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::shadow::located_at;
use crate::ast::{Field, Model};
use crate::option_type::inner_of_option;

/// The derives that name the struct's table.
const OF_A_TABLE: &[&str] = &["Selectable", "Insertable", "AsChangeset", "HasQuery"];

pub(super) fn expand(model: &Model) -> TokenStream {
    let has_table = OF_A_TABLE.iter().any(|name| model.shadowed(name).is_some());
    if !has_table {
        return TokenStream::new();
    }
    let (krate, name) = (&model.krate, &model.item.ident);
    let (impl_generics, ty_generics, where_clause) = model.generics().split_for_impl();
    let sensitive = model
        .fields
        .iter()
        .filter(|field| field.sensitive.is_some());
    let records = sensitive.map(|field| {
        let conditions = &field.conditions;
        let records = model.tables.iter().map(|table| record(model, field, table));
        quote!(#(#conditions)* { #(columns.push(#records?);)* })
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::SensitiveModel for #name #ty_generics #where_clause {
            fn encrypted_columns() -> ::core::result::Result<
                ::std::vec::Vec<#krate::ColumnRecord>,
                #krate::Error,
            > {
                let mut columns = ::std::vec::Vec::new();
                #(#records)*
                ::core::result::Result::Ok(columns)
            }
        }
    }
}

fn record(model: &Model, field: &Field, table: &syn::Path) -> TokenStream {
    let (krate, column) = (&model.krate, field.column());
    let indexes = field.indexes().iter().map(|name| {
        let index = located_at(quote!(#table::#name), name.span());
        quote_spanned!(name.span()=> #krate::IndexRecord::of::<#index>()?)
    });
    let ty = name_of_type(&field.ty);
    let bound = model.bound_to(field).into_iter().map(|bound| {
        let (column, ty) = (bound.column(), name_of_type(&bound.ty));
        quote!((<#table::#column as ::diesel::Column>::NAME, #ty))
    });
    let stored = ["Insertable", "AsChangeset"]
        .iter()
        .any(|name| model.shadowed(name).is_some());
    let scope = match model.scope_of(field) {
        Some((of, name)) => {
            let (column, name) = (of.column(), name.unraw().to_string());
            quote! {
                ::core::option::Option::Some((<#table::#column as ::diesel::Column>::NAME, #name))
            }
        }
        None => quote!(::core::option::Option::None),
    };
    let hiding = match field.padding(krate) {
        Some(padding) => {
            let name = padding.to_string().replace(' ', "");
            let name = name.rsplit("::").next().unwrap_or_default();
            let hides_null = field.hides_null();
            quote!(::core::option::Option::Some((#name, #hides_null)))
        }
        None => quote!(::core::option::Option::None),
    };
    let column = located_at(quote!(#table::#column), field.ty.span());
    quote_spanned! {field.span()=>
        #krate::ColumnRecord::new::<#column>(
            #stored,
            #ty,
            ::std::vec![#(#indexes),*],
            ::std::vec![#(#bound),*],
            #scope,
            #hiding,
        )
    }
}

/// The name of the type whose values look as this one's do, without spaces: a borrowed text is a `String`.
fn name_of_type(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Reference(reference) => return name_of_type(&reference.elem),
        syn::Type::Group(group) => return name_of_type(&group.elem),
        syn::Type::Paren(inner) => return name_of_type(&inner.elem),
        syn::Type::Slice(slice) => return format!("Vec<{}>", name_of_type(&slice.elem)),
        _ => {}
    }
    if let Some(inner) = inner_of_option(ty) {
        return format!("Option<{}>", name_of_type(inner));
    }
    if let Some(borrowed) = inner_of_owner(ty) {
        return name_of_type(borrowed);
    }
    match ty.to_token_stream().to_string().replace(' ', "") {
        name if name == "str" => "String".to_owned(),
        name => name,
    }
}

/// What a `Cow` or a `Box` holds.
fn inner_of_owner(ty: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let inner = arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    inner.filter(|_| last.ident == "Cow" || last.ident == "Box")
}
