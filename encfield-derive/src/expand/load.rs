//! Loading: a shadow whose sensitive fields are `Encrypted`, and what delegates to it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Path, Type, parse_quote};

use super::shadow::{self, row};
use crate::ast::{Field, Model, is};
use crate::attr::is_about_none;
use crate::option_type::inner_of_option;

/// The derives that load.
const LOADING: &[&str] = &["Queryable", "Selectable", "QueryableByName", "HasQuery"];

pub(super) fn expand(model: &Model) -> TokenStream {
    let derives: Vec<&Path> = LOADING
        .iter()
        .filter_map(|name| model.shadowed(name))
        .collect();
    if derives.is_empty() {
        return TokenStream::new();
    }
    let (krate, visibility) = (&model.krate, &model.item.vis);
    let (_, ty_generics, where_clause) = model.generics().split_for_impl();
    let generics = model.generics();
    // Several tables are for `Insertable` alone; Diesel's other derives take the one.
    let options = shadow::struct_options(model, &model.tables, |option| {
        option.name != "belongs_to" && !is_about_none(option)
    });
    let fields = model.fields.iter().map(|field| {
        let (name, ty) = (&field.name, &field.ty);
        let options = shadow::field_options(field, |option| {
            field.sensitive.is_none() || !is_about_none(option)
        });
        let conditions = &field.conditions;
        let field = match field.sensitive {
            Some(_) => {
                let ty = loaded(field, krate);
                quote_spanned!(field.span()=> #name: #ty)
            }
            None => quote!(#name: #ty),
        };
        quote!(#(#conditions)* #options #field)
    });
    let build = model.fields.iter().map(|field| {
        let (member, name) = (&field.member, &field.name);
        let conditions = &field.conditions;
        let value = match field.sensitive {
            Some(_) if field.needs_row() => opened(field),
            Some(_) => plain(field, krate, &quote!(loaded.#name)),
            None => quote!(loaded.#name),
        };
        quote!(#(#conditions)* #member: #value)
    });
    let opened = model
        .fields
        .iter()
        .filter(|field| field.needs_row())
        .map(|field| open(model, field));
    let build = quote!({
        #(#opened)*
        ::core::result::Result::Ok(Self { #(#build,)* })
    });
    let loads = quote!(__EncfieldLoad #ty_generics);
    let delegations = derives.iter().map(|derive| {
        if is(derive, "Queryable") {
            queryable(model, &loads, &build)
        } else if is(derive, "Selectable") {
            selectable(model, &loads)
        } else if is(derive, "QueryableByName") {
            queryable_by_name(model, &loads, &build)
        } else {
            // Diesel's `HasQuery` derives the two that it needs.
            [
                queryable(model, &loads, &build),
                selectable(model, &loads),
                has_query(model, &loads),
            ]
            .into_iter()
            .collect()
        }
    });
    quote! {
        #[derive(#(#derives),*)]
        #options
        #visibility struct __EncfieldLoad #generics #where_clause {
            #(#fields,)*
        }

        #(#delegations)*
    }
}

/// The type of a sensitive field of the shadow: opened while it is loaded, unless that needs the
/// row's other values, which are not known then.
fn loaded(field: &Field, krate: &Path) -> TokenStream {
    let ty = stored(field, krate);
    match inner_of_option(&field.ty) {
        _ if !field.needs_row() => quote!(#krate::Encrypted<#ty>),
        Some(inner) if !field.hides_null() => {
            let inner = padded(inner, field, krate);
            quote!(::core::option::Option<#krate::Sealed<#inner>>)
        }
        _ => quote!(#krate::Sealed<#ty>),
    }
}

/// The type that a sensitive field is opened as.
fn stored(field: &Field, krate: &Path) -> TokenStream {
    let ty = &field.ty;
    match (field.padding(krate), inner_of_option(ty)) {
        (None, _) => quote!(#ty),
        (Some(padding), Some(inner)) if field.hides_null() => {
            quote!(#krate::Padded<#krate::HiddenOption<#inner>, #padding>)
        }
        (Some(_), Some(inner)) => {
            let inner = padded(inner, field, krate);
            quote!(::core::option::Option<#inner>)
        }
        (Some(_), None) => padded(ty, field, krate),
    }
}

/// The type with the field's padding around it, if it has one.
fn padded(ty: &Type, field: &Field, krate: &Path) -> TokenStream {
    match field.padding(krate) {
        Some(padding) => quote!(#krate::Padded<#ty, #padding>),
        None => quote!(#ty),
    }
}

/// A sensitive field's plain value, out of an `Encrypted`.
fn plain(field: &Field, krate: &Path, encrypted: &TokenStream) -> TokenStream {
    let exposed = quote!(#krate::Encrypted::into_exposed(#encrypted));
    match (field.padding(krate), inner_of_option(&field.ty)) {
        (None, _) => exposed,
        (Some(_), Some(_)) if field.hides_null() => {
            quote!(#krate::Padded::into_inner(#exposed).0)
        }
        (Some(_), Some(_)) => quote!(#exposed.map(#krate::Padded::into_inner)),
        (Some(_), None) => quote!(#krate::Padded::into_inner(#exposed)),
    }
}

/// The name of the variable that holds a value that was opened with the row's.
fn opened(field: &Field) -> TokenStream {
    let opened = format_ident!("__encfield_{}", field.name);
    quote!(#opened)
}

/// Opens a field that needs the row's other values, before the row's other values move on.
fn open(model: &Model, field: &Field) -> TokenStream {
    let (krate, name, conditions) = (&model.krate, &field.name, &field.conditions);
    let opened = opened(field);
    let row = row(model, field, |bound| {
        let name = &bound.name;
        quote!(loaded.#name)
    });
    let open = |sealed: TokenStream| quote!(#krate::Sealed::open_in(#sealed, &#row)?);
    let value = match inner_of_option(&field.ty) {
        Some(_) if !field.hides_null() => {
            let open = open(quote!(sealed));
            let inner = match field.padding(krate) {
                Some(_) => {
                    quote!(#krate::Padded::into_inner(#krate::Encrypted::into_exposed(#open)))
                }
                None => quote!(#krate::Encrypted::into_exposed(#open)),
            };
            quote! {
                match &loaded.#name {
                    ::core::option::Option::Some(sealed) => ::core::option::Option::Some(#inner),
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        }
        _ => plain(field, krate, &open(quote!(&loaded.#name))),
    };
    quote!(#(#conditions)* let #opened = #value;)
}

/// `impl<.., __DB> Trait for Model where Shadow: Trait`, with a body.
fn delegation(
    model: &Model,
    shadow: &TokenStream,
    statement: bool,
    of: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let name = &model.item.ident;
    let (_, ty_generics, _) = model.generics().split_for_impl();
    let mut generics = model.generics().clone();
    generics.params.push(parse_quote!(__DB));
    if statement {
        generics.params.push(parse_quote!(__ST));
    }
    let clause = generics.make_where_clause();
    clause
        .predicates
        .push(parse_quote!(__DB: ::diesel::backend::Backend));
    clause.predicates.push(parse_quote!(#shadow: #of));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #of for #name #ty_generics #where_clause {
            #body
        }
    }
}

fn queryable(model: &Model, shadow: &TokenStream, build: &TokenStream) -> TokenStream {
    let of = quote!(::diesel::deserialize::Queryable<__ST, __DB>);
    let body = quote! {
        type Row = <#shadow as #of>::Row;

        fn build(row: Self::Row) -> ::diesel::deserialize::Result<Self> {
            let loaded = <#shadow as #of>::build(row)?;
            #build
        }
    };
    delegation(model, shadow, true, &of, &body)
}

fn selectable(model: &Model, shadow: &TokenStream) -> TokenStream {
    let of = quote!(::diesel::expression::Selectable<__DB>);
    let body = quote! {
        type SelectExpression = <#shadow as #of>::SelectExpression;

        fn construct_selection() -> Self::SelectExpression {
            <#shadow as #of>::construct_selection()
        }
    };
    delegation(model, shadow, false, &of, &body)
}

fn queryable_by_name(model: &Model, shadow: &TokenStream, build: &TokenStream) -> TokenStream {
    let of = quote!(::diesel::deserialize::QueryableByName<__DB>);
    let body = quote! {
        fn build<'__row>(
            row: &impl ::diesel::row::NamedRow<'__row, __DB>,
        ) -> ::diesel::deserialize::Result<Self> {
            let loaded = <#shadow as #of>::build(row)?;
            #build
        }
    };
    delegation(model, shadow, false, &of, &body)
}

/// Without a bound on the shadow: the compiler must see through to the query's type.
fn has_query(model: &Model, shadow: &TokenStream) -> TokenStream {
    let name = &model.item.ident;
    let (_, ty_generics, _) = model.generics().split_for_impl();
    let mut generics = model.generics().clone();
    generics
        .params
        .push(parse_quote!(__DB: ::diesel::backend::Backend));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics ::diesel::HasQuery<__DB> for #name #ty_generics #where_clause {
            type BaseQuery = <#shadow as ::diesel::HasQuery<__DB>>::BaseQuery;

            fn base_query() -> Self::BaseQuery {
                <#shadow as ::diesel::HasQuery<__DB>>::base_query()
            }
        }
    }
}
