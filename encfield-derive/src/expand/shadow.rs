//! What all shadow structs have in common.
//!
//! A shadow is as visible as the user's struct: more, and a private field type would leak; less, and
//! the shadow itself would. They stand in an unnamed constant, where nobody can name them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, Lifetime, Path, parse_quote};

use crate::ast::{Field, Model};
use crate::attr::DieselOption;
use crate::option_type::{inner_of_option, is_reference};

/// The lifetime of the shadows that borrow.
pub(super) fn borrowed() -> Lifetime {
    parse_quote!('__encfield)
}

/// `#[diesel(..)]` for a shadow struct of these tables.
pub(super) fn struct_options<'m>(
    model: &'m Model,
    tables: impl IntoIterator<Item = &'m Path>,
    keep: impl Fn(&DieselOption) -> bool,
) -> TokenStream {
    let tables = tables.into_iter();
    let options = model.options.iter().filter(|option| keep(option));
    quote!(#(#[diesel(table_name = #tables)])* #(#[diesel(#options)])*)
}

/// `#[diesel(..)]` for a field of a shadow struct.
pub(super) fn field_options(field: &Field, keep: impl Fn(&DieselOption) -> bool) -> TokenStream {
    let options = field.options.iter().filter(|option| keep(option));
    quote!(#(#[diesel(#options)])*)
}

/// The struct's generics, with a lifetime to borrow for.
pub(super) fn with_borrow(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let lifetime = borrowed();
    for parameter in &mut generics.params {
        match parameter {
            GenericParam::Lifetime(own) => own.bounds.push(lifetime.clone()),
            GenericParam::Type(own) => own.bounds.push(parse_quote!(#lifetime)),
            GenericParam::Const(_) => {}
        }
    }
    generics.params.insert(0, parse_quote!(#lifetime));
    generics
}

/// A type that names every generic parameter, for the shadows in which no field does.
pub(super) fn mention(generics: &Generics) -> TokenStream {
    let mentioned = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Lifetime(own) => {
                let lifetime = &own.lifetime;
                Some(quote!(&#lifetime ()))
            }
            GenericParam::Type(own) => {
                let ident = &own.ident;
                Some(quote!(*const #ident))
            }
            GenericParam::Const(_) => None,
        });
    quote!(::core::marker::PhantomData<(#(#mentioned,)*)>)
}

/// The values of the row that a field is bound to, and its scope, each from an expression for its
/// place.
pub(super) fn row(
    model: &Model,
    field: &Field,
    place: impl Fn(&Field) -> TokenStream,
) -> TokenStream {
    let krate = &model.krate;
    let by_reference = |other: &Field| {
        let place = place(other);
        if is_reference(&other.ty) {
            quote_spanned!(other.span()=> #place)
        } else {
            quote_spanned!(other.span()=> &#place)
        }
    };
    let bound = model.bound_to(field).into_iter().map(by_reference);
    let scope = model.scope_of(field).map(|(other, name)| {
        let name = name.unraw().to_string();
        let scope = if inner_of_option(&other.ty).is_some() {
            let place = place(other);
            quote_spanned!(other.span()=> #krate::Scope::of_optional(#name, #place.as_ref()))
        } else {
            let value = by_reference(other);
            quote_spanned!(other.span()=> #krate::Scope::new(#name, #value))
        };
        quote!(.in_scope(#scope))
    });
    quote!(#krate::RowValues::none() #(.and(#bound))* #scope)
}

/// The path's tokens, which mean what they mean where they come from, at this place.
pub(super) fn located_at(path: TokenStream, place: Span) -> TokenStream {
    let located = path.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    located.collect()
}
