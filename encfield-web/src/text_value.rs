//! The value of a form's field, as serde asks for it.

use serde::de::value::SeqDeserializer;
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use zeroize::Zeroizing;

use crate::reason::{MISSING, NOT_A_CHOICE, NOT_A_NUMBER, Reason, TWICE, WRONG_TYPE};
use crate::wrong::Wrong;

/// What was typed into a field, once or, where several are asked for, more often.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a>(pub(crate) &'a [Result<Zeroizing<String>, Reason>]);

impl<'a> Texts<'a> {
    fn one(self) -> Result<&'a str, Wrong> {
        match self.0 {
            [] => Err(Wrong::Value(MISSING)),
            [Ok(text)] => Ok(text.as_str()),
            [Err(reason)] => Err(Wrong::Value(reason)),
            _ => Err(Wrong::Value(TWICE)),
        }
    }
}

impl IntoDeserializer<'_, Wrong> for Texts<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($ask:ident $visit:ident;)*) => {$(
        fn $ask<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            match self.one()?.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => Err(Wrong::Value(NOT_A_NUMBER)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Texts<'_> {
    type Error = Wrong;

    numbers! {
        deserialize_i8 visit_i8; deserialize_i16 visit_i16; deserialize_i32 visit_i32;
        deserialize_i64 visit_i64; deserialize_i128 visit_i128;
        deserialize_u8 visit_u8; deserialize_u16 visit_u16; deserialize_u32 visit_u32;
        deserialize_u64 visit_u64; deserialize_u128 visit_u128;
        deserialize_f32 visit_f32; deserialize_f64 visit_f64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_str(self.one()?)
    }

    /// `on` is what a browser sends of a box that is checked.
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.one()? {
            "true" | "on" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Wrong::Value(NOT_A_CHOICE)),
        }
    }

    /// An empty field is what a browser sends when nothing was typed.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            [Ok(text)] if text.is_empty() => visitor.visit_none(),
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

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let each = self.0.iter().map(|one| Texts(std::slice::from_ref(one)));
        visitor.visit_seq(SeqDeserializer::new(each))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let choice = IntoDeserializer::<Wrong>::into_deserializer(self.one()?);
        choice.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Wrong> {
        Err(Wrong::Value(WRONG_TYPE))
    }

    fn deserialize_map<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::Value(WRONG_TYPE))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}
