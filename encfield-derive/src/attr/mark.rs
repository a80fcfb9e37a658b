//! `#[sensitive(..)]` on a field of a model.

use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Ident, LitInt, Member, Meta, Token};

use super::pad::Pad;
use super::unknown_option;
use crate::ctxt::Ctxt;
use crate::show::Show;

/// The options that `#[sensitive(..)]` knows.
const SENSITIVE_OPTIONS: &[&str] = &[
    "index",
    "pad",
    "hide_null",
    "bind",
    "scope",
    "show",
    "show_with",
];

/// What `#[sensitive(..)]` says of a field.
pub(crate) struct Sensitive {
    /// The attribute, to point at.
    pub(crate) mark: Attribute,
    /// The blind indexes that are filled from the field.
    pub(crate) indexes: Vec<Ident>,
    /// What the value's length is padded to.
    pub(crate) pad: Option<Pad>,
    /// The `hide_null`, to point at.
    pub(crate) hide_null: Option<Ident>,
    /// The fields of the struct whose values the ciphertext is bound to.
    pub(crate) bind: Vec<Member>,
    /// Under whose data key the value is sealed.
    pub(crate) scope: Option<Scope>,
    /// How much of the value `Debug` may show.
    pub(crate) show: Option<Show>,
}

/// The field that names the scope of a value, and what the scope is called.
pub(crate) struct Scope {
    pub(crate) field: Member,
    pub(crate) name: Ident,
}

/// The `#[sensitive]` of a field, if it bears one; the mark itself is taken off.
pub(crate) fn take_sensitive(attributes: &mut Vec<Attribute>, cx: &mut Ctxt) -> Option<Sensitive> {
    let is_mark = |attribute: &Attribute| attribute.path().is_ident("sensitive");
    let mut marks = attributes.extract_if(.., |attribute| is_mark(attribute));
    let mark = marks.next()?;
    for again in marks {
        cx.error_at(
            &again,
            "the field is `#[sensitive]` already: remove this one, or write its options into the \
             first",
        );
    }
    let mut sensitive = Sensitive {
        mark,
        indexes: Vec::new(),
        pad: None,
        hide_null: None,
        bind: Vec::new(),
        scope: None,
        show: None,
    };
    match &sensitive.mark.meta {
        Meta::Path(_) => {}
        Meta::NameValue(_) => {
            cx.error_at(&sensitive.mark, "write `#[sensitive]`, without a value");
        }
        Meta::List(list) => {
            let tokens = list.tokens.clone();
            let parser = |input: ParseStream<'_>| sensitive.read(input, cx);
            let parsed = parser.parse2(tokens);
            cx.ok(parsed);
        }
    }
    Some(sensitive)
}

impl Sensitive {
    /// Reads the options, and goes on behind one that is wrong.
    fn read(&mut self, input: ParseStream<'_>, cx: &mut Ctxt) -> Result<(), Error> {
        while !input.is_empty() {
            let option: Ident = input.call(syn::ext::IdentExt::parse_any)?;
            cx.ok(self.read_option(&option, input));
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<proc_macro2::TokenTree>()?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn read_option(&mut self, option: &Ident, input: ParseStream<'_>) -> Result<(), Error> {
        let refused = |message: &str| Error::new(option.span(), message);
        let value = input.parse::<Option<Token![=]>>()?.is_some();
        if option == "index" {
            let name = if value {
                input.parse::<Ident>()
            } else {
                Err(refused(""))
            };
            let name = name.map_err(|_| {
                refused("name the index column: `index = passport_index`, once for each index")
            })?;
            if self.indexes.contains(&name) {
                return Err(Error::new(
                    name.span(),
                    format!("`{name}` is named already"),
                ));
            }
            self.indexes.push(name);
        } else if option == "pad" {
            if self.pad.is_some() {
                return Err(refused("`pad` is given already"));
            }
            self.pad = Some(match value {
                true if input.peek(LitInt) => Pad::multiple_of(input.parse()?)?,
                true if input.peek(Ident) => Pad::padme(&input.parse()?)?,
                _ => return Err(Pad::expected(option.span())),
            });
        } else if option == "hide_null" {
            if value {
                return Err(refused("write `hide_null`, without a value"));
            }
            self.hide_null = Some(option.clone());
        } else if option == "bind" {
            let field = if value {
                input.parse::<Member>()
            } else {
                Err(refused(""))
            };
            let field = field.map_err(|_| {
                refused("name a field of the struct: `bind = user_id`, once for each field")
            })?;
            if self.bind.contains(&field) {
                return Err(Error::new_spanned(&field, "the field is named already"));
            }
            self.bind.push(field);
        } else if option == "scope" {
            if self.scope.is_some() {
                return Err(refused(
                    "`scope` is given already, and a value has one data key",
                ));
            }
            let scope = if value {
                Scope::parse(input)
            } else {
                Err(refused(""))
            };
            self.scope = Some(scope.map_err(|_| {
                refused(
                    "name a field of the struct: `scope = tenant_id`; where it has another name than \
                     in other tables, `scope = id as tenant_id`",
                )
            })?);
        } else if option == "show" || option == "show_with" {
            if self.show.is_some() {
                return Err(refused("what may be shown is given already"));
            }
            self.show = Some(match option == "show_with" {
                true => Show::with(input, option)?,
                false => Show::hint(input, option)?,
            });
        } else {
            return Err(unknown_option(option, "#[sensitive]", SENSITIVE_OPTIONS));
        }
        Ok(())
    }
}

impl Parse for Scope {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let field: Member = input.parse()?;
        let name = match (&field, input.parse::<Option<Token![as]>>()?) {
            (_, Some(_)) => input.parse()?,
            (Member::Named(name), None) => name.clone(),
            (Member::Unnamed(_), None) => return Err(Error::new_spanned(&field, "it has no name")),
        };
        Ok(Self { field, name })
    }
}
