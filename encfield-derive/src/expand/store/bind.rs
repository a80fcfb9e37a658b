//! The bind of a sensitive field: its type, and how a value is sealed into it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;

use super::{Purpose, Store};
use crate::ast::Field;
use crate::expand::shadow;
use crate::option_type::{inner_of_option, is_reference};

impl Store<'_> {
    /// A field that holds a bind, or maybe one. Diesel is told field by field what to do with `None`:
    /// here it never sees one to bind.
    pub(in crate::expand) fn bound(
        &self,
        name: &Ident,
        bind: &TokenStream,
        skips_none: bool,
    ) -> TokenStream {
        let optional = quote!(::core::option::Option<#bind>);
        match (skips_none, self.purpose) {
            (false, _) => quote!(#[diesel(serialize_as = #bind)] #name: #bind),
            (true, Purpose::Insert) => quote! {
                #[diesel(serialize_as = #optional, treat_none_as_default_value = true)]
                #name: #optional
            },
            (true, Purpose::Change) => quote! {
                #[diesel(serialize_as = #bind, treat_none_as_null = false)]
                #name: #optional
            },
        }
    }

    /// The type of a sensitive field's bind: it knows the column by the column's SQL type.
    pub(super) fn bind(&self, field: &Field) -> TokenStream {
        let (krate, table) = (&self.model.krate, self.table);
        let column = field.column();
        quote_spanned! {field.span()=>
            #krate::CiphertextIsStoredNeverCompared<<#table::#column as ::diesel::Expression>::SqlType>
        }
    }

    pub(super) fn seal(&self, field: &Field) -> TokenStream {
        let member = &field.member;
        match inner_of_option(&field.ty).filter(|_| self.skips_none(field)) {
            Some(inner) => {
                let sealed = self.sealed(field, inner, &quote!(value));
                quote!(self.#member.as_ref().map(|value| #sealed))
            }
            None => self.sealed(field, &field.ty, &quote!((&self.#member))),
        }
    }

    /// The bind, from an expression that is a reference to a value of the type.
    fn sealed(&self, field: &Field, ty: &syn::Type, value: &TokenStream) -> TokenStream {
        let (krate, bind, padding) = (
            &self.model.krate,
            self.bind(field),
            field.padding(&self.model.krate),
        );
        let filled = self.filled(field);
        let padded =
            padding.map(|padding| quote!(#krate::__private::PaddedRef::<_, #padding>::new));
        let inner = inner_of_option(ty);
        let by_reference = match inner {
            Some(inner) if is_reference(inner) => quote!(#value.as_deref()),
            Some(_) => quote!(#value.as_ref()),
            None if is_reference(ty) => quote!(*#value),
            None => value.clone(),
        };
        let (seal, argument) = match (inner.is_some(), padded) {
            (true, Some(padded)) if field.hides_null() => {
                let hidden = quote!(#krate::__private::HiddenOptionRef(#by_reference));
                (quote!(seal), quote!(&#padded(&#hidden)))
            }
            (true, Some(padded)) => (
                quote!(seal_optional),
                quote!(#by_reference.map(|value| #padded(value)).as_ref()),
            ),
            (false, Some(padded)) if field.hides_null() => {
                // Of a changeset, in which `None` leaves the column as it is.
                let some = quote!(::core::option::Option::Some(#by_reference));
                let hidden = quote!(#krate::__private::HiddenOptionRef(#some));
                (quote!(seal), quote!(&#padded(&#hidden)))
            }
            (false, Some(padded)) => (quote!(seal), quote!(&#padded(#by_reference))),
            (true, None) if inner.is_some_and(is_reference) => {
                (quote!(seal_optional), by_reference)
            }
            (true, None) => (quote!(seal), value.clone()),
            (false, None) => (quote!(seal), by_reference),
        };
        let (table, column) = (self.table, field.column());
        let row = if !field.needs_row() {
            quote!(::core::option::Option::None)
        } else {
            let row = shadow::row(self.model, field, |bound| {
                let member = &bound.member;
                quote!(self.#member)
            });
            quote!(::core::option::Option::Some(&#row))
        };
        quote_spanned! {field.span()=>
            <#bind>::#seal::<#table::#column, _>(#argument, #filled, #row)
        }
    }

    /// The ids of the index columns that are filled with the field.
    fn filled(&self, field: &Field) -> TokenStream {
        let table = self.table;
        let indexes = self.indexes();
        let ids = field.indexes().iter().map(|name| {
            let index = indexes.iter().find(|index| index.name == name);
            let conditions = index.map(|index| index.conditions());
            quote!(#conditions ::core::any::TypeId::of::<#table::#name>())
        });
        quote!(&[#(#ids),*])
    }
}
