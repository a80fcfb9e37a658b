//! Phone numbers, as text that a person and other programs can read.

use std::fmt::{self, Write};
use std::iter::Peekable;
use std::str::{FromStr, Split};

use ::phonenumber::country::Source;
use ::phonenumber::{NationalNumber, PhoneNumber};
use serde::Deserialize;
use serde::de::value::{Error, MapDeserializer, StrDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use zeroize::Zeroizing;

use super::erase::erase;
use super::text::utf8;
use super::{Codec, CodecError, Encoder};

const NOT_CANONICAL: CodecError =
    CodecError::new("a phone number is `+code-national;ext=…;carrier=…;src=…`");

/// `+39-0612345678;ext=12;carrier=15;src=default`: the global form of RFC 3966, where what is not
/// there is left out. It is taken apart without the metadata of any country.
impl Codec for PhoneNumber {
    fn encoded_len(&self) -> usize {
        let mut length = Length(0);
        // A counter accepts everything.
        let _ = print(self, &mut length);
        length.0
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        print(self, &mut Text(out)).map_err(|_| NOT_CANONICAL)
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        parse(utf8(plaintext)?)
    }

    /// Overwrites country code and national number; an extension is out of reach.
    fn wipe(&mut self) {
        if let Ok(blank) = parse("+0-0") {
            erase(self, blank);
        }
    }
}

/// The word for how the country code was found; none for the usual way, from a `+`.
fn word(source: Source) -> Option<&'static str> {
    match source {
        Source::Plus => None,
        Source::Idd => Some("idd"),
        Source::Number => Some("number"),
        Source::Default => Some("default"),
    }
}

fn print(number: &PhoneNumber, out: &mut impl Write) -> fmt::Result {
    let (code, national) = (number.code(), number.national());
    write!(out, "+{}-", code.value())?;
    for _ in 0..national.zeros() {
        out.write_char('0')?;
    }
    write!(out, "{}", national.value())?;
    if let Some(extension) = number.extension() {
        out.write_str(";ext=")?;
        escape(extension, out)?;
    }
    if let Some(carrier) = number.carrier() {
        out.write_str(";carrier=")?;
        escape(carrier, out)?;
    }
    if let Some(source) = word(code.source()) {
        write!(out, ";src={source}")?;
    }
    Ok(())
}

/// Only what has a meaning here is escaped.
fn escape(text: &str, out: &mut impl Write) -> fmt::Result {
    for piece in text.split_inclusive(['%', ';']) {
        match (piece.strip_suffix('%'), piece.strip_suffix(';')) {
            (Some(plain), _) => write!(out, "{plain}%25")?,
            (_, Some(plain)) => write!(out, "{plain}%3B")?,
            _ => out.write_str(piece)?,
        }
    }
    Ok(())
}

/// The text that was escaped; a `;` cannot be in it.
fn unescape(text: &str) -> Result<Zeroizing<String>, CodecError> {
    // Never longer than the text, so the buffer does not grow and leave a copy behind.
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut pieces = text.split('%');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (escaped, rest) = match (piece.strip_prefix("25"), piece.strip_prefix("3B")) {
            (Some(rest), _) => ('%', rest),
            (_, Some(rest)) => (';', rest),
            _ => return Err(NOT_CANONICAL),
        };
        plain.push(escaped);
        plain.push_str(rest);
    }
    Ok(plain)
}

/// Strict: a text that [`print`] does not write is refused.
fn parse(text: &str) -> Result<PhoneNumber, CodecError> {
    let mut parts = text.split(';').peekable();
    let (code, national) = parts
        .next()
        .and_then(|number| number.strip_prefix('+')?.split_once('-'))
        .ok_or(NOT_CANONICAL)?;
    let code: u16 = decimal(code)?;
    let national = national_number(national)?;

    let extension = named(&mut parts, "ext").map(unescape).transpose()?;
    let carrier = named(&mut parts, "carrier").map(unescape).transpose()?;
    let source = match named(&mut parts, "src") {
        None => "plus",
        Some(source @ ("idd" | "number" | "default")) => source,
        Some(_) => return Err(NOT_CANONICAL),
    };
    if parts.next().is_some() {
        return Err(NOT_CANONICAL);
    }

    // The crate has no public constructor, but its serde form is public. A map by name does not
    // depend on the order of its fields.
    PhoneNumber::deserialize(Node::Fields(&[
        (
            "code",
            Node::Fields(&[
                ("value", Node::Number(code.into())),
                ("source", Node::Word(source)),
            ]),
        ),
        (
            "national",
            Node::Fields(&[("value", Node::Number(national.into()))]),
        ),
        (
            "extension",
            extension
                .as_deref()
                .map(String::as_str)
                .map_or(Node::Nothing, Node::Something),
        ),
        (
            "carrier",
            carrier
                .as_deref()
                .map(String::as_str)
                .map_or(Node::Nothing, Node::Something),
        ),
    ]))
    .map_err(|_| NOT_CANONICAL)
}

/// The value of the next part, if it has this name. The parts have one order.
fn named<'t>(parts: &mut Peekable<Split<'t, char>>, name: &str) -> Option<&'t str> {
    let value = parts.peek()?.strip_prefix(name)?.strip_prefix('=')?;
    parts.next();
    Some(value)
}

/// Zeros in front, and the number behind them. A number that is zero has one digit of its own.
fn national_number(digits: &str) -> Result<NationalNumber, CodecError> {
    let significant = match digits.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let zeros = digits
        .len()
        .checked_sub(significant.len())
        .ok_or(NOT_CANONICAL)?;
    let zeros = u8::try_from(zeros).map_err(|_| NOT_CANONICAL)?;
    // Refuses 2^56 and more.
    NationalNumber::new(decimal(significant)?, zeros).map_err(|_| NOT_CANONICAL)
}

/// A number without a sign and without a zero in front.
fn decimal<T: FromStr>(digits: &str) -> Result<T, CodecError> {
    let canonical = digits.bytes().all(|digit| digit.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    digits
        .parse()
        .ok()
        .filter(|_| canonical)
        .ok_or(NOT_CANONICAL)
}

/// A phone number in parts, in the shape of its serde form.
#[derive(Clone, Copy)]
enum Node<'a> {
    Fields(&'a [(&'static str, Node<'a>)]),
    Number(u64),
    Word(&'a str),
    Nothing,
    Something(&'a str),
    Wrapped(&'a str),
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Fields(fields) => visitor.visit_map(MapDeserializer::new(fields.iter().copied())),
            Self::Number(number) => visitor.visit_u64(number),
            Self::Word(word) => visitor.visit_enum(StrDeserializer::new(word)),
            Self::Nothing => visitor.visit_none(),
            // An extension is a text in a struct of one field.
            Self::Something(text) => visitor.visit_some(Node::Wrapped(text)),
            Self::Wrapped(text) => visitor.visit_newtype_struct(StrDeserializer::new(text)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl IntoDeserializer<'_> for Node<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Text on its way to where it will be sealed.
struct Text<'a, 'b>(&'a mut Encoder<'b>);

impl Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// How long a text would be.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
