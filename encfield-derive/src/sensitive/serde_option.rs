//! What stands in `#[serde(..)]`.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

/// The entries of all `#[serde(..)]` among attributes.
pub(super) fn entries(attributes: &[Attribute]) -> Vec<Meta> {
    let serde = attributes.iter().filter(|attribute| is_serde(attribute));
    serde.flat_map(entries_of).collect()
}

pub(super) fn is_serde(attribute: &Attribute) -> bool {
    attribute.path().is_ident("serde")
}

/// What one attribute says; nothing, if it is none of serde's that can be read.
pub(super) fn entries_of(attribute: &Attribute) -> Vec<Meta> {
    let Meta::List(list) = &attribute.meta else {
        return Vec::new();
    };
    inside(list)
}

fn inside(list: &syn::MetaList) -> Vec<Meta> {
    let parsed = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parsed.into_iter().flatten().collect()
}

/// Whether an option is written there.
pub(super) fn has(attributes: &[Attribute], option: &str) -> bool {
    entries(attributes)
        .iter()
        .any(|entry| entry.path().is_ident(option))
}

/// The names that serde has for a field beside its own: `rename = ".."`, `alias = ".."`, and
/// `rename(serialize = "..", deserialize = "..")`.
pub(super) fn names(attributes: &[Attribute]) -> Vec<String> {
    let entries = entries(attributes);
    let naming = entries
        .iter()
        .filter(|entry| entry.path().is_ident("rename") || entry.path().is_ident("alias"));
    let texts = |entry: &Meta| match entry {
        Meta::NameValue(_) => text(entry).into_iter().collect(),
        Meta::List(list) => inside(list).iter().filter_map(text).collect(),
        Meta::Path(_) => Vec::new(),
    };
    naming.flat_map(texts).collect()
}

/// The text behind the `=`.
fn text(entry: &Meta) -> Option<String> {
    match &entry.require_name_value().ok()?.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
