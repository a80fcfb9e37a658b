//! `Serialize`: with `********` for the sensitive fields where it is asked for, else refused.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, Fields, LitStr, parse_quote};

use super::ast::{Item, unmarked};
use super::mark::FieldMark;
use super::serde_option::{entries, entries_of, has, is_serde};
use crate::ctxt::Ctxt;

pub(super) fn expand(item: &Item, cx: &mut Ctxt) -> TokenStream {
    if item.mark.serialize.is_some() {
        return match has_detours(item, cx) {
            true => refused(item),
            false => redacted(item),
        };
    }
    for mark in item.fields().filter_map(|field| field.mark.as_ref()) {
        if let Some(exposed) = &mark.serialize_exposed {
            cx.error_at(
                exposed,
                "the type is not serialized; write `#[sensitive(serialize)]` above it too",
            );
        }
    }
    refused(item)
}

/// Refuses serde's ways to write a whole type or variant by other code, which would see every value.
fn has_detours(item: &Item, cx: &mut Ctxt) -> bool {
    let mut found = is_detour(&item.input.attrs, &["into"], cx);
    if let Data::Enum(data) = &item.input.data {
        for (variant, seen) in data.variants.iter().zip(&item.variants) {
            let mut marks = seen.fields.iter().filter_map(|field| field.mark.as_ref());
            if marks.any(hidden) {
                found |= is_detour(&variant.attrs, &["with", "serialize_with"], cx);
            }
        }
    }
    found
}

fn is_detour(attributes: &[Attribute], names: &[&str], cx: &mut Ctxt) -> bool {
    let mut detours = entries(attributes);
    detours.retain(|entry| names.iter().any(|name| entry.path().is_ident(name)));
    let found = !detours.is_empty();
    for entry in detours {
        cx.error_at(
            entry.path(),
            "this would write the sensitive values themselves; remove it, or implement `Serialize` \
             for the type that it leads to and send that one",
        );
    }
    found
}

/// An impl that is never there, and that stands in the way of a derived one.
fn refused(item: &Item) -> TokenStream {
    let (name, krate) = (item.name(), item.krate());
    let (impl_generics, ty_generics, _) = item.generics().split_for_impl();
    let mut clause = item.generics().clone();
    let clause = clause.make_where_clause();
    // Bounds on a lifetime are not looked at until somebody asks; so the impl may be written down.
    clause.predicates.push(parse_quote!(
        for<'never> #krate::__private::Refused<'never>: #krate::__private::SerializesItsSecrets
    ));
    let private = quote!(#krate::__private);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::serde::Serialize for #name #ty_generics #clause {
            fn serialize<S: #private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #private::redact(self, serializer)
            }
        }
    }
}

/// serde's own derive on a twin of the type, which reads the fields of the type itself: what the user
/// wrote in `#[serde(..)]` means what it always means.
fn redacted(item: &Item) -> TokenStream {
    let (name, krate) = (item.name(), item.krate());
    let mut twin = item.input.clone();
    // A name that no type of a field has: it would mean the twin in here.
    twin.ident = format_ident!("__{}RedactedByEncfield", name);
    twin.vis = syn::Visibility::Inherited;
    let (_, ty_generics, _) = item.generics().split_for_impl();
    let remote = name.to_string();
    let serde = LitStr::new(&quote!(#krate::__private::serde).to_string(), name.span());
    // Both are the twin's own affair; where serde is, is said once.
    twin.attrs = without(&serde_alone(&twin.attrs), &["crate", "remote"]);
    twin.attrs
        .push(parse_quote!(#[serde(remote = #remote, crate = #serde)]));
    let original = name.to_string();
    if !has(&item.input.attrs, "rename") {
        twin.attrs.push(parse_quote!(#[serde(rename = #original)]));
    }
    let redact = format!("{}::__private::redact", quote!(#krate)).replace(' ', "");
    let mut of_variant = item.variants.iter();
    let mut mark = |fields: &mut Fields| {
        let marks = of_variant
            .next()
            .into_iter()
            .flat_map(|variant| &variant.fields);
        for (field, seen) in fields.iter_mut().zip(marks) {
            field.attrs = serde_alone(&field.attrs);
            if seen.mark.as_ref().is_some_and(hidden) {
                field.attrs = without(&field.attrs, OWN_WRITERS);
                field
                    .attrs
                    .push(parse_quote!(#[serde(serialize_with = #redact)]));
            }
        }
    };
    match &mut twin.data {
        Data::Struct(data) => mark(&mut data.fields),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                variant.attrs = serde_alone(&variant.attrs);
                mark(&mut variant.fields);
            }
        }
        Data::Union(_) => {}
    }
    let twin_name = &twin.ident;
    let mut generics = item.generics().clone();
    let parameters: Vec<_> = generics
        .type_params()
        .map(|one| one.ident.clone())
        .collect();
    let clause = generics.make_where_clause();
    for parameter in parameters {
        clause
            .predicates
            .push(parse_quote!(#parameter: #krate::__private::serde::Serialize));
    }
    let (impl_generics, _, clause) = generics.split_for_impl();
    let turbofish = ty_generics.as_turbofish();
    quote! {
        #[allow(clippy::all, dead_code, missing_docs, non_camel_case_types, unused_qualifications)]
        const _: () = {
            #[derive(#krate::__private::serde::Serialize)]
            #twin

            #[automatically_derived]
            impl #impl_generics #krate::__private::serde::Serialize for #name #ty_generics #clause {
                fn serialize<S: #krate::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #twin_name #turbofish::serialize(self, serializer)
                }
            }
        };
    }
}

/// Whether the value is not to be seen.
fn hidden(mark: &FieldMark) -> bool {
    mark.nested.is_none() && mark.serialize_exposed.is_none()
}

/// The attributes that serde's derive knows, and conditions.
fn serde_alone(attributes: &[Attribute]) -> Vec<Attribute> {
    let mut attributes = unmarked(attributes);
    attributes.retain(|attribute| is_serde(attribute) || attribute.path().is_ident("cfg"));
    attributes
}

/// What would write a hidden value itself.
const OWN_WRITERS: &[&str] = &["with", "serialize_with", "getter", "flatten"];

/// Without these options of serde.
fn without(attributes: &[Attribute], options: &[&str]) -> Vec<Attribute> {
    let rewritten = |attribute: &Attribute| -> Attribute {
        if !is_serde(attribute) {
            return attribute.clone();
        }
        let mut kept = entries_of(attribute);
        kept.retain(|entry| !options.iter().any(|name| entry.path().is_ident(name)));
        parse_quote!(#[serde(#(#kept),*)])
    };
    attributes.iter().map(rewritten).collect()
}
