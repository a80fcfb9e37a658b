//! What must hold of a model before anything is generated.

use proc_macro2::Span;
use syn::{Data, DeriveInput, Error, Fields};

use crate::ast::{Field, Model};
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
    for path in model
        .kept
        .iter()
        .filter(|path| crate::ast::is(path, "Serialize"))
    {
        cx.error_at(
            path,
            "`Serialize` would write the sensitive fields in plain; remove it, and serialise a type \
             of your own that holds what may leave the program",
        );
    }
    for field in &model.fields {
        sensitive(model, field, cx);
        binding(model, field, cx);
        scope(model, field, cx);
    }
    indexes(model, cx);
    compounds_in_changesets(model, cx);
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

/// An index column belongs to the fields that it is filled from, in every write.
fn indexes(model: &Model, cx: &mut Ctxt) {
    for (position, field) in model.fields.iter().enumerate() {
        for name in field.indexes() {
            let column = |other: &&Field| other.column().as_ref() == Some(name);
            if let Some(own) = model.fields.iter().find(column)
                && (own.option("skip_insertion").is_none() || own.option("skip_update").is_none())
            {
                cx.error_at(
                    name,
                    format!(
                        "`{name}` is filled from this field, and the struct has a field for it that \
                         would be written as well; remove that field, or make it an \
                         `encfield::Tag` with `#[diesel(skip_insertion, skip_update)]`"
                    ),
                );
            }
            let mut others = model.fields.iter().skip(position + 1);
            let other = others.find(|other| other.indexes().contains(name));
            for skip in ["skip_insertion", "skip_update"] {
                if other.is_some_and(|other| {
                    other.option(skip).is_some() != field.option(skip).is_some()
                }) {
                    cx.error_at(
                        name,
                        format!(
                            "`{name}` is made of several fields, and `{skip}` leaves out one of \
                             them: write it on each or on none"
                        ),
                    );
                }
            }
        }
    }
}

/// What a ciphertext is bound to is known when the row is written, and stays as it is.
fn binding(model: &Model, field: &Field, cx: &mut Ctxt) {
    for member in field.bind() {
        let Some(to) = model.fields.iter().find(|other| other.member == *member) else {
            let name = quote::quote!(#member);
            cx.error_at(
                member,
                format!(
                    "the struct has no field `{name}` to bind the value to, and without it the value \
                     can neither be sealed nor opened; add it. A key that the database assigns is \
                     not known when the row is written: use one that is (a UUID, a number that was \
                     fetched from the sequence first), or bind to the owner's id"
                ),
            );
            continue;
        };
        if to.sensitive.is_some() {
            cx.error_at(
                member,
                "a value cannot be bound to a sensitive field; bind it to a column that is stored as \
                 it is, such as an id",
            );
        }
        let stores = model.shadowed("Insertable").is_some();
        if inner_of_option(&to.ty).is_some() || (stores && to.option("skip_insertion").is_some()) {
            cx.error_at(
                member,
                "what a value is bound to must be known when the row is written, and here the \
                 database may assign it; use a key that is known (a UUID, a number that was fetched \
                 from the sequence first), or bind to the owner's id, in a field that is no `Option` \
                 and is not skipped",
            );
        }
        if moves_without(model, to, field) {
            cx.error_at(
                member,
                "a changeset would write this field and leave the value that is bound to it as it \
                 is, and the value would never open again; write `#[diesel(skip_update)]` on this \
                 field, or `#[diesel(treat_none_as_null = true)]` on the sensitive one",
            );
        }
    }
}

/// Whether a changeset can write a field and leave the value as it is that depends on it.
fn moves_without(model: &Model, to: &Field, field: &Field) -> bool {
    let moves = model.shadowed("AsChangeset").is_some()
        && to.option("skip_update").is_none()
        && !model.is_key(to);
    moves && (model.changeset_skips_none(field) || field.option("skip_update").is_some())
}

/// Whose data key it is must be known when the row is written, and when it is read.
fn scope(model: &Model, field: &Field, cx: &mut Ctxt) {
    let Some(scope) = field.scope() else {
        return;
    };
    let member = &scope.field;
    let Some((of, _)) = model.scope_of(field) else {
        let name = quote::quote!(#member);
        cx.error_at(
            member,
            format!(
                "the struct has no field `{name}`, which says under whose data key the value is \
                 sealed; add it, or remove `scope` from a struct that only loads"
            ),
        );
        return;
    };
    if of.sensitive.is_some() {
        cx.error_at(
            member,
            "a sensitive field cannot be a scope, which is stored in plain; use an id",
        );
    }
    if model.shadowed("Insertable").is_some() && of.option("skip_insertion").is_some() {
        cx.error_at(
            member,
            "the scope must be known when the row is written, and here the database assigns it; use \
             an id that is known, in a field that is not skipped",
        );
    }
    if moves_without(model, of, field) {
        cx.error_at(
            member,
            "a changeset would write this field and leave the value as it is, under the data key of \
             another scope; write `#[diesel(skip_update)]` on this field, or \
             `#[diesel(treat_none_as_null = true)]` on the sensitive one",
        );
    }
}

/// In a changeset, `None` can leave a column as it is. What a compound index is made of is then not
/// known, unless all of its fields are left as they are.
fn compounds_in_changesets(model: &Model, cx: &mut Ctxt) {
    if model.shadowed("AsChangeset").is_none() {
        return;
    }
    for field in model
        .fields
        .iter()
        .filter(|field| model.changeset_skips_none(field))
    {
        let always = |name: &syn::Ident| {
            model
                .fields
                .iter()
                .any(|other| other.indexes().contains(name) && !model.changeset_skips_none(other))
        };
        if let Some(name) = field.indexes().iter().find(|name| always(name)) {
            cx.error_at(
                &field.ty,
                format!(
                    "`None` would leave this column as it is in a changeset, and `{name}`, which is \
                     made of it and of a field that is always written, could not follow; write \
                     `#[diesel(treat_none_as_null = true)]` on the field"
                ),
            );
        }
    }
}

/// The struct with its `Serialize` derives taken out, so that one mistake gives one message.
pub(crate) fn mend(model: &mut Model) {
    model.kept.retain(|path| !crate::ast::is(path, "Serialize"));
    let keys: Vec<bool> = model
        .fields
        .iter()
        .map(|field| model.is_key(field))
        .collect();
    let known: Vec<_> = model
        .fields
        .iter()
        .filter(|field| field.sensitive.is_none() && inner_of_option(&field.ty).is_none())
        .map(|field| field.member.clone())
        .collect();
    let plain: Vec<_> = model
        .fields
        .iter()
        .filter(|field| field.sensitive.is_none())
        .map(|field| field.member.clone())
        .collect();
    for (field, is_key) in model.fields.iter_mut().zip(keys) {
        let inner = inner_of_option(&field.ty).unwrap_or(&field.ty);
        let wrapped = ["Encrypted", "Sealed"]
            .iter()
            .any(|name| argument_of(inner, name).is_some());
        if wrapped || is_key || field.option("embed").is_some() {
            field.sensitive = None;
        }
        if let Some(sensitive) = &mut field.sensitive {
            if inner_of_option(&field.ty).is_none() {
                sensitive.hide_null = None;
            }
            sensitive.bind.retain(|member| known.contains(member));
            sensitive
                .scope
                .take_if(|scope| !plain.contains(&scope.field));
            field.options.retain(|option| !attr::is_conversion(option));
        }
    }
}
