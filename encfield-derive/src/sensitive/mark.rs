//! `#[sensitive(..)]` on a type, a variant or a field of one that derives `Sensitive`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitStr, Meta, Path, Token, Type, parse_quote};

use crate::attr::unknown_option;
use crate::ctxt::Ctxt;
use crate::option_type::inner_of_option;
use crate::show::Show;

/// The options on a type.
const TYPE_OPTIONS: &[&str] = &["crate", "serialize"];

/// The options on a field.
const FIELD_OPTIONS: &[&str] = &[
    "show",
    "show_with",
    "nested",
    "not_wiped",
    "serialize_exposed",
];

/// What is said of a whole type.
pub(super) struct TypeMark {
    pub(super) krate: Path,
    /// The `serialize`, to point at.
    pub(super) serialize: Option<Ident>,
}

/// What is said of a field.
#[derive(Clone)]
pub(super) struct FieldMark {
    /// The attribute, to point at.
    pub(super) attribute: Attribute,
    pub(super) show: Option<Show>,
    /// Whether the value's own type says what is sensitive in it.
    pub(super) nested: Option<Ident>,
    pub(super) not_wiped: bool,
    pub(super) serialize_exposed: Option<Ident>,
}

impl TypeMark {
    pub(super) fn read(attributes: &[Attribute], cx: &mut Ctxt) -> Self {
        let mut mark = Self {
            krate: parse_quote!(::encfield),
            serialize: None,
        };
        for attribute in marks(attributes) {
            let Meta::List(list) = &attribute.meta else {
                cx.error_at(
                    attribute,
                    "mark the fields that are sensitive; on the type stand options only, as in \
                     `#[sensitive(serialize)]`",
                );
                continue;
            };
            let parsed = options(list.tokens.clone(), cx, |option, input| {
                if option == "crate" {
                    input.parse::<Token![=]>()?;
                    mark.krate = if input.peek(LitStr) {
                        input.parse::<LitStr>()?.parse()?
                    } else {
                        input.call(Path::parse_mod_style)?
                    };
                } else if option == "serialize" {
                    mark.serialize = Some(option.clone());
                } else {
                    return Err(unknown_option(
                        option,
                        "#[sensitive] on a type",
                        TYPE_OPTIONS,
                    ));
                }
                Ok(())
            });
            cx.ok(parsed);
        }
        mark
    }
}

impl FieldMark {
    pub(super) fn read(attributes: &[Attribute], cx: &mut Ctxt) -> Option<Self> {
        let mut attributes = marks(attributes);
        let attribute = attributes.next()?.clone();
        for again in attributes {
            cx.error_at(
                again,
                "the field is `#[sensitive]` already: remove this one, or write its options into \
                 the first",
            );
        }
        let mut mark = Self {
            attribute,
            show: None,
            nested: None,
            not_wiped: false,
            serialize_exposed: None,
        };
        match &mark.attribute.meta {
            Meta::Path(_) => {}
            Meta::NameValue(_) => {
                cx.error_at(&mark.attribute, "write `#[sensitive]`, without a value")
            }
            Meta::List(list) => {
                let tokens = list.tokens.clone();
                let parsed = options(tokens, cx, |option, input| mark.option(option, input));
                cx.ok(parsed);
            }
        }
        let shows = mark.show.is_some() || mark.serialize_exposed.is_some();
        if let Some(nested) = mark.nested.take_if(|_| shows) {
            cx.error_at(
                nested,
                "what is nested shows what its own type shows; remove `nested`, or the other option",
            );
            mark.serialize_exposed = None;
        }
        Some(mark)
    }

    fn option(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<(), Error> {
        let value = input.parse::<Option<Token![=]>>()?.is_some();
        let shows = option == "show" || option == "show_with";
        if shows && self.show.is_some() {
            return Err(Error::new(
                option.span(),
                "it is said already what is shown",
            ));
        }
        if value && !shows && FIELD_OPTIONS.iter().any(|known| option == known) {
            let message = format!("write `{option}`, without a value");
            return Err(Error::new(option.span(), message));
        }
        match option.to_string().as_str() {
            "show" => self.show = Some(Show::hint(input, option)?),
            "show_with" => self.show = Some(Show::with(input, option)?),
            "nested" => self.nested = Some(option.clone()),
            "not_wiped" => self.not_wiped = true,
            "serialize_exposed" => self.serialize_exposed = Some(option.clone()),
            _ => return Err(unknown_option(option, "#[sensitive]", FIELD_OPTIONS)),
        }
        Ok(())
    }

    /// What `Debug` prints of the value that `value` is a reference to.
    pub(super) fn printed(&self, value: &Ident, ty: &Type, krate: &Path) -> TokenStream {
        match &self.show {
            _ if self.nested.is_some() => {
                // An error about the type is shown at the type.
                let mut there = value.clone();
                there.set_span(value.span().located_at(ty.span()));
                quote_spanned!(ty.span()=> #krate::__private::nested::<#ty>(#there))
            }
            Some(show) => {
                let is_option = inner_of_option(ty).is_some();
                show.printed(&quote!(#value), is_option, krate)
            }
            None => quote!(&#krate::__private::Redacted),
        }
    }
}

/// The marks among attributes.
pub(super) fn marks(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("sensitive"))
}

/// Reads options one by one, and goes on behind one that is wrong.
fn options(
    tokens: TokenStream,
    cx: &mut Ctxt,
    mut read: impl FnMut(&Ident, ParseStream<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let option: Ident = input.call(syn::ext::IdentExt::parse_any)?;
            cx.ok(read(&option, input));
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(tokens)
}
