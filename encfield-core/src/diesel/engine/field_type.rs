//! Types of fields by name, for columns whose type is known when the program runs.

use std::fmt::Display;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::codec::{Codec, CodecError, Encoder, Padded, Padding, Plain};

/// The type of a field: how what a database shows of it as text becomes a plaintext, and back.
///
/// [`FieldType::named`] knows those whose text is the same in every database: text, bytes, whole
/// numbers, `bool`, and with their features dates, UUIDs, decimals, JSON and phone numbers. For a
/// type of your own there is [`FieldType::of`].
#[derive(Clone, Copy, Debug)]
pub struct FieldType {
    name: &'static str,
    encode: Conversion,
    show: Conversion,
}

/// From the bytes of a cell to those of a plaintext, or the other way.
type Conversion = fn(&[u8]) -> Result<Zeroizing<Vec<u8>>, CodecError>;

impl FieldType {
    /// The type of this name, as a model's field has it: `String`, `Option<i32>`, `uuid::Uuid`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name
            .strip_prefix("Option<")
            .and_then(|name| name.strip_suffix('>'))
            .unwrap_or(name);
        let name = if name == "Vec<u8>" {
            name
        } else {
            name.rsplit("::").next().unwrap_or(name)
        };
        TYPES.iter().find(|known| known.name == name).copied()
    }

    /// The type `T`, whose text in the database is the one that it parses and prints.
    #[must_use]
    pub fn of<T: Codec + FromStr + Display>() -> Self {
        Self {
            name: std::any::type_name::<T>(),
            encode: |cell| encoded(&parsed::<T>(cell)?),
            show: |plaintext| shown(&T::decode(plaintext)?),
        }
    }

    /// The type `T`, padded as `#[sensitive(pad = ..)]` says: `MultipleOf<64>` or `Padme`.
    #[must_use]
    pub fn padded<T, P>() -> Self
    where
        T: Codec + FromStr + Display,
        P: Padding,
    {
        Self {
            name: std::any::type_name::<Padded<T, P>>(),
            encode: |cell| encoded(&Padded::<T, P>::new(parsed(cell)?)),
            show: |plaintext| shown(&Padded::<T, P>::decode(plaintext)?.into_inner()),
        }
    }

    /// The type's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The plaintext of what the database shows.
    pub(crate) fn encode(&self, cell: &[u8]) -> Result<Zeroizing<Vec<u8>>, CodecError> {
        (self.encode)(cell)
    }

    /// What the database is to show of a plaintext.
    pub(crate) fn show(&self, plaintext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CodecError> {
        (self.show)(plaintext)
    }
}

fn text(cell: &[u8]) -> Result<&str, CodecError> {
    std::str::from_utf8(cell).map_err(|_| CodecError::new("the column does not hold UTF-8"))
}

fn parsed<T: FromStr>(cell: &[u8]) -> Result<T, CodecError> {
    let parsed = text(cell)?.trim().parse();
    parsed.map_err(|_| CodecError::new("the column holds something that is no value of the type"))
}

fn encoded<T: Plain + ?Sized>(value: &T) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(value.plain_len()));
    value.write_plain(&mut Encoder::new(&mut plaintext))?;
    Ok(plaintext)
}

fn shown(value: &impl Display) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    Ok(Zeroizing::new(value.to_string().into_bytes()))
}

macro_rules! of_text {
    ($($type:ty => $name:literal),* $(,)?) => {
        [$(FieldType {
            name: $name,
            encode: |cell| encoded(&parsed::<$type>(cell)?),
            show: |plaintext| shown(&<$type as Codec>::decode(plaintext)?),
        }),*]
    };
}

static TYPES: std::sync::LazyLock<Vec<FieldType>> = std::sync::LazyLock::new(|| {
    let mut types = vec![
        FieldType {
            name: "String",
            encode: |cell| encoded(text(cell)?),
            show: |plaintext| text(plaintext).map(|text| Zeroizing::new(text.as_bytes().to_vec())),
        },
        FieldType {
            name: "Vec<u8>",
            encode: |cell| encoded(cell),
            show: |plaintext| Ok(Zeroizing::new(plaintext.to_vec())),
        },
        FieldType {
            name: "bool",
            encode: |cell| {
                encoded(&match text(cell)?.to_ascii_lowercase().as_str() {
                    "1" | "t" | "true" => true,
                    "0" | "f" | "false" => false,
                    _ => return Err(CodecError::new("a truth value is 1, 0, true or false")),
                })
            },
            show: |plaintext| {
                let shown = if bool::decode(plaintext)? { "1" } else { "0" };
                Ok(Zeroizing::new(shown.as_bytes().to_vec()))
            },
        },
    ];
    types.extend(of_text! {
        i16 => "i16", i32 => "i32", i64 => "i64", i128 => "i128",
        u16 => "u16", u32 => "u32", u64 => "u64", u128 => "u128", i8 => "i8", u8 => "u8",
        std::net::IpAddr => "IpAddr", std::net::Ipv4Addr => "Ipv4Addr", std::net::Ipv6Addr => "Ipv6Addr",
    });
    #[cfg(feature = "chrono")]
    types.extend(of_text!(chrono::NaiveDate => "NaiveDate", chrono::NaiveTime => "NaiveTime"));
    #[cfg(feature = "uuid")]
    types.extend(of_text!(uuid::Uuid => "Uuid"));
    #[cfg(feature = "rust_decimal")]
    types.extend(of_text!(rust_decimal::Decimal => "Decimal"));
    #[cfg(feature = "serde_json")]
    types.extend(of_text!(json::Value => "Value"));
    #[cfg(feature = "phonenumber")]
    types.extend(of_text!(phonenumber::PhoneNumber => "PhoneNumber"));
    types
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_the_name_in_the_model() {
        for name in [
            "String",
            "Option<String>",
            "std::string::String",
            "Vec<u8>",
            "Option<Vec<u8>>",
            "i32",
        ] {
            assert!(FieldType::named(name).is_some(), "{name}");
        }
        for name in ["", "Str", "Option<", "Vec<u16>", "Own"] {
            assert!(FieldType::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_the_database_shows_comes_back() {
        for (name, cell) in [
            ("String", "Grüße"),
            ("Vec<u8>", "\u{1}x"),
            ("i64", "-7"),
            ("bool", "1"),
            ("Ipv4Addr", "10.0.0.1"),
        ] {
            let of = FieldType::named(name).unwrap();
            let plaintext = of.encode(cell.as_bytes()).unwrap();
            assert_eq!(*of.show(&plaintext).unwrap(), cell.as_bytes(), "{name}");
        }
        let i32s = FieldType::named("i32").unwrap();
        assert_eq!(
            *i32s.encode(b"7").unwrap(),
            *FieldType::of::<i32>().encode(b"7").unwrap()
        );
        assert!(i32s.encode(b"x").is_err() && i32s.encode(&[0xFF]).is_err());
        assert!(FieldType::named("String").unwrap().encode(&[0xFF]).is_err());
        let padded = FieldType::padded::<String, crate::MultipleOf<32>>();
        let plaintext = padded.encode(b"short").unwrap();
        assert_eq!(plaintext.len() % 32, 0);
        assert_eq!(*padded.show(&plaintext).unwrap(), *b"short");
    }
}
