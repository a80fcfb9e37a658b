//! Normal forms of text that people type.

use std::borrow::Cow;

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::normaliser::{Normaliser, Normalises};
use crate::codec::Encoder;

/// A type whose value is text: what the normalisers of text take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "this normaliser takes text",
    note = "implement `encfield::Text` for a type of your own that holds text"
)]
pub trait Text {
    /// The text.
    fn text(&self) -> &str;
}

macro_rules! text {
    ($($(#[$attribute:meta])* {$($generics:tt)*} $type:ty => |$value:ident| $text:expr;)*) => {$(
        $(#[$attribute])*
        impl<$($generics)*> Text for $type {
            fn text(&self) -> &str {
                let $value = self;
                $text
            }
        }
    )*};
}

text! {
    {} str => |value| value;
    {} String => |value| value;
    {} Box<str> => |value| value;
    {} Cow<'_, str> => |value| value;
    {} Zeroizing<String> => |value| value;
    {T: Text + ?Sized} &T => |value| (**value).text();
    #[cfg(feature = "secrecy")]
    {} secrecy::SecretString => |value| secrecy::ExposeSecret::expose_secret(value);
}

/// Text in either case, and however its accents are composed: `MEIER`, `Meier`; `Ü` as one character
/// or as two.
///
/// The canonical caseless form of the [Unicode Standard, definition 145]: decomposed, fully case
/// folded, decomposed. `ß` is `ss`. Spaces count; put [`Nfkc`] in front where they should not:
/// `Chain<Nfkc, CaseFolded>`.
///
/// Text of code points that Unicode has assigned keeps its form in every later version of Unicode.
///
/// [Unicode Standard, definition 145]: https://www.unicode.org/versions/latest/core-spec/chapter-3/#G34145
#[derive(Debug)]
pub struct CaseFolded;

/// Text as people see it: compatibility characters composed (NFKC), spaces at both ends cut off and
/// those inside made one.
///
/// `ﬁ` is `fi`, a full-width `Ａ` is `A`, two spaces are one. Case counts. Text of spaces alone has
/// no tag. Source: [Unicode Standard Annex 15](https://www.unicode.org/reports/tr15/).
#[derive(Debug)]
pub struct Nfkc;

/// The digits `0` to `9` alone: `K-123 456` is `123456`.
///
/// Compatibility forms count, such as full-width digits. Text without a digit has no tag, and
/// neither has text with a digit of another script, which would otherwise be left out unseen. Two
/// spellings of a phone number, with and without the country's code, stay two: see `E164`.
#[derive(Debug)]
pub struct Digits;

/// An address of e-mail: compatibility forms composed, without spaces around it, in either case.
///
/// Only text with one `@` that has something on both sides has a tag. The part in front of the `@`
/// is case folded as well, which RFC 5321 does not ask for and every provider of note does; dots and
/// what stands behind a `+` are kept.
#[derive(Debug)]
pub struct Email;

macro_rules! text_normaliser {
    ($($normaliser:ident = $name:literal, $normalise:ident;)*) => {$(
        impl Normaliser for $normaliser {
            const NAME: &'static str = $name;
            const VERSION: u16 = 1;
        }

        impl<V: Text + ?Sized> Normalises<V> for $normaliser {
            fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
                $normalise(value.text(), out)
            }
        }
    )*};
}

text_normaliser! {
    CaseFolded = "case-folded", case_folded;
    Nfkc = "nfkc", nfkc;
    Digits = "digits", digits;
    Email = "email", email;
}

fn case_folded(text: &str, out: &mut Encoder<'_>) -> Option<()> {
    let mut folded = Buffer::for_text(text);
    text.nfd().for_each(|letter| folded.push_folded(letter));
    folded
        .as_str()
        .nfd()
        .for_each(|letter| out.write_char(letter));
    Some(())
}

fn nfkc(text: &str, out: &mut Encoder<'_>) -> Option<()> {
    let mut composed = Buffer::for_text(text);
    text.nfkc().for_each(|letter| composed.push(letter));
    let mut words = composed.as_str().split_whitespace().peekable();
    words.peek()?;
    for (position, word) in words.enumerate() {
        if position > 0 {
            out.write_char(' ');
        }
        out.write(word.as_bytes());
    }
    Some(())
}

fn digits(text: &str, out: &mut Encoder<'_>) -> Option<()> {
    let mut any = false;
    for letter in text.nfkc().filter(|letter| letter.is_numeric()) {
        letter.to_digit(10)?;
        out.write_char(letter);
        any = true;
    }
    any.then_some(())
}

fn email(text: &str, out: &mut Encoder<'_>) -> Option<()> {
    let mut composed = Buffer::for_text(text);
    text.nfkc().for_each(|letter| composed.push(letter));
    let address = composed.as_str().trim();
    let (mailbox, host) = address.split_once('@')?;
    let sound = |part: &str| !part.is_empty() && !part.contains(['@', ' ']);
    if !sound(mailbox) || !sound(host) {
        return None;
    }
    let mut folded = Buffer::for_text(address);
    address.nfkd().for_each(|letter| folded.push_folded(letter));
    folded
        .as_str()
        .nfkc()
        .for_each(|letter| out.write_char(letter));
    Some(())
}

/// Text on its way to a normal form, wiped when it is dropped and when it grows.
pub(super) struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    /// A buffer with room for what most normal forms of this text need.
    pub(super) fn for_text(text: &str) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(text.len() * 3)))
    }

    pub(super) fn push(&mut self, letter: char) {
        Encoder::new(&mut self.0).write_char(letter);
    }

    fn push_folded(&mut self, letter: char) {
        let mut text = [0; 4];
        let letter: &str = letter.encode_utf8(&mut text);
        let folded = Zeroizing::new(UniCase::unicode(letter).to_folded_case());
        Encoder::new(&mut self.0).write(folded.as_bytes());
    }

    /// The text; all that is written is whole characters.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
