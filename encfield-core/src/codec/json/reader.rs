//! Reads a `Value` so that no copy of a text in it is left behind.
//!
//! serde_json unescapes into a buffer that grows and is not wiped, and drops what it has read of a value
//! that turns out wrong. So it says here whether the text is JSON, and reads the numbers; texts and what
//! holds them are read by this.

use std::mem;

use ::json::{Map, Number, Value};
use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::DEEPEST;
use crate::codec::Codec;

/// The value that these bytes are JSON of, if they are.
pub(super) fn value(text: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(text).ok()?;
    ::json::from_str::<IgnoredAny>(text).ok()?;
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    reader.value().map(Held::into_value)
}

/// JSON that is right but for what strings and numbers mean, and how deep it is.
struct Reader<'text> {
    rest: &'text str,
    depth: usize,
}

impl<'text> Reader<'text> {
    fn value(&mut self) -> Option<Held> {
        let value = match self.next()? {
            b'"' => Value::String(mem::take(&mut *self.text()?)),
            b'[' => return self.inside(Self::items),
            b'{' => return self.inside(Self::members),
            _ => self.scalar()?,
        };
        Some(Held(value))
    }

    /// The byte that is next, white space aside.
    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.bytes().next()
    }

    /// Steps over a byte, if it is next.
    fn steps_over(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        if is_next {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        is_next
    }

    fn inside(&mut self, read: impl FnOnce(&mut Self) -> Option<Held>) -> Option<Held> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let bracket = self.next()?;
        self.steps_over(bracket);
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn items(&mut self) -> Option<Held> {
        let mut held = Held(Value::Array(Vec::new()));
        while !self.steps_over(b']') {
            let item = self.value()?;
            held.0.as_array_mut()?.push(item.into_value());
            self.steps_over(b',');
        }
        Some(held)
    }

    fn members(&mut self) -> Option<Held> {
        let mut held = Held(Value::Object(Map::new()));
        while !self.steps_over(b'}') {
            self.next()?;
            let mut name = self.text()?;
            self.steps_over(b':');
            let value = self.value()?.into_value();
            let members = held.0.as_object_mut()?;
            match members.get_mut(name.as_str()) {
                // The last of two members of one name counts.
                Some(before) => drop(Held(mem::replace(before, value))),
                None => drop(members.insert(mem::take(&mut *name), value)),
            }
            self.steps_over(b',');
        }
        Some(held)
    }

    fn scalar(&mut self) -> Option<Value> {
        let end = |byte: u8| byte.is_ascii_whitespace() || b",]}".contains(&byte);
        let length = self.rest.bytes().position(end);
        let (text, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = rest;
        Some(match text {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => Value::Number(::json::from_str::<Number>(number).ok()?),
        })
    }

    /// A text in quotes, unescaped into a buffer that has room for it.
    fn text(&mut self) -> Option<Zeroizing<String>> {
        let quoted = self.rest.strip_prefix('"')?;
        let mut text = Zeroizing::new(String::with_capacity(length(quoted)));
        let mut rest = quoted;
        loop {
            let (before, behind) = rest.split_at(rest.find(['"', '\\'])?);
            text.push_str(before);
            if let Some(behind) = behind.strip_prefix('"') {
                self.rest = behind;
                return Some(text);
            }
            let mut letters = behind.chars();
            let letter = match letters.nth(1)? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let (letter, behind) = code_point(letters.as_str())?;
                    letters = behind.chars();
                    letter
                }
                itself => itself,
            };
            text.push(letter);
            rest = letters.as_str();
        }
    }
}

/// How long a text is at most whose closing quote comes later.
fn length(quoted: &str) -> usize {
    let mut escaped = false;
    let ends = |byte: u8| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    };
    quoted.bytes().position(ends).unwrap_or(quoted.len())
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

/// What was read so far, wiped unless it is taken out.
struct Held(Value);

impl Held {
    fn into_value(mut self) -> Value {
        mem::take(&mut self.0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reader and serde_json see the same in a text.
    #[track_caller]
    fn same(text: &[u8]) {
        let read = value(text);
        assert_eq!(read, ::json::from_slice(text).ok());
        let text_of = |value: Value| value.to_string();
        assert_eq!(
            read.map(text_of),
            ::json::from_slice(text).ok().map(text_of)
        );
    }

    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it() {
        for text in [
            "null",
            " true ",
            "false",
            "0",
            "-0",
            "-0.0",
            "1e3",
            "1E-3",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "0.1234567890123456789012345",
            "1e308",
            r#""""#,
            r#""a""#,
            r#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#,
            r#""é😀""#,
            "[]",
            "[ ]",
            "{}",
            "[1,[2,{\"a\":[]}],\"]\"]",
            r#"{"a":1,"a":2,"b":{"\u0061":"}"}}"#,
            "\t[\r\n1 , 2 ]\n",
            r#"{ "a\\" : "b\\\"" , "" : null }"#,
        ] {
            assert!(value(text.as_bytes()).is_some(), "{text}");
            same(text.as_bytes());
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_serde_json_refuses_it() {
        for text in [
            "",
            " ",
            "nul",
            "nulll",
            "tru e",
            "01",
            "1.",
            "1e999",
            "-",
            "+1",
            "1 2",
            "\"",
            "\"a",
            "'a'",
            r#""\x""#,
            r#""\u12""#,
            r#""\u+041""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\ude00""#,
            r#""\ud83dx""#,
            "\"\n\"",
            "[1,]",
            "[,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "[",
            "{",
            "]",
            "[1e999]",
            "{\"a\":\"\\ud800\"}",
            "\u{feff}1",
            "\u{a0}1",
        ] {
            assert!(value(text.as_bytes()).is_none(), "{text}");
            same(text.as_bytes());
        }
        same(b"\"\xff\"");
        same(b"[\"a\xc3\"]");
    }

    #[test]
    fn it_reads_as_deep_as_serde_json_does() {
        for depth in [1, 126, 127, 128, 129, 5_000] {
            same(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes());
            let objects = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
            same(objects.as_bytes());
        }
    }
}
