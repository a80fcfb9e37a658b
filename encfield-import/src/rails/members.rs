//! The members of a JSON object that a message can have. All others are skipped.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::error::ImportErrorKind;

/// The names that Rails gives a meaning.
const KNOWN: [&str; 8] = ["p", "h", "iv", "at", "i", "c", "e", "k"];

/// The known members of an object, each once.
///
/// Parsing costs time in proportion to the text, and memory in proportion to its known members.
pub(super) struct Members<'v>(Vec<(&'static str, Member<'v>)>);

/// What a member holds.
pub(super) enum Member<'v> {
    Null,
    Flag(bool),
    Text(Cow<'v, str>),
    Object(Members<'v>),
    /// A number, an array, or what was skipped.
    Other,
}

impl<'v> Members<'v> {
    /// The members of the one object that `text` is.
    ///
    /// # Errors
    /// `Malformed`, also where a known member occurs twice: readers of JSON disagree on which one
    /// counts. `TooLarge` when it is nested deeper than `max_depth`. The parser's own error is
    /// dropped, since it quotes the text.
    pub(super) fn parse(text: &'v [u8], max_depth: usize) -> Result<Self, ImportErrorKind> {
        let is_too_deep = Cell::new(false);
        let mut json = serde_json::Deserializer::from_slice(text);
        let walk = Walk {
            depth: max_depth,
            is_kept: true,
            is_too_deep: &is_too_deep,
        };
        match walk
            .deserialize(&mut json)
            .map(|member| (member, json.end()))
        {
            Ok((Member::Object(members), Ok(()))) => Ok(members),
            _ if is_too_deep.get() => Err(ImportErrorKind::TooLarge),
            _ => Err(ImportErrorKind::Malformed),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Member<'v>> {
        let mut members = self.0.iter();
        members.find_map(|(known, member)| (*known == name).then_some(member))
    }
}

/// Walks over one value.
#[derive(Clone, Copy)]
struct Walk<'a> {
    /// How many objects and arrays may still be entered.
    depth: usize,
    /// Whether the value is wanted, or only walked over.
    is_kept: bool,
    is_too_deep: &'a Cell<bool>,
}

impl Walk<'_> {
    /// For what is inside an object or an array. It is not kept.
    fn enter<E: Error>(self) -> Result<Self, E> {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.is_too_deep.set(true);
            return Err(E::custom("nested too deep"));
        };
        Ok(Self {
            depth,
            is_kept: false,
            ..self
        })
    }
}

impl<'v> DeserializeSeed<'v> for Walk<'_> {
    type Value = Member<'v>;

    fn deserialize<D: Deserializer<'v>>(self, json: D) -> Result<Member<'v>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'v> Visitor<'v> for Walk<'_> {
    type Value = Member<'v>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Member<'v>, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Member<'v>, E> {
        Ok(Member::Flag(flag))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Member<'v>, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Member<'v>, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Member<'v>, E> {
        Ok(Member::Other)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'v str) -> Result<Member<'v>, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    /// Text with an escape in it.
    fn visit_str<E: Error>(self, text: &str) -> Result<Member<'v>, E> {
        if !self.is_kept {
            return Ok(Member::Other);
        }
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'v>>(self, mut array: A) -> Result<Member<'v>, A::Error> {
        let inside = self.enter()?;
        while array.next_element_seed(inside)?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'v>>(self, mut object: A) -> Result<Member<'v>, A::Error> {
        let inside = self.enter()?;
        let mut members = Vec::new();
        while let Some(known) = object.next_key_seed(Name)? {
            let known = known.filter(|_| self.is_kept);
            let member = object.next_value_seed(Walk {
                is_kept: known.is_some(),
                ..inside
            })?;
            let Some(known) = known else { continue };
            if members.iter().any(|(earlier, _)| *earlier == known) {
                return Err(A::Error::custom("a member occurs twice"));
            }
            members.push((known, member));
        }
        Ok(Member::Object(Members(members)))
    }
}

/// The name of a member, if it is a known one.
struct Name;

impl<'v> DeserializeSeed<'v> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'v>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(KNOWN.into_iter().find(|known| *known == name))
    }
}
