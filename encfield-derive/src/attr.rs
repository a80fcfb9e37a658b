//! Attributes: `#[encfield::model(..)]`, `#[sensitive]` and what Diesel's say.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, Ident, Lit, LitInt, LitStr, Member, Meta, Path, Token, Type,
    parse_quote, token,
};

use crate::ctxt::Ctxt;

/// The options that `#[encfield::model(..)]` knows.
const MODEL_OPTIONS: &[&str] = &["crate"];

/// The options that `#[sensitive(..)]` knows.
const SENSITIVE_OPTIONS: &[&str] = &["index", "pad", "hide_null", "bind", "scope"];

/// The path of the crate `encfield`, from the arguments of `#[encfield::model(..)]`.
pub(crate) fn krate(arguments: TokenStream, cx: &mut Ctxt) -> Path {
    let mut krate = parse_quote!(::encfield);
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let option = input.call(syn::ext::IdentExt::parse_any)?;
            if option != "crate" {
                return Err(unknown_option(
                    &option,
                    "#[encfield::model(..)]",
                    MODEL_OPTIONS,
                ));
            }
            input.parse::<Token![=]>()?;
            krate = if input.peek(LitStr) {
                input.parse::<LitStr>()?.parse()?
            } else {
                input.call(Path::parse_mod_style)?
            };
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    cx.ok(parser.parse2(arguments));
    krate
}

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
}

/// The field that names the scope of a value, and what the scope is called.
pub(crate) struct Scope {
    pub(crate) field: Member,
    pub(crate) name: Ident,
}

/// To what length a value is padded.
pub(crate) enum Pad {
    MultipleOf(LitInt),
    Padme,
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

impl Pad {
    fn expected(span: proc_macro2::Span) -> Error {
        Error::new(
            span,
            "give the bytes to pad to a multiple of, `pad = 64`, or `pad = padme`",
        )
    }

    fn multiple_of(literal: LitInt) -> Result<Self, Error> {
        match literal.base10_parse::<u16>() {
            Ok(2..) => Ok(Self::MultipleOf(literal)),
            _ => Err(Error::new(
                literal.span(),
                "pad to a multiple of 2 to 65535 bytes, such as `pad = 64`",
            )),
        }
    }

    fn padme(name: &Ident) -> Result<Self, Error> {
        if name == "padme" {
            Ok(Self::Padme)
        } else {
            Err(Self::expected(name.span()))
        }
    }

    /// The type of the padding.
    pub(crate) fn padding(&self, krate: &Path) -> TokenStream {
        match self {
            Self::MultipleOf(bytes) => {
                let bytes = LitInt::new(bytes.base10_digits(), bytes.span());
                quote!(#krate::MultipleOf<#bytes>)
            }
            Self::Padme => quote!(#krate::Padme),
        }
    }
}

/// An option that is not known, with the nearest that is.
fn unknown_option(option: &Ident, of: &str, known: &[&str]) -> Error {
    let text = option.to_string();
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&text, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
        .min();
    let remedy = match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None => format!("it knows `{}`", known.join("`, `")),
    };
    Error::new(
        option.span(),
        format!("`{of}` has no option `{text}`; {remedy}"),
    )
}

/// One entry of a `#[diesel(..)]` attribute: `embed`, `table_name = profiles`, `belongs_to(User)`.
#[derive(Clone)]
pub(crate) struct DieselOption {
    pub(crate) name: Ident,
    value: Value,
}

#[derive(Clone)]
enum Value {
    None,
    Equals(TokenStream),
    Parenthesized(TokenStream),
}

impl DieselOption {
    /// What stands behind the `=`, if it parses.
    pub(crate) fn value<T: Parse>(&self) -> Result<T, Error> {
        match &self.value {
            Value::Equals(tokens) => syn::parse2(tokens.clone()),
            _ => Err(Error::new(
                self.name.span(),
                format!("`{}` takes a value", self.name),
            )),
        }
    }

    /// The identifiers in the parentheses, if they parse.
    pub(crate) fn idents(&self) -> Result<Vec<Ident>, Error> {
        let Value::Parenthesized(tokens) = &self.value else {
            return Err(Error::new(
                self.name.span(),
                format!("`{}` takes a list", self.name),
            ));
        };
        let list = Punctuated::<Ident, Token![,]>::parse_terminated.parse2(tokens.clone())?;
        Ok(list.into_iter().collect())
    }
}

impl Parse for DieselOption {
    fn parse(input: ParseStream<'_>) -> Result<Self, Error> {
        let name: Ident = input.call(syn::ext::IdentExt::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            // Types and expressions may hold commas, so each must be parsed as what it is.
            let expression = name == "select_expression" || name == "base_query";
            Value::Equals(if expression {
                input.parse::<Expr>()?.into_token_stream()
            } else if input.peek(Lit) {
                input.parse::<Lit>()?.into_token_stream()
            } else {
                input.parse::<Type>()?.into_token_stream()
            })
        } else if input.peek(token::Paren) {
            let inside;
            syn::parenthesized!(inside in input);
            Value::Parenthesized(inside.parse()?)
        } else {
            Value::None
        };
        Ok(Self { name, value })
    }
}

impl ToTokens for DieselOption {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        tokens.extend(match &self.value {
            Value::None => quote!(#name),
            Value::Equals(value) => quote!(#name = #value),
            Value::Parenthesized(value) => quote!(#name(#value)),
        });
    }
}

/// Everything that the `#[diesel(..)]` attributes among these say.
pub(crate) fn diesel_options(attributes: &[Attribute], cx: &mut Ctxt) -> Vec<DieselOption> {
    let mut options = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("diesel"))
    {
        let parsed =
            attribute.parse_args_with(Punctuated::<DieselOption, Token![,]>::parse_terminated);
        options.extend(cx.ok(parsed).into_iter().flatten());
    }
    options
}

/// Whether the option says what `None` is stored as.
pub(crate) fn is_about_none(option: &DieselOption) -> bool {
    option.name == "treat_none_as_default_value" || option.name == "treat_none_as_null"
}

/// Whether the option names a type to convert to or from.
pub(crate) fn is_conversion(option: &DieselOption) -> bool {
    option.name == "serialize_as" || option.name == "deserialize_as"
}
