//! What must hold of a model before anything is generated.

mod index;
mod mend;
mod row;

use proc_macro2::Span;
use syn::{Data, DeriveInput, Error, Fields};

pub(crate) use self::mend::mend;
use crate::ast::{Field, Model, is};
use crate::attr;
use crate::ctxt::Ctxt;
use crate::option_type::{argument_of, inner_of_option};

/// Refuses what is no struct with fields, and every mark inside it.
pub(crate) fn no_struct(item: &DeriveInput, cx: &mut Ctxt) {
    let (what, fields): (_, Vec<&Fields>) = match &item.data {
        Data::Enum(data) => (
            "an enum",
            data.variants
                .iter()
                .map(|variant| &variant.fields)
                .collect(),
        ),
        Data::Union(_) => ("a union", Vec::new()),
        Data::Struct(_) => ("a struct without fields", Vec::new()),
    };
    cx.error_at(
        &item.ident,
        format!(
            "`#[encfield::model]` is for structs with fields, and this is {what}; to store it in an \
             encrypted column, implement `encfield::Codec` for it and make a field of that type \
             `#[sensitive]`"
        ),
    );
    let mark = |attributes: &Vec<syn::Attribute>| {
        attributes
            .iter()
            .find(|attribute| attribute.path().is_ident("sensitive"))
            .cloned()
    };
    let in_fields = fields
        .into_iter()
        .flatten()
        .filter_map(|field| mark(&field.attrs));
    let on_variants = match &item.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .filter_map(|variant| mark(&variant.attrs))
            .collect(),
        _ => Vec::new(),
    };
    for mark in in_fields.chain(on_variants) {
        cx.error_at(
            mark,
            "`#[sensitive]` marks a field of a struct; remove it here",
        );
    }
}

/// Checks a struct.
pub(crate) fn model(model: &Model, cx: &mut Ctxt) {
    stands_above_the_derives(model, cx);
    if model.fields.iter().all(|field| field.sensitive.is_none()) {
        cx.error_at(
            &model.item.ident,
            "no field is `#[sensitive]`; mark the fields to encrypt, or remove `#[encfield::model]`",
        );
    }
    for path in model.kept.iter().filter(|path| is(path, "Serialize")) {
        cx.error_at(
            path,
            "`Serialize` would write the sensitive fields in plain; remove it, and serialise a type \
             of your own that holds what may leave the program",
        );
    }
    for path in model.kept.iter().filter(|path| is(path, "Sensitive")) {
        cx.error_at(
            path,
            "a model prints `********` without it, and gives its fields away without wiping them; \
             remove it, and derive `Sensitive` for the form or the answer that the model is made from",
        );
    }
    for field in &model.fields {
        sensitive(model, field, cx);
        row::binding(model, field, cx);
        row::scope(model, field, cx);
    }
    index::indexes(model, cx);
    index::compounds_in_changesets(model, cx);
}

fn stands_above_the_derives(model: &Model, cx: &mut Ctxt) {
    if !model.of_diesel {
        cx.add(Error::new(
            Span::call_site(),
            "`#[encfield::model]` must stand above `#[derive(..)]`, and there is no derive of Diesel's \
             below it; move it to the top of the struct's attributes, above `Queryable`, \
             `Selectable`, `Insertable`, `AsChangeset` or what you derive",
        ));
    }
}

fn sensitive(model: &Model, field: &Field, cx: &mut Ctxt) {
    let Some(attr::Sensitive {
        mark, hide_null, ..
    }) = &field.sensitive
    else {
        return;
    };
    if let Some(hide_null) = hide_null
        && inner_of_option(&field.ty).is_none()
    {
        cx.error_at(
            hide_null,
            "`hide_null` is for an `Option`, and this field always has a value; remove it",
        );
    }
    let inner = inner_of_option(&field.ty).unwrap_or(&field.ty);
    for wrapper in ["Encrypted", "Sealed"] {
        if argument_of(inner, wrapper).is_some() {
            cx.error_at(
                &field.ty,
                format!(
                    "the field is `{wrapper}` already; write the plain type, or remove \
                     `#[sensitive]`"
                ),
            );
        }
    }
    for name in ["serialize_as", "deserialize_as"] {
        if let Some(option) = field.option(name) {
            cx.error_at(
                &option.name,
                format!(
                    "`{name}` and `#[sensitive]` exclude each other; implement `encfield::Codec` for \
                     the field's type instead"
                ),
            );
        }
    }
    if let Some(option) = field.option("embed") {
        cx.error_at(
            &option.name,
            "`embed` and `#[sensitive]` exclude each other; mark the fields of the embedded struct, \
             and put `#[encfield::model]` on it",
        );
    }
    if model.is_key(field)
        && (model.kept("Identifiable").is_some() || model.shadowed("AsChangeset").is_some())
    {
        cx.error_at(
            mark,
            "a primary key cannot be `#[sensitive]`: no row could be found by it; use another column \
             as the key",
        );
    }
}
