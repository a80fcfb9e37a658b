//! The fields of a body, as serde asks for a struct.

use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

use crate::entry::{Entry, Value};
use crate::json::Json;
use crate::limits::Limits;
use crate::name;
use crate::reason::{NOT_VALID, TOO_LONG, TWICE};
use crate::refused::Reasons;
use crate::text_value::Texts;
use crate::wrong::Wrong;

/// What one go through the fields has found.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) reasons: Reasons,
    /// How many fields the type does not have.
    pub(crate) unknown: usize,
    /// Which fields the type has, when it says so.
    pub(crate) known: Option<&'static [&'static str]>,
}

/// The fields of a body; those of which something was found already are left out.
pub(crate) struct Record<'a, 'body> {
    pub(crate) entries: &'a [Entry<'body>],
    pub(crate) limits: &'a Limits,
    /// The sensitive fields, which are known by name even when the type does not list its fields.
    pub(crate) sensitive: &'static [&'static str],
    pub(crate) findings: &'a mut Findings,
}

impl<'a, 'body> Record<'a, 'body> {
    fn fields(self, known: Option<&'static [&'static str]>) -> Fields<'a, 'body> {
        Fields {
            rest: self.entries.iter(),
            at: None,
            names: known.unwrap_or(self.sensitive),
            lists_all: known.is_some(),
            limits: self.limits,
            findings: self.findings,
        }
    }
}

impl<'de> Deserializer<'de> for Record<'_, '_> {
    type Error = Wrong;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let is_known = |entry: &&Entry<'_>| fields.contains(&entry.name.as_str());
        self.findings.known = Some(fields);
        self.findings.unknown = match self.limits.ignore_unknown {
            true => 0,
            false => self.entries.iter().filter(|entry| !is_known(entry)).count(),
        };
        visitor.visit_map(self.fields(Some(fields)))
    }

    /// A type that does not list its fields: an enum with a tag, or with `flatten`.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(self.fields(None))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let fields = self.fields(None);
        serde::de::value::MapAccessDeserializer::new(fields)
            .deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Fields<'a, 'body> {
    rest: std::slice::Iter<'a, Entry<'body>>,
    at: Option<&'a Entry<'body>>,
    names: &'static [&'static str],
    lists_all: bool,
    limits: &'a Limits,
    findings: &'a mut Findings,
}

impl Fields<'_, '_> {
    /// The type's own name of a field: never the input's text.
    fn own_name(&self, given: &str) -> Option<&'static str> {
        let mut names = self.names.iter().copied();
        match self.lists_all {
            true => names.find(|name| *name == given),
            false => names.find(|name| name::same(name, given)),
        }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        while let Some(entry) = self.rest.next() {
            let own = self.own_name(&entry.name);
            let left_out = match own {
                Some(own) => self.findings.reasons.has(own),
                None => self.lists_all,
            };
            if left_out {
                continue;
            }
            self.at = Some(entry);
            let key = IntoDeserializer::<Wrong>::into_deserializer(entry.name.as_str());
            return seed.deserialize(key).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let entry = self.at.take().ok_or(Wrong::Value(NOT_VALID))?;
        let value = match &entry.value {
            Value::Texts(texts) => seed.deserialize(Texts(texts)),
            Value::Json(values) => match values.as_slice() {
                [value] if value.get().len() > self.limits.field => Err(Wrong::Value(TOO_LONG)),
                [value] => seed.deserialize(Json::new(value)),
                _ => Err(Wrong::Value(TWICE)),
            },
        };
        value.map_err(|wrong| match self.own_name(&entry.name) {
            Some(own) => Wrong::Field(own, wrong.reason()),
            None => Wrong::Value(wrong.reason()),
        })
    }
}
