//! JSON: any type of serde, as compact text.

mod reader;

use std::fmt;
use std::io;

use ::json::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use super::erase::erase;
use super::{Codec, CodecError, Encoder};
use crate::secret::Redacted;

/// A value of any serde type, encrypted as compact JSON.
///
/// ```
/// use encfield_core::{Encrypted, Json};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Address {
///     street: String,
///     city: String,
/// }
///
/// let home = Address { street: "1 Main Road".into(), city: "Pune".into() };
/// let home = Encrypted::new(Json(home));
/// assert_eq!(format!("{home:?}"), "********");
/// assert_eq!(home.expose().0.city, "Pune");
/// ```
///
/// The length shows: JSON with a longer text, one more field or a number of more digits is longer
/// in the database too. What has a fixed width elsewhere has none here.
///
/// What serde_json cannot hold is not kept: NaN and the infinities become `null`. JSON nested more
/// than 127 deep is refused when it is stored, because it could not be read back.
///
/// It prints as `********`. The value inside is not wiped on drop, because serde says nothing about
/// where its secrets lie; and serde_json leaves a text that has an escape in it (a quote, a line break) in
/// the buffer in which it unescapes. Give the type a [`Codec`] of its own where that matters. A bare
/// `serde_json::Value` is read without that buffer, and wiped.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(
    /// The plain value.
    pub T,
);

impl<T> From<T> for Json<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Redacted, f)
    }
}

impl<T: Serialize + DeserializeOwned> Codec for Json<T> {
    fn encoded_len(&self) -> usize {
        length(&self.0)
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        write(&self.0, |text| out.write(text))
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        read(plaintext).map(Self)
    }

    fn from_plain_column(bytes: &[u8]) -> Result<Self, CodecError> {
        Self::decode(bytes)
    }
}

impl Codec for Value {
    fn encoded_len(&self) -> usize {
        length(self)
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        write(self, |text| out.write(text))
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        reader::value(plaintext).ok_or(NOT_READ)
    }

    fn wipe(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Self::wipe),
            Self::Object(members) => {
                for (mut name, mut value) in std::mem::take(members) {
                    name.zeroize();
                    value.wipe();
                }
            }
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
        erase(self, Self::Null);
    }
}

/// How many bytes the JSON has: written once to nowhere, so that the real text needs one buffer.
fn length<T: Serialize>(value: &T) -> usize {
    let mut length = 0;
    // A value that has no JSON is refused when it is written.
    let _ = write(value, |text| length += text.len());
    length
}

/// Writes JSON piece by piece to where it will be sealed: no copy is left behind.
fn write<T: Serialize>(value: &T, emit: impl FnMut(&[u8])) -> Result<(), CodecError> {
    let mut text = Text {
        emit,
        depth: 0,
        place: Place::Between,
    };
    let written = ::json::to_writer(&mut text, value);
    match written {
        Ok(()) => Ok(()),
        Err(_) if text.depth > DEEPEST => Err(CodecError::new(
            "JSON is nested up to 127 deep, or it could not be read back",
        )),
        // serde_json's own message may quote the value.
        Err(_) => Err(CodecError::new("the value has no JSON")),
    }
}

fn read<T: DeserializeOwned>(plaintext: &[u8]) -> Result<T, CodecError> {
    // serde_json's own message may quote the text.
    ::json::from_slice(plaintext).map_err(|_| NOT_READ)
}

const NOT_READ: CodecError = CodecError::new("the bytes are no JSON of this type");

/// How deep serde_json reads.
const DEEPEST: usize = 127;

/// JSON on its way out, and how deep it is nested.
struct Text<F> {
    emit: F,
    depth: usize,
    place: Place,
}

/// Where in JSON a byte stands: a bracket in a string is no bracket.
enum Place {
    Between,
    InString,
    AfterBackslash,
}

impl<F: FnMut(&[u8])> io::Write for Text<F> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for byte in text {
            self.place = match (&self.place, byte) {
                (Place::Between, b'"') => Place::InString,
                (Place::Between, _) => {
                    match byte {
                        b'[' | b'{' => self.depth += 1,
                        b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                    Place::Between
                }
                (Place::InString, b'"') => Place::Between,
                (Place::InString, b'\\') => Place::AfterBackslash,
                (Place::InString | Place::AfterBackslash, _) => Place::InString,
            };
            if self.depth > DEEPEST {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
        (self.emit)(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
