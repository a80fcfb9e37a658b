//! Storing: shadows whose sensitive fields are finished binds, and what delegates to them.
//!
//! There are four kinds: to insert and to change, each by value and by reference. The sensitive
//! fields bear `serialize_as`, so that Diesel derives the impl by value alone, which is all that a
//! shadow needs: it is made for one query and consumed by it.

mod bind;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Generics, Ident, Path};

use super::index::Index;
use super::shadow::{self, borrowed, mention, with_borrow};
use crate::ast::{Field, Model};
use crate::attr::{is_about_none, is_conversion};
use crate::option_type::inner_of_option;

pub(super) fn expand(model: &Model) -> TokenStream {
    let by_reference = !model
        .fields
        .iter()
        // Diesel cannot convert a borrowed field, and neither can we.
        .any(|field| field.sensitive.is_none() && field.option("serialize_as").is_some());
    let ways = if by_reference {
        &[false, true][..]
    } else {
        &[false]
    };

    let mut code = TokenStream::new();
    if let Some(derive) = model.shadowed("Insertable") {
        for (position, table) in model.tables.iter().enumerate() {
            for &borrow in ways {
                let name = shadow_name("Insert", position, borrow);
                let store = Store {
                    model,
                    derive,
                    table,
                    name,
                    borrow,
                    purpose: Purpose::Insert,
                };
                code.extend(store.insert());
            }
            code.extend(undecorated(model, table));
        }
    }
    if let Some((derive, table)) = model.shadowed("AsChangeset").zip(model.tables.first()) {
        for &borrow in ways {
            let name = shadow_name("Change", 0, borrow);
            let store = Store {
                model,
                derive,
                table,
                name,
                borrow,
                purpose: Purpose::Change,
            };
            code.extend(store.change());
        }
    }
    code
}

fn shadow_name(purpose: &str, table: usize, borrow: bool) -> Ident {
    format_ident!(
        "__Encfield{purpose}{}{table}",
        if borrow { "Borrowed" } else { "Owned" }
    )
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    Insert,
    Change,
}

/// One shadow struct that stores.
pub(super) struct Store<'m> {
    pub(super) model: &'m Model,
    derive: &'m Path,
    pub(super) table: &'m Path,
    name: Ident,
    borrow: bool,
    pub(super) purpose: Purpose,
}

