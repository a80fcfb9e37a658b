//! How the tags of a blind index are made of plaintexts.

use std::fmt;

use diesel::Column;
use zeroize::Zeroizing;

use super::super::index_source::{IndexSource, IndexType};
use super::super::tag_bind::NormaliserOf;
use super::field_type::FieldType;
use super::hiding::Hiding;
use super::place::ColumnPlace;
use super::work::{Cell, not_decodable};
use crate::blind_index::{Form, IndexPlace, IndexValue, NamedTagging, Recipe, Tag, form_of};
use crate::codec::{Codec, Padding};
use crate::context::{Context, pae};
use crate::error::Error;
use crate::key_id::KeyId;
use crate::keyring;

/// A blind index of one column or several, and how its tags are made.
#[derive(Clone)]
pub struct IndexFill {
    column: String,
    parts: Vec<Part>,
    recipe: Recipe,
    /// What the index's key is derived for, or why that cannot be told.
    derived_for: Result<IndexPlace, Error>,
    /// The table and column whose keyring makes the tags.
    context: (String, String),
}

/// One of the values that a tag is made of.
#[derive(Clone)]
struct Part {
    /// Where it stands, unless it is the column that is worked on.
    place: Option<ColumnPlace>,
    hiding: Hiding,
    form: Form,
}

