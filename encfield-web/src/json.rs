//! JSON, read so that no copy of a value is left behind.
//!
//! `serde_json` finds where each value lies, without a copy. Texts are unescaped here, because the buffer
//! in which it does that itself grows and is not wiped.

use serde::de::value::{MapAccessDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::entry::{Entries, Value};
use crate::limits::Limits;
use crate::reason::{NOT_TEXT, NOT_VALID, Reason, TOO_DEEP};
use crate::refused::{Refused, RefusedKind};
use crate::wrong::Wrong;

/// How deep values may be nested.
const DEPTH: u8 = 32;

/// Takes a body apart: one object.
pub(crate) fn entries<'body>(
    body: &'body [u8],
    limits: &Limits,
) -> Result<Entries<'body>, Refused> {
    let malformed = || Refused::whole(RefusedKind::Malformed);
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let mut entries = Entries::new(limits);
    for (name, value) in members(text).ok_or_else(malformed)? {
        let name = unescape(name.get()).map_err(|_| malformed())?;
        entries.push(name, Value::Json(vec![value]))?;
    }
    Ok(entries)
}

/// The members of an object, where they lie.
fn members(text: &str) -> Option<Vec<(&RawValue, &RawValue)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(&'de RawValue, &'de RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut of: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = of.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).ok()?;
    reader.end().ok()?;
    Some(members)
}

/// The text behind a quoted one. The buffer has room for all of it.
pub(crate) fn unescape(quoted: &str) -> Result<Zeroizing<String>, Reason> {
    let inside = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .ok_or(NOT_VALID)?;
    let mut text = Zeroizing::new(String::with_capacity(inside.len()));
    let mut rest = inside;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let mut letters = escape.chars();
        let letter = match letters.next().ok_or(NOT_VALID)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (letter, after) = code_point(letters.as_str()).ok_or(NOT_TEXT)?;
                letters = after.chars();
                letter
            }
            // The reader let no others through.
            itself => itself,
        };
        text.push(letter);
        rest = letters.as_str();
    }
    text.push_str(rest);
    Ok(text)
}

/// The character of `0041` or of `d83d\ude00`, and what is behind it.
fn code_point(digits: &str) -> Option<(char, &str)> {
    fn unit(digits: &str) -> Option<(u16, &str)> {
        let (digits, rest) = digits.split_at_checked(4)?;
        Some((u16::from_str_radix(digits, 16).ok()?, rest))
    }
    let (first, rest) = unit(digits)?;
    if let Some(letter) = char::from_u32(first.into()) {
        return Some((letter, rest));
    }
    let (second, rest) = unit(rest.strip_prefix("\\u")?)?;
    let letter = char::decode_utf16([first, second]).next()?.ok()?;
    Some((letter, rest))
}

/// A JSON value where it lies.
#[derive(Clone, Copy)]
pub(crate) struct Json<'body> {
    text: &'body str,
    depth: u8,
}

impl<'body> Json<'body> {
    pub(crate) fn new(value: &'body RawValue) -> Self {
        Self {
            text: value.get(),
            depth: 0,
        }
    }

    fn inside(self, value: &'body RawValue) -> Self {
        Self {
            text: value.get(),
            depth: self.depth + 1,
        }
    }

    fn map(self) -> Result<Map<'body>, Wrong> {
        if self.depth >= DEPTH {
            return Err(Wrong::Value(TOO_DEEP));
        }
        let members = members(self.text).ok_or(Wrong::Value(NOT_VALID))?;
        Ok(Map {
            of: self,
            members: members.into_iter(),
            value: None,
        })
    }
}

impl IntoDeserializer<'_, Wrong> for Json<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Json<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let scalar = |text| {
            serde_json::from_str::<serde_json::Number>(text).map_err(|_| Wrong::Value(NOT_VALID))
        };
        match self.text.as_bytes().first() {
            Some(b'"') => {
                let text = unescape(self.text).map_err(Wrong::Value)?;
                visitor.visit_str(&text)
            }
            Some(b'{') => visitor.visit_map(self.map()?),
            Some(b'[') => {
                if self.depth >= DEPTH {
                    return Err(Wrong::Value(TOO_DEEP));
                }
                let items = items(self.text).ok_or(Wrong::Value(NOT_VALID))?;
                let each = items.into_iter().map(|item| self.inside(item));
                visitor.visit_seq(SeqDeserializer::new(each))
            }
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            _ => {
                let number = scalar(self.text)?;
                match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(number), ..) => visitor.visit_u64(number),
                    (_, Some(number), _) => visitor.visit_i64(number),
                    (.., Some(number)) => visitor.visit_f64(number),
                    _ => Err(Wrong::Value(NOT_VALID)),
                }
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.text {
            "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
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
        if self.text.starts_with('{') {
            return MapAccessDeserializer::new(self.map()?)
                .deserialize_enum(name, variants, visitor);
        }
        let choice = unescape(self.text).map_err(Wrong::Value)?;
        let choice = IntoDeserializer::<Wrong>::into_deserializer(choice.as_str());
        choice.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The items of an array, where they lie.
fn items(text: &str) -> Option<Vec<&RawValue>> {
    struct Items;
    impl<'de> Visitor<'de> for Items {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut of: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = of.next_element()? {
                items.push(item);
            }
            Ok(items)
        }
    }
    serde_json::Deserializer::from_str(text)
        .deserialize_seq(Items)
        .ok()
}

/// The members of a nested object.
struct Map<'body> {
    of: Json<'body>,
    members: std::vec::IntoIter<(&'body RawValue, &'body RawValue)>,
    value: Option<&'body RawValue>,
}

impl<'de> MapAccess<'de> for Map<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.members.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let name = unescape(name.get()).map_err(Wrong::Value)?;
        seed.deserialize(IntoDeserializer::<Wrong>::into_deserializer(name.as_str()))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        let value = self.value.take().ok_or(Wrong::Value(NOT_VALID))?;
        seed.deserialize(self.of.inside(value))
    }
}