impl Store<'_> {
    fn insert(&self) -> TokenStream {
        let table = self.table;
        let of = quote!(::diesel::insertable::Insertable<#table::table>);
        let shadow = self.shadow_type();
        let make = self.make();
        let body = quote! {
            type Values = <#shadow as #of>::Values;

            fn values(self) -> Self::Values {
                <#shadow as #of>::values(#make)
            }
        };
        [self.shadow(), self.delegation(&of, &body)]
            .into_iter()
            .collect()
    }

    fn change(&self) -> TokenStream {
        let table = self.table;
        let of = quote!(::diesel::query_builder::AsChangeset);
        let shadow = self.shadow_type();
        let make = self.make();
        let body = quote! {
            type Target = #table::table;
            type Changeset = <#shadow as #of>::Changeset;

            fn as_changeset(self) -> Self::Changeset {
                <#shadow as #of>::as_changeset(#make)
            }
        };
        [self.shadow(), self.delegation(&of, &body)]
            .into_iter()
            .collect()
    }

    /// The fields of the shadow. What Diesel would skip is left out: it may have no column.
    fn fields(&self) -> impl Iterator<Item = &Field> {
        let skip = match self.purpose {
            Purpose::Insert => "skip_insertion",
            Purpose::Change => "skip_update",
        };
        self.model
            .fields
            .iter()
            .filter(move |field| field.option(skip).is_none())
    }

    fn generics(&self) -> Generics {
        let generics = self.model.generics();
        if self.borrow {
            with_borrow(generics)
        } else {
            generics.clone()
        }
    }

    fn shadow_type(&self) -> TokenStream {
        let name = &self.name;
        let generics = self.generics();
        let (_, ty_generics, _) = generics.split_for_impl();
        quote!(#name #ty_generics)
    }

    /// The shadow struct itself.
    fn shadow(&self) -> TokenStream {
        let (derive, name, visibility) = (self.derive, &self.name, &self.model.item.vis);
        let generics = without_where(self.generics());
        let where_clause = &generics.where_clause;
        let options = shadow::struct_options(self.model, [self.table], |option| {
            let unrelated = [
                "belongs_to",
                "check_for_backend",
                "base_query",
                "base_query_type",
            ];
            !unrelated.iter().any(|name| option.name == name)
        });
        let fields = self.fields().map(|field| {
            let (conditions, field) = (&field.conditions, self.field(field));
            quote!(#(#conditions)* #field)
        });
        let tags = self.indexes().into_iter().map(|index| index.field(self));
        let mention = mention(&generics);
        quote! {
            #[derive(#derive)]
            #options
            #visibility struct #name #generics #where_clause {
                #(#fields,)*
                #(#tags,)*
                #[diesel(skip_insertion, skip_update)]
                __encfield_generics: #mention,
            }
        }
    }

    fn field(&self, field: &Field) -> TokenStream {
        let (name, ty) = (&field.name, &field.ty);
        if field.sensitive.is_some() {
            let options = shadow::field_options(field, |option| {
                !is_conversion(option) && !is_about_none(option)
            });
            let bind = self.bind(field);
            let bound = self.bound(name, &bind, self.skips_none(field));
            return quote!(#options #bound);
        }
        let options = shadow::field_options(field, |_| true);
        let lifetime = borrowed();
        match (self.borrow, inner_of_option(ty)) {
            (false, _) => quote!(#options #name: #ty),
            (true, Some(inner)) => {
                quote!(#options #name: ::core::option::Option<&#lifetime #inner>)
            }
            (true, None) => quote!(#options #name: &#lifetime #ty),
        }
    }

    /// The indexes that this write fills.
    fn indexes(&self) -> Vec<Index<'_>> {
        Index::of_fields(self.fields())
    }

    pub(super) fn skips_none(&self, field: &Field) -> bool {
        match self.purpose {
            Purpose::Insert => self.model.insert_skips_none(field),
            Purpose::Change => self.model.changeset_skips_none(field),
        }
    }

    /// The shadow, made from `self`. What is sealed comes first: it may be bound to a field that
    /// then moves.
    fn make(&self) -> TokenStream {
        let name = &self.name;
        let sensitive = self.fields().filter(|field| field.sensitive.is_some());
        let others = self.fields().filter(|field| field.sensitive.is_none());
        let fields = sensitive.chain(others).map(|field| {
            let (name, member) = (&field.name, &field.member);
            let value = match (&field.sensitive, self.borrow) {
                (Some(_), _) => self.seal(field),
                (None, false) => quote!(self.#member),
                (None, true) if inner_of_option(&field.ty).is_some() => {
                    quote!(self.#member.as_ref())
                }
                (None, true) => quote!(&self.#member),
            };
            let conditions = &field.conditions;
            quote!(#(#conditions)* #name: #value)
        });
        let tags = self.indexes().into_iter().map(|index| index.make(self));
        quote! {
            #name { #(#fields,)* #(#tags,)* __encfield_generics: ::core::marker::PhantomData }
        }
    }

    /// The impl of a storing trait for the user's struct, or for a reference to it.
    fn delegation(&self, of: &TokenStream, body: &TokenStream) -> TokenStream {
        let name = &self.model.item.ident;
        let (_, ty_generics, _) = self.model.generics().split_for_impl();
        let mut generics = self.generics();
        if generics.type_params().next().is_some() {
            let shadow = self.shadow_type();
            generics
                .make_where_clause()
                .predicates
                .push(syn::parse_quote!(#shadow: #of));
        }
        let (impl_generics, _, where_clause) = generics.split_for_impl();
        let lifetime = borrowed();
        let reference = self.borrow.then(|| quote!(&#lifetime));
        quote! {
            #[automatically_derived]
            impl #impl_generics #of for #reference #name #ty_generics #where_clause {
                #body
            }
        }
    }
}

/// The generics with `where T: Bound` written as `T: Bound` among the parameters, and without other
/// predicates: Diesel's `Insertable` cannot be derived for a struct with a where clause.
fn without_where(mut generics: Generics) -> Generics {
    let Some(mut clause) = generics.where_clause.take() else {
        return generics;
    };
    for predicate in std::mem::take(&mut clause.predicates) {
        let syn::WherePredicate::Type(of) = predicate else {
            continue;
        };
        let parameter = generics.type_params_mut().find(
            |own| matches!(&of.bounded_ty, syn::Type::Path(path) if path.path.is_ident(&own.ident)),
        );
        if let Some(parameter) = parameter.filter(|_| of.lifetimes.is_none()) {
            parameter.bounds.extend(of.bounds);
        }
    }
    generics
}

/// What lets a batch of the struct be inserted; Diesel extends it to references itself.
fn undecorated(model: &Model, table: &Path) -> TokenStream {
    let name = &model.item.ident;
    let (impl_generics, ty_generics, where_clause) = model.generics().split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics
            ::diesel::internal::derives::insertable::UndecoratedInsertRecord<#table::table>
            for #name #ty_generics #where_clause
        {
        }
    }
}
