//! What must hold of the fields that a value is bound to, and of the one that names its scope.

use syn::Type;

use crate::ast::{Field, Model};
use crate::ctxt::Ctxt;
use crate::option_type::inner_of_option;

/// What a ciphertext is bound to is known when the row is written, and stays as it is.
pub(super) fn binding(model: &Model, field: &Field, cx: &mut Ctxt) {
    let inserts = model.shadowed("Insertable").is_some();
    let stores = inserts || model.shadowed("AsChangeset").is_some();
    for member in field.bind() {
        let Some(to) = model.fields.iter().find(|other| other.member == *member) else {
            let name = quote::quote!(#member);
            let message = if stores {
                format!(
                    "the struct has no field `{name}` to bind the value to, and without it the value \
                     can neither be sealed nor opened; add it. A key that the database assigns is \
                     not known when the row is written: use one that is (a UUID, a number that was \
                     fetched from the sequence first), or bind to the owner's id"
                )
            } else {
                format!(
                    "the struct has no field `{name}`, which the value is bound to, and without it the \
                     value does not open; add the field, or load the column as `Sealed` and say the \
                     row with `open_in`"
                )
            };
            cx.error_at(member, message);
            continue;
        };
        if to.sensitive.is_some() {
            cx.error_at(
                member,
                "a value cannot be bound to a sensitive field; bind it to a column that is stored as \
                 it is, such as an id",
            );
        }
        if is_rounded(&to.ty) {
            cx.error_at(
                member,
                "a database may keep fewer digits of this type than Rust does, and what is bound to it \
                 would never open again; bind to an id, a text, a date or a whole number",
            );
        }
        if inner_of_option(&to.ty).is_some() || (inserts && to.option("skip_insertion").is_some()) {
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

/// The types that come back from a database with fewer digits: microseconds in the place of
/// nanoseconds, another scale, a float of another size.
const ROUNDED: &[&str] = &[
    "f32",
    "f64",
    "Decimal",
    "BigDecimal",
    "NaiveTime",
    "NaiveDateTime",
    "DateTime",
    "Time",
    "PrimitiveDateTime",
    "UtcDateTime",
    "OffsetDateTime",
    "SystemTime",
    "Duration",
    "TimeDelta",
];

/// Whether a database may round the type. It goes by the name: what is called otherwise is not seen.
fn is_rounded(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_rounded(&reference.elem),
        Type::Group(group) => is_rounded(&group.elem),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| ROUNDED.iter().any(|name| last.ident == name)),
        _ => false,
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
pub(super) fn scope(model: &Model, field: &Field, cx: &mut Ctxt) {
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
