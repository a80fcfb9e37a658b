//! Whether tokens name a hidden argument: by itself, or captured in the text of a `format!`.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

/// The first of these names that stands in the tokens, and the token that names it.
pub(super) fn first(tokens: TokenStream, names: &[Ident]) -> Option<(Ident, TokenTree)> {
    tokens.into_iter().find_map(|token| {
        let named = match &token {
            // `r#phone_number` is `phone_number`.
            TokenTree::Ident(name) => {
                let name = name.unraw();
                names.iter().find(|hidden| hidden.unraw() == name).cloned()
            }
            TokenTree::Group(group) => return first(group.stream(), names),
            TokenTree::Literal(literal) => {
                let text = syn::parse2::<LitStr>(TokenTree::from(literal.clone()).into());
                text.ok().and_then(|text| captured(&text.value(), names))
            }
            TokenTree::Punct(_) => None,
        };
        named.map(|name| (name, token))
    })
}

/// The first of these names that a text captures, if it is one for `format!`: `{name}`, `{name:?}`, and
/// as a width in `{0:name$}`.
fn captured(text: &str, names: &[Ident]) -> Option<Ident> {
    let text = text.replace("{{", "");
    let places = text.split('{').skip(1);
    let places = places.map(|place| place.split_once('}').map_or(place, |(inside, _)| inside));
    places
        .flat_map(|place| place.split(|letter: char| !(letter == '_' || letter.is_alphanumeric())))
        .find_map(|word| names.iter().find(|hidden| hidden.unraw() == word).cloned())
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use quote::quote;

    use super::*;

    fn names() -> [Ident; 2] {
        ["phone_number", "r#type"].map(|name| syn::parse_str(name).unwrap())
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for tokens in [
            quote!(last = last4(phone_number)),
            quote!(last = last4(&r#phone_number[..4])),
            quote!(note = format!("{phone_number}")),
            quote!(note = format!("a {{b}} {0:>1$} {phone_number:?}", 1, 2)),
            quote!(note = format!(r"{phone_number:>20}")),
            quote!(note = format!("{ph\u{6f}ne_number}")),
            quote!(note = format!("{:1$.phone_number$}", 1.0, 2)),
            quote!(note = format!("{{{phone_number}}}")),
            quote!(note = format!("{type} {r#type}")),
            quote!(r#type),
        ] {
            assert!(first(tokens.clone(), &names()).is_some(), "{tokens}");
        }
    }

    #[test]
    fn what_records_nothing_is_let_be() {
        for tokens in [
            quote!(country = country),
            quote!(note = "the phone_number of somebody"),
            quote!(note = format!("{{phone_number}} {phone_numbers}")),
            quote!(note = 'p'),
            quote!(rows = 1 + 1),
        ] {
            assert!(first(tokens.clone(), &names()).is_none(), "{tokens}");
        }
        assert_eq!(captured("", &[Ident::new("a", Span::call_site())]), None);
    }
}