impl IndexFill {
    /// The index column `I` of a field of type `T`.
    ///
    /// For an index of one column; one of several is [`IndexFill::named_compound`].
    pub fn of<I, T>() -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        Self::typed::<I, T>(Hiding::default())
    }

    /// The same of a field that is padded as `#[sensitive(pad = ..)]` says.
    pub fn of_padded<I, T, P>() -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        P: Padding,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        Self::typed::<I, T>(Hiding::padded::<P>())
    }

    /// The same of a field with `#[sensitive(hide_null)]`, which is padded by `MultipleOf<64>` where it
    /// says nothing else. A `None` gets a tag of no value.
    pub fn of_hidden<I, T, P>() -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        P: Padding,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        Self::typed::<I, T>(Hiding::padded::<P>().with_null())
    }

    fn typed<I, T>(hiding: Hiding) -> Self
    where
        I: Column<SqlType: IndexType>,
        T: Codec + 'static,
        for<'v> &'v T: IndexValue<NormaliserOf<I::SqlType>>,
    {
        let source = <I::SqlType as IndexType>::Source::place();
        let context = source.as_ref().map_or(("", ""), |source| {
            (source.context.table(), source.context.column())
        });
        Self {
            column: I::NAME.to_owned(),
            parts: vec![Part {
                place: None,
                hiding,
                form: form_of::<NormaliserOf<I::SqlType>, T>(),
            }],
            recipe: Recipe::of::<<I::SqlType as IndexType>::Tagging>(),
            context: (context.0.to_owned(), context.1.to_owned()),
            derived_for: source.map(|source| source.place),
        }
    }

    /// An index of one column whose normaliser has this name, such as `case-folded/1` or
    /// `truncated/1(12,nfkc/1)`, of a field of a type that was found by [`FieldType::named`].
    ///
    /// The names are those that [`Inventory::to_toml`](crate::Inventory::to_toml) writes. None for one
    /// that is not known here: a normaliser of your own, or a type that it does not take. Use
    /// [`IndexFill::of`] for these.
    #[must_use]
    pub fn named(
        index: &str,
        normaliser: &str,
        place: &ColumnPlace,
        field: &FieldType,
    ) -> Option<Self> {
        let (table, column) = place.names();
        let derived_for = IndexPlace::of_column(table, column);
        let of = [(None, place, field)];
        Self::parsed(index, normaliser, derived_for, &of)
    }

    /// The same of an index that shares its tags with others of this domain.
    #[must_use]
    pub fn named_shared(
        index: &str,
        normaliser: &str,
        domain: &str,
        place: &ColumnPlace,
        field: &FieldType,
    ) -> Option<Self> {
        let of = [(None, place, field)];
        Self::parsed(index, normaliser, IndexPlace::of_domain(domain), &of)
    }

    /// The same of an index of several columns of a table, in the order of its `Compound`.
    ///
    /// It is filled by a task of any of these columns; the others are opened as they stand in the row.
    #[must_use]
    pub fn named_compound(
        index: &str,
        normaliser: &str,
        of: &[(ColumnPlace, FieldType)],
    ) -> Option<Self> {
        let names: Vec<_> = of.iter().map(|(place, _)| place.names()).collect();
        let of: Vec<_> = of
            .iter()
            .map(|(place, field)| (Some(place.clone()), place, field))
            .collect();
        Self::parsed(index, normaliser, IndexPlace::of_compound(&names), &of)
    }

    fn parsed(
        index: &str,
        normaliser: &str,
        derived_for: IndexPlace,
        of: &[(Option<ColumnPlace>, &ColumnPlace, &FieldType)],
    ) -> Option<Self> {
        let field_types: Vec<_> = of.iter().map(|(_, _, field)| field.name()).collect();
        let NamedTagging { recipe, forms } = NamedTagging::parse(normaliser, &field_types)?;
        let (_, first, _) = of.first()?;
        let (table, column) = first.names();
        let part =
            |((place, _, field), form): (&(Option<ColumnPlace>, _, &FieldType), Form)| Part {
                place: place.clone(),
                hiding: field.hiding(),
                form,
            };
        Some(Self {
            column: index.to_owned(),
            parts: of.iter().zip(forms).map(part).collect(),
            recipe,
            derived_for: Ok(derived_for),
            context: (table.to_owned(), column.to_owned()),
        })
    }

    /// The index column.
    #[must_use]
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The columns that its values are opened with, besides those of the column that is worked on.
    pub(super) fn reads(&self) -> impl Iterator<Item = &str> {
        let places = self.parts.iter().filter_map(|part| part.place.as_ref());
        places.flat_map(ColumnPlace::reads)
    }

    /// The encrypted columns that it is made of, besides the one that is worked on.
    pub(super) fn made_of(&self) -> impl Iterator<Item = &str> {
        let places = self.parts.iter().filter_map(|part| part.place.as_ref());
        places.map(ColumnPlace::column)
    }

    /// Whether a row has a tag even where there is no value.
    pub(super) fn hides_null(&self) -> bool {
        self.parts.iter().any(|part| part.hiding.hides_null())
    }

    /// The tag of a row in which the column has this plaintext; none where there is no value.
    pub(super) fn tag(
        &self,
        column: &str,
        plaintext: Option<&[u8]>,
        row: &impl Cell,
    ) -> Result<Option<Tag>, Error> {
        let Some(normal) = self.normal_form(column, plaintext, row)? else {
            return Ok(None);
        };
        let derived_for = self.derived_for.as_ref().map_err(Error::clone)?;
        keyring::with_current(&self.keyring_of(), |keyring| {
            keyring.tag(&self.recipe, derived_for, &normal).map(Some)
        })
    }

    /// The tags of the same row under each index key that is not compromised.
    pub(super) fn live_tags(
        &self,
        column: &str,
        plaintext: Option<&[u8]>,
        row: &impl Cell,
    ) -> Result<Vec<(KeyId, Tag)>, Error> {
        let Some(normal) = self.normal_form(column, plaintext, row)? else {
            return Ok(Vec::new());
        };
        let derived_for = self.derived_for.as_ref().map_err(Error::clone)?;
        keyring::with_current(&self.keyring_of(), |keyring| {
            keyring.live_tags(&self.recipe, derived_for, &normal)
        })
    }

    /// A tag that belongs to no value.
    pub(super) fn tag_of_nothing(&self) -> Result<Tag, Error> {
        Tag::of_nothing(self.recipe.bits)
    }

    /// The length of a tag in bytes.
    pub(super) fn length(&self) -> usize {
        usize::from(self.recipe.bits.div_ceil(8))
    }

    fn keyring_of(&self) -> Context<'_> {
        Context::new(&self.context.0, &self.context.1)
    }

    /// What the tag is made of; of several values PAE, as in [`Compound`](crate::Compound).
    fn normal_form(
        &self,
        column: &str,
        plaintext: Option<&[u8]>,
        row: &impl Cell,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let mut forms = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let form = match &part.place {
                Some(place) if place.column() != column => {
                    let Some(sealed) = row.cell(place.column()) else {
                        return Ok(None);
                    };
                    let opened = place.of_row(row, |keyring, at| keyring.open(at, sealed))?;
                    part.normal_form(&opened)?
                }
                _ => match plaintext {
                    Some(plaintext) => part.normal_form(plaintext)?,
                    None => None,
                },
            };
            let Some(form) = form else {
                return Ok(None);
            };
            forms.push(form);
        }
        if forms.len() < 2 {
            return Ok(forms.pop());
        }
        let length = forms.iter().map(|form| form.len() + 8).sum::<usize>() + 8;
        let mut normal = Zeroizing::new(Vec::with_capacity(length));
        pae(
            forms.iter().map(|form| form.as_slice()),
            forms.len(),
            |bytes| {
                normal.extend_from_slice(bytes);
            },
        );
        Ok(Some(normal))
    }
}

impl Part {
    fn normal_form(&self, plaintext: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let value = self.hiding.uncover(plaintext).map_err(not_decodable)?;
        let normal = value.map(|value| (self.form)(value)).transpose();
        Ok(normal.map_err(not_decodable)?.flatten())
    }
}

impl fmt::Debug for IndexFill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexFill({})", self.column)
    }
}
