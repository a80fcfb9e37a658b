//! Types of fields by name, for columns whose type is known when the program runs.

use std::fmt::Display;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::hiding::{Hiding, Plaintext};
use crate::codec::{Codec, CodecError, Encoder, Padding, Plain};

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
    hiding: Hiding,
}

/// From the bytes of a cell to those of a plaintext, or the other way.
type Conversion = fn(&[u8]) -> Result<Plaintext, CodecError>;

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
            hiding: Hiding::default(),
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
            hiding: Hiding::padded::<P>(),
            ..Self::of::<T>()
        }
    }

    /// The same, padded as [`Inventory::to_toml`](crate::Inventory::to_toml) writes it, such as
    /// `MultipleOf<64>`. None for a padding of another name.
    #[must_use]
    pub fn padded_as(self, padding: &str) -> Option<Self> {
        let hiding = Hiding::padded_as(padding)?;
        Some(Self { hiding, ..self })
    }

    /// The same for a field with `#[sensitive(hide_null)]`: NULL becomes a value of no difference to be
    /// seen. Such a field is padded, too.
    #[must_use]
    pub fn hiding_null(self) -> Self {
        Self {
            hiding: self.hiding.with_null(),
            ..self
        }
    }

    /// The type's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn hiding(&self) -> Hiding {
        self.hiding
    }

    /// The plaintext of what the database shows; NULL has one where it is hidden.
    pub(super) fn encode(&self, cell: Option<&[u8]>) -> Result<Option<Plaintext>, CodecError> {
        let value = cell.map(|cell| (self.encode)(cell)).transpose()?;
        Ok(self.hiding.cover(value))
    }

    /// What the database is to show of a plaintext.
    pub(super) fn show(&self, plaintext: &[u8]) -> Result<Option<Plaintext>, CodecError> {
        let value = self.hiding.uncover(plaintext)?;
        value.map(|value| (self.show)(value)).transpose()
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
            hiding: Hiding::default(),
        }),*]
    };
}

static TYPES: std::sync::LazyLock<Vec<FieldType>> = std::sync::LazyLock::new(|| {
    let mut types = vec![
        FieldType {
            name: "String",
            encode: |cell| encoded(text(cell)?),
            show: |plaintext| text(plaintext).map(|text| Zeroizing::new(text.as_bytes().to_vec())),
            hiding: Hiding::default(),
        },
        FieldType {
            name: "Vec<u8>",
            encode: |cell| encoded(cell),
            show: |plaintext| Ok(Zeroizing::new(plaintext.to_vec())),
            hiding: Hiding::default(),
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
            hiding: Hiding::default(),
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
            let plaintext = of.encode(Some(cell.as_bytes())).unwrap().unwrap();
            let shown = of.show(&plaintext).unwrap().unwrap();
            assert_eq!(*shown, cell.as_bytes(), "{name}");
        }
        let encode = |of: &FieldType, cell: &[u8]| of.encode(Some(cell)).map(Option::unwrap);
        let [i32s, texts] = ["i32", "String"].map(|name| FieldType::named(name).unwrap());
        assert_eq!(
            encode(&i32s, b"7").unwrap(),
            encode(&FieldType::of::<i32>(), b"7").unwrap()
        );
        assert!(encode(&i32s, b"x").is_err() && encode(&i32s, &[0xFF]).is_err());
        assert!(encode(&texts, &[0xFF]).is_err());
        assert_eq!(texts.encode(None).unwrap(), None);
        for padded in [
            FieldType::padded::<String, crate::MultipleOf<32>>(),
            texts.padded_as("MultipleOf<32>").unwrap().hiding_null(),
        ] {
            let plaintext = encode(&padded, b"short").unwrap();
            assert_eq!(plaintext.len(), 32);
            assert_eq!(**padded.show(&plaintext).unwrap().unwrap(), *b"short");
        }
        assert!(texts.padded_as("MultipleOf<>").is_none());
        let hidden = texts.padded_as("Padme").unwrap().hiding_null();
        let plaintext = hidden.encode(None).unwrap().unwrap();
        assert_eq!(hidden.show(&plaintext).unwrap(), None);
    }
}
