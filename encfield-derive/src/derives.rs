//! The derive list: what we take over, what stays, what is refused.

use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token, parse_quote};

use crate::ctxt::Ctxt;

/// Diesel's derives that must not see a plain type in a ciphertext column's place.
pub(crate) const TAKEN: &[&str] = &[
    "Queryable",
    "Selectable",
    "QueryableByName",
    "HasQuery",
    "Insertable",
    "AsChangeset",
];

/// Diesel's other derives, which read `#[diesel(..)]` too.
const READING_DIESEL: &[&str] = &[
    "Identifiable",
    "Associations",
    "AsExpression",
    "FromSqlRow",
    "QueryId",
    "SqlType",
    "ValidGrouping",
];

/// What an item derives.
#[derive(Debug, Default)]
pub(crate) struct Derives {
    /// As the user wrote them, without `Debug`.
    paths: Vec<Path>,
}

impl Derives {
    /// Reads every `#[derive(..)]`, and refuses what cannot be derived beside sensitive fields.
    pub(crate) fn new(ctxt: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attr in attrs {
            if attr.path().is_ident("derive") {
                let paths = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
                found.paths.extend(ctxt.ok(paths).into_iter().flatten());
            }
            if attr.path().is_ident("cfg_attr") {
                conditional(ctxt, attr);
            }
        }
        found.paths.retain(|path| !is(path, "Debug"));
        for path in found.paths.iter().filter(|path| is(path, "Serialize")) {
            refuse_serialize(ctxt, path);
        }
        found
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.paths.iter().any(|path| is(path, name))
    }

    /// Whether Diesel's derives that we take over are among them.
    pub(crate) fn any_taken(&self) -> bool {
        TAKEN.iter().any(|name| self.has(name))
    }

    /// The list that stays on the user's struct, and whether one of it reads `#[diesel(..)]`.
    pub(crate) fn left(&self, taken: impl Fn(&str) -> bool) -> (Option<Attribute>, bool) {
        let left: Vec<&Path> = self
            .paths
            .iter()
            .filter(|path| !TAKEN.iter().any(|name| is(path, name) && taken(name)))
            .collect();
        let reads_diesel = left.iter().any(|path| {
            let mut readers = READING_DIESEL.iter().chain(TAKEN);
            readers.any(|name| is(path, name))
        });
        let list = (!left.is_empty()).then(|| parse_quote!(#[derive(#(#left),*)]));
        (list, reads_diesel)
    }
}

fn is(path: &Path, name: &str) -> bool {
    path.segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

fn refuse_serialize(ctxt: &Ctxt, path: &Path) {
    ctxt.error_at(
        path,
        "`Serialize` would write the sensitive fields in the clear\n\
         help: serialize a type of your own that holds only what may leave the program",
    );
}

/// The derives inside of `#[cfg_attr(.., derive(..))]`, which the compiler has not resolved yet.
fn conditional(ctxt: &Ctxt, attr: &Attribute) {
    let Ok(list) = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return;
    };
    for meta in list.iter().skip(1) {
        let Meta::List(list) = meta else { continue };
        if !list.path.is_ident("derive") {
            continue;
        }
        let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        for path in paths.into_iter().flatten() {
            if is(&path, "Serialize") {
                refuse_serialize(ctxt, &path);
            }
            if is(&path, "Debug") {
                ctxt.error_at(
                    &path,
                    "`#[encfield::model]` writes a `Debug` that masks the sensitive fields\n\
                     help: remove this `Debug`",
                );
            }
            if TAKEN.iter().any(|name| is(&path, name)) {
                ctxt.error_at(
                    &path,
                    format!(
                        "`#[encfield::model]` cannot take over a derive in a `cfg_attr`\n\
                         help: put it in the list of `#[derive({})]`",
                        quote!(#path)
                    ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn read(attrs: &[Attribute]) -> (Derives, String) {
        let ctxt = Ctxt::default();
        let derives = Derives::new(&ctxt, attrs);
        (derives, ctxt.finish().to_string())
    }

    #[test]
    fn the_list_is_split_by_the_last_segment() {
        let (derives, errors) = read(&[
            parse_quote!(#[derive(Clone, diesel::Queryable, Debug)]),
            parse_quote!(#[derive(Identifiable, Insertable)]),
        ]);
        assert_eq!(errors, "");
        assert!(derives.any_taken() && derives.has("Insertable") && !derives.has("Debug"));
        let (left, reads_diesel) = derives.left(|_| true);
        assert_eq!(
            left.to_token_stream().to_string(),
            "# [derive (Clone , Identifiable)]"
        );
        assert!(reads_diesel);
        let (left, _) = derives.left(|name| name == "Queryable");
        assert_eq!(
            left.to_token_stream().to_string(),
            "# [derive (Clone , Identifiable , Insertable)]"
        );
    }

    #[test]
    fn an_empty_list_is_dropped() {
        let (derives, _) = read(&[parse_quote!(#[derive(Queryable, std::fmt::Debug)])]);
        let (left, reads_diesel) = derives.left(|_| true);
        assert!(left.is_none() && !reads_diesel);
    }

    #[test]
    fn serialize_is_refused_wherever_it_stands() {
        for attr in [
            parse_quote!(#[derive(serde::Serialize)]),
            parse_quote!(#[cfg_attr(feature = "serde", derive(Clone, Serialize))]),
        ] {
            let (_, errors) = read(&[attr]);
            assert_eq!(errors.matches("in the clear").count(), 1);
        }
    }

    #[test]
    fn a_conditional_derive_that_we_would_take_over_is_refused() {
        let (_, errors) = read(&[parse_quote!(#[cfg_attr(x, derive(Queryable, Debug, Clone))])]);
        assert_eq!(errors.matches("compile_error").count(), 2);
    }
}
