//! The user's struct, taken apart: what is sensitive, what Diesel is told, who derives what.

mod field;

use syn::punctuated::Punctuated;
use syn::{Attribute, Generics, Ident, ItemStruct, Member, Meta, Path, Token};

pub(crate) use self::field::Field;
use self::field::{boolean, take_fields};
use crate::attr::{self, DieselOption};
use crate::ctxt::Ctxt;
use crate::option_type::inner_of_option;

/// A model.
pub(crate) struct Model {
    /// The struct as it is given back: without our attributes, and with the derives that stay.
    pub(crate) item: ItemStruct,
    /// The path of the crate `encfield`.
    pub(crate) krate: Path,
    /// Whether one of Diesel's derives that load or store stood below the attribute.
    pub(crate) of_diesel: bool,
    /// The derives that run on the shadow structs, as the user wrote their paths.
    pub(crate) shadowed: Vec<Path>,
    /// The derives that stay on the struct.
    pub(crate) kept: Vec<Path>,
    /// What `#[diesel(..)]` says of the struct, the table names apart.
    pub(crate) options: Vec<DieselOption>,
    /// The tables, as Diesel finds them: named, or one guessed from the struct's name.
    pub(crate) tables: Vec<Path>,
    /// The columns of the primary key.
    pub(crate) primary_key: Vec<String>,
    pub(crate) fields: Vec<Field>,
    treat_none_as_default_value: bool,
    treat_none_as_null: bool,
}

/// The derives of Diesel's that the shadow structs carry.
const SHADOWED: &[&str] = &[
    "Queryable",
    "Selectable",
    "QueryableByName",
    "HasQuery",
    "Insertable",
    "AsChangeset",
];

/// The derives of Diesel's that read `#[diesel(..)]` and stay on the user's struct.
const KEPT_OF_DIESEL: &[&str] = &["Identifiable", "Associations"];

impl Model {
    /// Takes the struct apart, and strips it of all that is ours.
    pub(crate) fn from_item(mut item: ItemStruct, krate: Path, cx: &mut Ctxt) -> Self {
        let derives = take_derives(&mut item.attrs, cx);
        let fields = take_fields(&mut item.fields, cx);
        let named = |names: &[&str], path: &Path| names.iter().any(|name| is(path, name));
        let of_diesel = derives.iter().any(|path| named(SHADOWED, path));
        let (shadowed, kept): (Vec<_>, Vec<_>) = derives
            .into_iter()
            .partition(|path| named(SHADOWED, path) && concerns(path, &fields));
        let kept: Vec<_> = kept.into_iter().filter(|path| !is(path, "Debug")).collect();

        let (mut tables, mut options) = (Vec::new(), Vec::new());
        let mut primary_key = vec!["id".to_owned()];
        let (mut treat_none_as_default_value, mut treat_none_as_null) = (true, false);
        for option in attr::diesel_options(&item.attrs, cx) {
            if option.name == "table_name" {
                tables.extend(cx.ok(option.value::<Path>()));
                continue;
            } else if option.name == "primary_key" {
                let columns = cx.ok(option.idents()).unwrap_or_default();
                primary_key = columns.iter().map(ToString::to_string).collect();
            } else if option.name == "treat_none_as_default_value" {
                treat_none_as_default_value = boolean(&option, cx).unwrap_or(true);
            } else if option.name == "treat_none_as_null" {
                treat_none_as_null = boolean(&option, cx).unwrap_or(false);
            }
            options.push(option);
        }
        if tables.is_empty() {
            tables.push(table_of(&item.ident).into());
        }

        // An attribute that no derive claims would be an error.
        if !kept
            .iter()
            .any(|path| named(KEPT_OF_DIESEL, path) || named(SHADOWED, path))
        {
            let is_diesels = |attribute: &Attribute| attribute.path().is_ident("diesel");
            item.attrs.retain(|attribute| !is_diesels(attribute));
            for field in &mut item.fields {
                field.attrs.retain(|attribute| !is_diesels(attribute));
            }
        }
        Self {
            item,
            krate,
            of_diesel,
            shadowed,
            kept,
            options,
            tables,
            primary_key,
            fields,
            treat_none_as_default_value,
            treat_none_as_null,
        }
    }

