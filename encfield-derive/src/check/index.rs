//! What must hold of the blind indexes of a model.

use crate::ast::{Field, Model};
use crate::ctxt::Ctxt;

/// An index column belongs to the fields that it is filled from, in every write.
pub(super) fn indexes(model: &Model, cx: &mut Ctxt) {
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

/// In a changeset, `None` can leave a column as it is. What a compound index is made of is then not
/// known, unless all of its fields are left as they are.
pub(super) fn compounds_in_changesets(model: &Model, cx: &mut Ctxt) {
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
