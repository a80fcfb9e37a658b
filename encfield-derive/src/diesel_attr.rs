//! Diesel's own attributes, as far as the shadow structs depend on them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitBool, LitStr, Path, Token, Type, parenthesized, token};

/// One option of a `#[diesel(..)]`.
#[derive(Clone, Debug)]
pub(crate) struct DieselOption {
    name: Ident,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    None,
    List(TokenStream),
    Path(Path),
    Type(Box<Type>),
    Expr(Box<Expr>),
    Bool(LitBool),
    Ident(Ident),
    Str(LitStr),
}

impl Parse for DieselOption {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            let value = Value::List(content.parse()?);
            return Ok(Self { name, value });
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            let value = Value::None;
            return Ok(Self { name, value });
        }
        let value = match name.to_string().as_str() {
            "table_name" => Value::Path(input.parse()?),
            "column_name" if input.peek(LitStr) => Value::Str(input.parse()?),
            "column_name" => Value::Ident(input.call(Ident::parse_any)?),
            "treat_none_as_default_value" | "treat_none_as_null" => Value::Bool(input.parse()?),
            "select_expression" | "base_query" => Value::Expr(input.parse()?),
            _ => Value::Type(input.parse()?),
        };
        Ok(Self { name, value })
    }
}

impl ToTokens for DieselOption {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = &self.name;
        tokens.extend(match &self.value {
            Value::None => quote!(#name),
            Value::List(list) => quote!(#name(#list)),
            Value::Path(value) => quote!(#name = #value),
            Value::Type(value) => quote!(#name = #value),
            Value::Expr(value) => quote!(#name = #value),
            Value::Bool(value) => quote!(#name = #value),
            Value::Ident(value) => quote!(#name = #value),
            Value::Str(value) => quote!(#name = #value),
        });
    }
}

/// Every option of an item's or a field's `#[diesel(..)]` attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct DieselOptions {
    options: Vec<DieselOption>,
    /// Attributes that we cannot read. Diesel's derives get them as they are, and say what is wrong.
    unread: Vec<Attribute>,
}

impl DieselOptions {
    pub(crate) fn new(attrs: &[Attribute]) -> Self {
        let mut found = Self::default();
        for attr in attrs.iter().filter(|attr| is_diesel(attr)) {
            match attr.parse_args_with(Punctuated::<_, Token![,]>::parse_terminated) {
                Ok(options) => found.options.extend(options),
                Err(_) => found.unread.push(attr.clone()),
            }
        }
        found
    }

    /// The option of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&DieselOption> {
        // As in Diesel, the last one counts.
        self.options.iter().rfind(|option| option.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match &self.find(name)?.value {
            Value::Bool(value) => Some(value.value),
            _ => None,
        }
    }

    pub(crate) fn tables(&self) -> impl Iterator<Item = &Path> {
        self.options
            .iter()
            .filter_map(|option| match &option.value {
                Value::Path(path) => Some(path),
                _ => None,
            })
    }

    /// The columns of `primary_key(..)`, where it is given.
    pub(crate) fn primary_key(&self) -> Option<Vec<Ident>> {
        match &self.find("primary_key")?.value {
            Value::List(list) => {
                let list = syn::parse::Parser::parse2(
                    Punctuated::<Ident, Token![,]>::parse_terminated,
                    list.clone(),
                );
                Some(list.ok()?.into_iter().collect())
            }
            _ => None,
        }
    }

    /// The name of `column_name = ..`, as an identifier that names the column in Rust.
    pub(crate) fn column(&self) -> Option<syn::Result<Ident>> {
        match &self.find("column_name")?.value {
            Value::Ident(ident) => Some(Ok(rust_name(ident))),
            Value::Str(text) => Some(text.parse_with(Ident::parse_any).map(|ident| {
                let mut ident = rust_name(&ident);
                ident.set_span(text.span());
                ident
            })),
            _ => None,
        }
    }

    /// One attribute a kind, without the options of these names.
    pub(crate) fn without(&self, names: &[&str]) -> TokenStream {
        let options = self
            .options
            .iter()
            .filter(|option| !names.iter().any(|name| option.name == name));
        let unread = &self.unread;
        quote!(#(#[diesel(#options)])* #(#unread)*)
    }

    /// The options of these names alone.
    pub(crate) fn only(&self, names: &[&str]) -> TokenStream {
        let options = names.iter().filter_map(|name| self.find(name));
        quote!(#(#[diesel(#options)])*)
    }
}

pub(crate) fn is_diesel(attr: &Attribute) -> bool {
    attr.path().is_ident("diesel")
}

/// A column named by a keyword is a raw identifier in Rust: `r#type`.
pub(crate) fn rust_name(ident: &Ident) -> Ident {
    let ident = ident.unraw();
    match syn::parse_str::<Ident>(&ident.to_string()) {
        Ok(_) => ident,
        Err(_) => Ident::new_raw(&ident.to_string(), ident.span()),
    }
}

/// The table that Diesel takes for a struct of this name: `blog_posts` for `BlogPost`.
pub(crate) fn inferred_table(ident: &Ident) -> Path {
    let mut name = String::new();
    for (at, letter) in ident.unraw().to_string().chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name.push('s');
    Ident::new(&name, ident.span()).into()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn options(attr: Attribute) -> DieselOptions {
        DieselOptions::new(&[attr])
    }

    #[test]
    fn options_are_read_and_written_back() {
        let options = options(parse_quote!(#[diesel(
            table_name = schema::a, table_name = b, primary_key(x, y), treat_none_as_null = true,
            sql_type = Map<A, B>, base_query = a::table.filter(f(1, 2)), embed, belongs_to(P, foreign_key = id)
        )]));
        assert!(options.unread.is_empty());
        assert_eq!(options.tables().count(), 2);
        assert_eq!(options.primary_key().unwrap(), ["x", "y"]);
        assert_eq!(options.flag("treat_none_as_null"), Some(true));
        assert!(options.has("embed") && !options.has("serialize_as"));
        let written = options.without(&["table_name", "embed"]).to_string();
        assert!(!written.contains("table_name") && !written.contains("embed"));
        assert!(written.contains("# [diesel (sql_type = Map < A , B >)]"));
        assert!(written.contains("belongs_to (P , foreign_key = id)"));
        assert_eq!(options.only(&["embed"]).to_string(), "# [diesel (embed)]");
    }

    #[test]
    fn what_cannot_be_read_is_left_to_diesel() {
        let options = options(parse_quote!(#[diesel(table_name =)]));
        assert_eq!(options.tables().count(), 0);
        assert_eq!(
            options.without(&[]).to_string(),
            "# [diesel (table_name =)]"
        );
    }

    #[test]
    fn a_column_is_named_by_an_identifier_a_keyword_or_a_text() {
        let column = |attr| options(attr).column().unwrap().unwrap().to_string();
        assert_eq!(column(parse_quote!(#[diesel(column_name = iban)])), "iban");
        assert_eq!(column(parse_quote!(#[diesel(column_name = type)])), "r#type");
        assert_eq!(column(parse_quote!(#[diesel(column_name = "type")])), "r#type");
        assert_eq!(column(parse_quote!(#[diesel(column_name = r#iban)])), "iban");
        assert!(
            options(parse_quote!(#[diesel(column_name = "a b")]))
                .column()
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn the_table_is_inferred_as_diesel_does() {
        let table = |name: &str| {
            let path = inferred_table(&syn::parse_str(name).unwrap());
            path.to_token_stream().to_string()
        };
        assert_eq!(table("Foo"), "foos");
        assert_eq!(table("FooBarBaz"), "foo_bar_bazs");
    }
}
