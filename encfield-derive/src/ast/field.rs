//! A field of a model, taken apart.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Ident, LitBool, LitStr, Member, Path, Type};

use crate::attr::{self, DieselOption, Scope, Sensitive};
use crate::ctxt::Ctxt;

/// A field of a model.
pub(crate) struct Field {
    /// The field in the user's struct.
    pub(crate) member: Member,
    /// The field in the shadow structs, which all have names.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// The `#[sensitive(..)]` that it bears.
    pub(crate) sensitive: Option<Sensitive>,
    /// The `#[cfg(..)]` under which it is there at all.
    pub(crate) conditions: Vec<Attribute>,
    /// What `#[diesel(..)]` says of it.
    pub(crate) options: Vec<DieselOption>,
    pub(super) treat_none_as_default_value: Option<bool>,
    pub(super) treat_none_as_null: Option<bool>,
}

impl Field {
    /// Whether `None` is stored as a ciphertext.
    pub(crate) fn hides_null(&self) -> bool {
        let sensitive = self.sensitive.as_ref();
        sensitive.is_some_and(|sensitive| sensitive.hide_null.is_some())
    }

    /// The blind indexes that are filled from it.
    pub(crate) fn indexes(&self) -> &[Ident] {
        self.sensitive
            .as_ref()
            .map_or(&[], |sensitive| &sensitive.indexes)
    }

    /// The fields whose values its ciphertext is bound to.
    pub(crate) fn bind(&self) -> &[Member] {
        self.sensitive
            .as_ref()
            .map_or(&[], |sensitive| &sensitive.bind)
    }

    /// Under whose data key it is sealed.
    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.sensitive.as_ref()?.scope.as_ref()
    }

    /// Whether other values of the row must be known to seal and to open it.
    pub(crate) fn needs_row(&self) -> bool {
        !self.bind().is_empty() || self.scope().is_some()
    }

    /// The type of its padding, if it has one. What hides `None` must: its length would tell it.
    pub(crate) fn padding(&self, krate: &Path) -> Option<TokenStream> {
        let sensitive = self.sensitive.as_ref()?;
        match &sensitive.pad {
            Some(pad) => Some(pad.padding(krate)),
            None => (self.hides_null()).then(|| quote!(#krate::MultipleOf<64>)),
        }
    }

    pub(crate) fn option(&self, name: &str) -> Option<&DieselOption> {
        self.options.iter().find(|option| option.name == name)
    }

    /// The SQL name that Diesel gives the field's column, as an identifier of the table's module.
    pub(crate) fn column(&self) -> Option<Ident> {
        let Some(option) = self.option("column_name") else {
            return match &self.member {
                Member::Named(name) => Some(name.clone()),
                Member::Unnamed(_) => None,
            };
        };
        if let Ok(ident) = option.value::<Ident>() {
            return Some(ident);
        }
        let text = option.value::<LitStr>().ok()?;
        text.parse()
            .ok()
            .or_else(|| syn::parse_str(&format!("r#{}", text.value())).ok())
    }

    /// Where to point when the field's type is wrong.
    pub(crate) fn span(&self) -> Span {
        Span::mixed_site().located_at(self.ty.span())
    }
}

pub(super) fn take_fields(fields: &mut Fields, cx: &mut Ctxt) -> Vec<Field> {
    let take = |(position, field): (usize, &mut syn::Field)| {
        let sensitive = attr::take_sensitive(&mut field.attrs, cx);
        let options = attr::diesel_options(&field.attrs, cx);
        let mut flag = |name: &str| {
            let option = options.iter().find(|option| option.name == name)?;
            boolean(option, cx)
        };
        Field {
            member: match &field.ident {
                Some(name) => Member::Named(name.clone()),
                None => Member::from(position),
            },
            name: field
                .ident
                .clone()
                .unwrap_or_else(|| format_ident!("field_{position}")),
            ty: field.ty.clone(),
            sensitive,
            conditions: {
                let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
                field.attrs.iter().filter(is_cfg).cloned().collect()
            },
            treat_none_as_default_value: flag("treat_none_as_default_value"),
            treat_none_as_null: flag("treat_none_as_null"),
            options,
        }
    };
    fields.iter_mut().enumerate().map(take).collect()
}

pub(super) fn boolean(option: &DieselOption, cx: &mut Ctxt) -> Option<bool> {
    cx.ok(option.value::<LitBool>())
        .map(|literal| literal.value)
}
