//! What is left of a model with mistakes, so that one mistake gives one message.

use crate::ast::{Model, is};
use crate::attr;
use crate::option_type::{argument_of, inner_of_option};

/// The struct with its `Serialize` and `Sensitive` derives taken out, so that one mistake gives one
/// message.
pub(crate) fn mend(model: &mut Model) {
    model
        .kept
        .retain(|path| !is(path, "Serialize") && !is(path, "Sensitive"));
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
