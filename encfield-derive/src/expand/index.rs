//! Filling blind indexes: one more field in a shadow that stores, for each index column.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Ident};

use super::shadow::located_at;
use super::store::{Purpose, Store};
use crate::ast::Field;
use crate::option_type::{inner_of_option, is_reference};

/// An index column, and the fields that it is filled from, in the order of the struct.
pub(super) struct Index<'m> {
    pub(super) name: &'m Ident,
    fields: Vec<&'m Field>,
    /// The field of the shadow.
    member: Ident,
}

impl<'m> Index<'m> {
    /// The indexes that these fields name.
    pub(super) fn of_fields(fields: impl Iterator<Item = &'m Field>) -> Vec<Self> {
        let mut indexes: Vec<Self> = Vec::new();
        for field in fields {
            for name in field.indexes() {
                match indexes.iter_mut().find(|index| index.name == name) {
                    Some(index) => index.fields.push(field),
                    None => indexes.push(Self {
                        name,
                        fields: vec![field],
                        member: format_ident!("__encfield_index_{}", indexes.len()),
                    }),
                }
            }
        }
        indexes
    }

    /// The conditions under which all of its fields are there.
    pub(super) fn conditions(&self) -> TokenStream {
        let conditions: Vec<&Attribute> = self
            .fields
            .iter()
            .flat_map(|field| &field.conditions)
            .collect();
        quote!(#(#conditions)*)
    }

    fn span(&self) -> Span {
        Span::mixed_site().located_at(self.name.span())
    }

    /// The index column's SQL type.
    fn sql_type(&self, store: &Store<'_>) -> TokenStream {
        let (table, name) = (store.table, self.name);
        quote_spanned!(self.span()=> <#table::#name as ::diesel::Expression>::SqlType)
    }

    /// The type of the bind: it knows the index by the index column's SQL type.
    fn bind(&self, store: &Store<'_>) -> TokenStream {
        let (krate, sql_type) = (&store.model.krate, self.sql_type(store));
        quote_spanned!(self.span()=> #krate::TagIsStoredNeverCompared<#sql_type>)
    }

    /// Whether a `None` in the field leaves its column as it is, or to its default.
    fn skipping<'s>(&'s self, store: &'s Store<'_>) -> impl Iterator<Item = &'s Field> {
        let fields = self.fields.iter().copied();
        fields.filter(|field| store.skips_none(field))
    }

    /// The field of the shadow.
    pub(super) fn field(&self, store: &Store<'_>) -> TokenStream {
        let (conditions, name) = (self.conditions(), self.name);
        let skips = self.skipping(store).next().is_some();
        let bound = store.bound(&self.member, &self.bind(store), skips);
        quote!(#conditions #[diesel(column_name = #name)] #bound)
    }

    /// The field of the shadow, made from `self`.
    pub(super) fn make(&self, store: &Store<'_>) -> TokenStream {
        let (conditions, member, sql_type) =
            (self.conditions(), &self.member, self.sql_type(store));
        let krate = &store.model.krate;
        let tag = self.tag(store);
        let (maybe, known): (Vec<_>, Vec<_>) = self
            .skipping(store)
            .map(|field| (&field.member, known(field)))
            .unzip();
        if maybe.is_empty() {
            return quote!(#conditions #member: #tag);
        }
        let none = quote!(::core::option::Option::None);
        let nones = maybe.iter().map(|_| &none);
        let otherwise = match store.purpose {
            // A column that is left out has its default, NULL, and so has the index.
            Purpose::Insert => none.clone(),
            Purpose::Change => quote! {
                ::core::option::Option::Some(#krate::__private::tag_left_apart::<#sql_type>())
            },
        };
        let untouched = (self.fields.len() == maybe.len()).then(|| quote!((#(#nones,)*) => #none,));
        quote! {
            #conditions #member: match (#(self.#maybe.as_ref(),)*) {
                (#(::core::option::Option::Some(#known),)*) => ::core::option::Option::Some(#tag),
                #untouched
                _ => #otherwise,
            }
        }
    }

    /// The finished bind. Of the fields that may be left out, the values are known here.
    fn tag(&self, store: &Store<'_>) -> TokenStream {
        let (krate, table, sql_type) = (&store.model.krate, store.table, self.sql_type(store));
        // Where `None` is skipped, what stands inside may be an `Option` again: NULL.
        let ty = |field: &Field| {
            let inner = inner_of_option(&field.ty).filter(|_| store.skips_none(field));
            inner.unwrap_or(&field.ty).clone()
        };
        let optional = self
            .fields
            .iter()
            .any(|field| inner_of_option(&ty(field)).is_some());
        let hidden = self.fields.iter().any(|field| field.hides_null());
        let values = self.fields.iter().map(|field| {
            let member = &field.member;
            let span = Span::call_site().located_at(self.name.span());
            let value = if store.skips_none(field) {
                let mut known = known(field);
                known.set_span(span);
                quote!(#known)
            } else {
                quote_spanned!(span=> (&self.#member))
            };
            let ty = ty(field);
            let (value, ty) = match inner_of_option(&ty) {
                Some(inner) => (quote_spanned!(span=> #value.as_ref()?), inner),
                None => (value, &ty),
            };
            if is_reference(ty) {
                quote_spanned!(span=> *#value)
            } else {
                value
            }
        });
        let columns = self.fields.iter().map(|field| {
            let column = field.column();
            // At the index's name, so that an error points at one place.
            located_at(quote!(#table::#column), self.name.span())
        });
        let (value, column) = match self.fields.as_slice() {
            [_] => (quote!(#(#values)*), quote!(#(#columns)*)),
            _ => (
                quote!((#(#values),*)),
                located_at(quote!((#(#columns),*)), self.name.span()),
            ),
        };
        let some = quote!(::core::option::Option::Some);
        let (of, value) = match (hidden, optional) {
            (true, true) => (quote!(tag_of_hidden), quote!((|| #some(#value))())),
            (true, false) => (quote!(tag_of_hidden), quote!(#some(#value))),
            (false, true) => (quote!(tag_of_optional), quote!((|| #some(#value))())),
            (false, false) => (quote!(tag_of), value),
        };
        quote_spanned!(self.span()=> #krate::__private::#of::<#sql_type, #column>(#value))
    }
}

/// The name of a value that is known to be there.
fn known(field: &Field) -> Ident {
    format_ident!("__encfield_{}", field.name)
}