    /// The fields that a sensitive field is bound to; those that are there.
    pub(crate) fn bound_to(&self, field: &Field) -> Vec<&Field> {
        let find = |member: &Member| self.fields.iter().find(|other| other.member == *member);
        field.bind().iter().filter_map(find).collect()
    }

    /// The field that names the scope of a sensitive field's value, and what the scope is called.
    pub(crate) fn scope_of<'m>(&'m self, field: &'m Field) -> Option<(&'m Field, &'m Ident)> {
        let scope = field.scope()?;
        let find = |other: &&Field| other.member == scope.field;
        Some((self.fields.iter().find(find)?, &scope.name))
    }

    /// Whether the field's column is one of the primary key's.
    pub(crate) fn is_key(&self, field: &Field) -> bool {
        let column = field.column().map(|column| column.to_string());
        column.is_some_and(|column| self.primary_key.contains(&column))
    }

    /// The derive of this name that the shadow structs carry.
    pub(crate) fn shadowed(&self, name: &str) -> Option<&Path> {
        self.shadowed.iter().find(|path| is(path, name))
    }

    /// The derive of this name that stays on the struct.
    pub(crate) fn kept(&self, name: &str) -> Option<&Path> {
        self.kept.iter().find(|path| is(path, name))
    }

    pub(crate) fn generics(&self) -> &Generics {
        &self.item.generics
    }

    /// Whether Diesel's `Insertable` leaves a `None` of this field out, for the column's default.
    pub(crate) fn insert_skips_none(&self, field: &Field) -> bool {
        let skips = field
            .treat_none_as_default_value
            .unwrap_or(self.treat_none_as_default_value);
        skips && inner_of_option(&field.ty).is_some() && !field.hides_null()
    }

    /// Whether Diesel's `AsChangeset` leaves a `None` of this field out, and the column untouched.
    pub(crate) fn changeset_skips_none(&self, field: &Field) -> bool {
        let writes = field.treat_none_as_null.unwrap_or(self.treat_none_as_null);
        !writes && inner_of_option(&field.ty).is_some()
    }
}

/// Whether a sensitive field takes part in the derive. Where none does, the derive is Diesel's.
fn concerns(derive: &Path, fields: &[Field]) -> bool {
    let skip = match () {
        () if is(derive, "Insertable") => "skip_insertion",
        () if is(derive, "AsChangeset") => "skip_update",
        () => return true,
    };
    let mut sensitive = fields
        .iter()
        .filter(|field| field.sensitive.is_some())
        .peekable();
    sensitive.peek().is_none() || sensitive.any(|field| field.option(skip).is_none())
}

/// Whether the last segment of the path is this name.
pub(crate) fn is(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}

/// The table that Diesel guesses for a struct: its name in snake case, and an `s`.
fn table_of(name: &Ident) -> Ident {
    let mut table = String::new();
    for letter in name.to_string().chars() {
        if letter.is_uppercase() && !table.is_empty() {
            table.push('_');
        }
        table.extend(letter.to_lowercase());
    }
    Ident::new(&format!("{table}s"), name.span())
}

fn take_derives(attributes: &mut Vec<Attribute>, cx: &mut Ctxt) -> Vec<Path> {
    let mut derives = Vec::new();
    attributes.retain(|attribute| {
        let is_derive = attribute.path().is_ident("derive");
        if is_derive && let Meta::List(list) = &attribute.meta {
            let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
            derives.extend(cx.ok(paths).into_iter().flatten());
        }
        !is_derive
    });
    derives
}
