//! Loading: a shadow whose sensitive fields are `Encrypted`, and what delegates to it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, parse_quote};

use super::shadow;
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
                let ty = stored(field, krate);
                quote_spanned!(field.span()=> #name: #krate::Encrypted<#ty>)
            }
            None => quote!(#name: #ty),
        };
        quote!(#(#conditions)* #options #field)
    });
    let build = model.fields.iter().map(|field| {
        let (member, name) = (&field.member, &field.name);
        let conditions = &field.conditions;
        let value = match field.sensitive {
            Some(_) => plain(field, krate),
            None => quote!(loaded.#name),
        };
        quote!(#(#conditions)* #member: #value)
    });
    let build = quote!({ #(#build,)* });
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

/// The type that a sensitive field is opened as.
fn stored(field: &Field, krate: &Path) -> TokenStream {
    let ty = &field.ty;
    match (field.padding(krate), inner_of_option(ty)) {
        (None, _) => quote!(#ty),
        (Some(padding), Some(inner)) if field.hides_null() => {
            quote!(#krate::Padded<#krate::HiddenOption<#inner>, #padding>)
        }
        (Some(padding), Some(inner)) => {
            quote!(::core::option::Option<#krate::Padded<#inner, #padding>>)
        }
        (Some(padding), None) => quote!(#krate::Padded<#ty, #padding>),
    }
}

/// A sensitive field's plain value, from the shadow.
fn plain(field: &Field, krate: &Path) -> TokenStream {
    let name = &field.name;
    let exposed = quote!(#krate::Encrypted::into_exposed(loaded.#name));
    match (field.padding(krate), inner_of_option(&field.ty)) {
        (None, _) => exposed,
        (Some(_), Some(_)) if field.hides_null() => {
            quote!(#krate::Padded::into_inner(#exposed).0)
        }
        (Some(_), Some(_)) => quote!(#exposed.map(#krate::Padded::into_inner)),
        (Some(_), None) => quote!(#krate::Padded::into_inner(#exposed)),
    }
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
            ::core::result::Result::Ok(Self #build)
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
            ::core::result::Result::Ok(Self #build)
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
