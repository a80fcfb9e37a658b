//! A type as the derive sees it: a struct is an enum of one variant without a name.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Ident, Member, Path, Type};

use super::mark::{FieldMark, TypeMark, marks};
use super::serde_option;
use crate::ctxt::Ctxt;

pub(super) struct Item {
    /// The item as it was written.
    pub(super) input: DeriveInput,
    pub(super) mark: TypeMark,
    pub(super) variants: Vec<Variant>,
}

pub(super) struct Variant {
    /// None for a struct.
    pub(super) name: Option<Ident>,
    pub(super) fields: Vec<Field>,
    /// Whether its fields have names.
    pub(super) named: bool,
}

pub(super) struct Field {
    pub(super) member: Member,
    /// What a pattern binds its value to.
    pub(super) binding: Ident,
    pub(super) ty: Type,
    pub(super) mark: Option<FieldMark>,
    /// What serde calls it beside its own name.
    pub(super) serde_names: Vec<String>,
    /// Whether serde reads and writes what is in it as if it stood outside.
    pub(super) flattened: bool,
    /// `#[cfg(..)]`s that stand on it.
    pub(super) conditions: Vec<Attribute>,
}

impl Item {
    pub(super) fn from_input(input: DeriveInput, cx: &mut Ctxt) -> Option<Self> {
        let mark = TypeMark::read(&input.attrs, cx);
        let variants = match &input.data {
            Data::Struct(data) => vec![Variant::new(None, None, &data.fields, cx)],
            Data::Enum(data) => {
                let variants = data.variants.iter();
                let variant = |variant: &syn::Variant| {
                    let whole = whole(variant, cx);
                    Variant::new(Some(variant.ident.clone()), whole, &variant.fields, cx)
                };
                variants.map(variant).collect()
            }
            Data::Union(data) => {
                cx.error_at(
                    data.union_token,
                    "a union does not say which of its fields is there; derive `Sensitive` for a \
                     struct or an enum",
                );
                return None;
            }
        };
        let item = Self {
            input,
            mark,
            variants,
        };
        if item.fields().all(|field| field.mark.is_none()) {
            cx.error_at(
                &item.input.ident,
                "no field is marked; write `#[sensitive]` on the fields that nobody may see, or \
                 derive `Debug` in place of `Sensitive`",
            );
        }
        Some(item)
    }

    pub(super) fn krate(&self) -> &Path {
        &self.mark.krate
    }

    pub(super) fn name(&self) -> &Ident {
        &self.input.ident
    }

    pub(super) fn generics(&self) -> &Generics {
        &self.input.generics
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.variants.iter().flat_map(|variant| &variant.fields)
    }
}

/// The mark on a variant: it stands for one on each of its fields.
fn whole(variant: &syn::Variant, cx: &mut Ctxt) -> Option<FieldMark> {
    let mark = FieldMark::read(&variant.attrs, cx)?;
    if variant.fields.is_empty() {
        cx.error_at(
            &mark.attribute,
            "the variant holds nothing; to hide which one it is, mark the field that holds the enum",
        );
    }
    Some(mark)
}

impl Variant {
    fn new(name: Option<Ident>, whole: Option<FieldMark>, fields: &Fields, cx: &mut Ctxt) -> Self {
        let field = |(position, field): (usize, &syn::Field)| {
            let own = FieldMark::read(&field.attrs, cx);
            let of_variant = || whole.clone();
            Field {
                member: match &field.ident {
                    Some(name) => Member::Named(name.clone()),
                    None => Member::from(position),
                },
                binding: format_ident!("field_{position}"),
                ty: field.ty.clone(),
                mark: own.or_else(of_variant),
                serde_names: serde_option::names(&field.attrs),
                flattened: serde_option::has(&field.attrs, "flatten"),
                conditions: {
                    let is_cfg = |attribute: &&Attribute| attribute.path().is_ident("cfg");
                    field.attrs.iter().filter(is_cfg).cloned().collect()
                },
            }
        };
        Self {
            name,
            fields: fields.iter().enumerate().map(field).collect(),
            named: matches!(fields, Fields::Named(_)),
        }
    }

    /// A pattern that binds those of its fields that are asked for.
    pub(super) fn pattern(&self, wanted: impl Fn(&Field) -> bool) -> TokenStream {
        let path = match &self.name {
            Some(name) => quote!(Self::#name),
            None => quote!(Self),
        };
        let bindings = self
            .fields
            .iter()
            .filter(|field| wanted(field))
            .map(|field| {
                let (conditions, member, binding) =
                    (&field.conditions, &field.member, &field.binding);
                quote!(#(#conditions)* #member: #binding,)
            });
        quote!(#path { #(#bindings)* .. })
    }
}

impl Field {
    /// Whether it is wiped on drop.
    pub(super) fn is_wiped(&self) -> bool {
        self.mark.as_ref().is_some_and(|mark| !mark.not_wiped)
    }

    /// Its name, if it has one.
    pub(super) fn label(&self) -> Option<String> {
        match &self.member {
            Member::Named(name) => Some(syn::ext::IdentExt::unraw(name).to_string()),
            Member::Unnamed(_) => None,
        }
    }
}

/// The attributes without our marks.
pub(super) fn unmarked(attributes: &[Attribute]) -> Vec<Attribute> {
    let ours: Vec<_> = marks(attributes).collect();
    let others = attributes
        .iter()
        .filter(|attribute| !ours.contains(attribute));
    others.cloned().collect()
}
