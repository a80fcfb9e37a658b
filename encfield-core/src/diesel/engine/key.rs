//! The primary key of a row, of any type and any number of columns.

use std::fmt;

/// The primary key of a row, as text; bytes in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(Vec<KeyPart>);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct KeyPart {
    bytes: Vec<u8>,
    is_bytes: bool,
}

impl RowKey {
    pub(super) fn new(parts: impl IntoIterator<Item = (Vec<u8>, bool)>) -> Self {
        let part = |(bytes, is_bytes)| KeyPart { bytes, is_bytes };
        Self(parts.into_iter().map(part).collect())
    }

    /// The value of each column, as it is bound.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|part| part.bytes.as_slice())
    }

    /// As it is kept in the engine's own tables: JSON.
    pub(super) fn to_text(&self) -> String {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        json::to_string(&texts).unwrap_or_default()
    }

    /// Which of its parts are bytes, to be kept beside that.
    pub(super) fn bytes_to_text(&self) -> String {
        let sign = |part: &KeyPart| if part.is_bytes { 'b' } else { 't' };
        self.0.iter().map(sign).collect()
    }

    pub(super) fn bytes_from_text(text: &str) -> Vec<bool> {
        text.chars().map(|sign| sign == 'b').collect()
    }

    /// The key that was kept so; which columns are bytes, the table says.
    pub(super) fn from_text(text: &str, are_bytes: &[bool]) -> Option<Self> {
        let texts: Vec<String> = json::from_str(text).ok()?;
        if texts.len() != are_bytes.len() {
            return None;
        }
        let part = |(text, &is_bytes): (String, &bool)| {
            let bytes = if is_bytes {
                base16ct::lower::decode_vec(&text).ok()?
            } else {
                text.into_bytes()
            };
            Some(KeyPart { bytes, is_bytes })
        };
        texts
            .into_iter()
            .zip(are_bytes)
            .map(part)
            .collect::<Option<_>>()
            .map(Self)
    }
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if !self.is_bytes => f.write_str(text),
            _ => f.write_str(&base16ct::lower::encode_string(&self.bytes)),
        }
    }
}

/// The values, with commas between them.
impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            fmt::Display::fmt(part, f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text() {
        let key = RowKey::new([(b"7, \"x\"".to_vec(), false), (vec![0xFE, 0], true)]);
        assert_eq!(key.to_string(), "7, \"x\", fe00");
        let text = key.to_text();
        let bytes = RowKey::bytes_from_text(&key.bytes_to_text());
        assert_eq!(bytes, [false, true]);
        assert_eq!(RowKey::from_text(&text, &bytes), Some(key));
        assert_eq!(RowKey::from_text(&text, &[false]), None);
        assert_eq!(RowKey::from_text("[\"x\"]", &[true]), None);
        assert_eq!(RowKey::from_text("", &[true]), None);
    }
}
