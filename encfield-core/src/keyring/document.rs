//! The keyring's JSON, version 1.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Entry, Keyring, Role, entry};
use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyState};
use crate::key_id::KeyId;

/// The version of a keyring that can do everything.
const VERSION: u32 = 1;

/// The version of a keyring that has a role.
const VERSION_WITH_ROLE: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    encfield_keyring: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    encryption: Vec<Line>,
    #[serde(default)]
    index: Vec<Line>,
}

/// One key.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    key: Hexadecimal,
}

/// The key's digits, wiped on drop.
struct Hexadecimal(Zeroizing<String>);

impl Keyring {
    /// The keyring that this JSON describes.
    ///
    /// ```json
    /// {
    ///   "encfield_keyring": 1,
    ///   "encryption": [
    ///     { "id": "0a2fac17b4803429", "state": "primary", "created": "2026-11-23T09:00:00Z", "key": "8c07…" }
    ///   ],
    ///   "index": []
    /// }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when it is malformed, has no primary or two, names a key twice,
    /// or has an id that is not its key's. The error names the place, never a key.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let invalid = |note: String| Error::new(ErrorKind::KeyringInvalid).with_note(note);
        if json.trim().is_empty() {
            return Err(invalid("it is empty".to_owned()));
        }
        // serde_json's own message quotes its input, so only the place is told.
        let document: Document = json::from_str(json).map_err(|error| {
            let what = match error.classify() {
                json::error::Category::Eof => "it ends too early",
                json::error::Category::Data => "a field is missing, unknown or of the wrong type",
                _ => "it is not JSON",
            };
            if json.contains("encfield_wrapped_keyring") {
                return invalid(
                    "it is wrapped: read it with its key-encryption key, as \
                     `Keyring::from_env_with` does"
                        .to_owned(),
                );
            }
            invalid(format!(
                "{what}, at line {} column {}",
                error.line(),
                error.column()
            ))
        })?;
        let role = match (document.encfield_keyring, document.role) {
            (VERSION, None) => Role::All,
            (VERSION_WITH_ROLE, Some(role)) => Role::from_word(&role)
                .filter(|role| *role != Role::All)
                .ok_or_else(|| invalid("its role is `seal`, `open` or `look-up`".to_owned()))?,
            (VERSION | VERSION_WITH_ROLE, _) => {
                return Err(invalid(
                    "a role stands in version 2, and in no other".to_owned(),
                ));
            }
            (version, _) => {
                return Err(invalid(format!(
                    "its version is {version}, and this encfield reads versions {VERSION} and \
                     {VERSION_WITH_ROLE}"
                )));
            }
        };
        Self::with_role(
            entries("encryption", document.encryption)?,
            entries("index", document.index)?,
            role,
        )
    }

    /// The keyring as JSON, keys included: keep it where you keep secrets.
    ///
    /// The text is wiped when it is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] for a keyring that [`Keyring::generate`] could not fill.
    pub fn to_json(&self) -> Result<Zeroizing<String>, Error> {
        self.refuse_empty()?;
        let (version, role) = match self.role() {
            Role::All => (VERSION, None),
            role => (VERSION_WITH_ROLE, Some(role.word().to_owned())),
        };
        let document = Document {
            encfield_keyring: version,
            role,
            encryption: self
                .0
                .encryption
                .iter()
                .map(|key| Line::from(&key.entry))
                .collect(),
            index: self.0.index.iter().map(Line::from).collect(),
        };
        // Room for every line at once: a buffer that grew would leave keys behind.
        let lines = document.encryption.len() + document.index.len();
        let mut text = Vec::with_capacity(256 + 256 * lines);
        json::to_writer_pretty(&mut text, &document)
            .ok()
            .and_then(|()| String::from_utf8(text).ok())
            .map(Zeroizing::new)
            .ok_or_else(|| Error::new(ErrorKind::KeyringInvalid).with_note("it has no JSON"))
    }
}

fn entries(list: &str, lines: Vec<Line>) -> Result<Vec<Entry>, Error> {
    let read = |(position, line): (usize, Line)| {
        let invalid = |note: &str| {
            Error::new(ErrorKind::KeyringInvalid).with_note(format!("{list}[{position}]: {note}"))
        };
        let id = KeyId::from_hex(&line.id)
            .ok_or_else(|| invalid("an id is 16 lower-case hexadecimal digits"))?;
        let state: KeyState = line.state.parse().map_err(|_| {
            invalid("a state is `primary`, `active`, `retired` or `compromised`").with_key(id)
        })?;
        let created = line
            .created
            .map(|created| humantime::parse_rfc3339(&created))
            .transpose()
            .map_err(|_| invalid("a creation date is like `2026-11-23T09:00:00Z`").with_key(id))?;
        let key = Key::from_hex(&line.key.0)
            .map_err(|_| invalid("a key is 64 lower-case hexadecimal digits").with_key(id))?;
        if key.id() != id {
            return Err(invalid("the key is not the one that the id names").with_key(id));
        }
        Ok(Entry {
            key,
            state,
            created,
        })
    };
    lines.into_iter().enumerate().map(read).collect()
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.key.id().to_string(),
            state: entry.state.to_string(),
            created: entry
                .created
                .filter(|created| entry::has_date(*created))
                .map(|created| humantime::format_rfc3339_seconds(created).to_string()),
            key: Hexadecimal(entry.key.to_hex()),
        }
    }
}

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;
        impl Visitor<'_> for Digits {
            type Value = Hexadecimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key in hexadecimal")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Hexadecimal, E> {
                Ok(Hexadecimal(Zeroizing::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Digits)
    }
}
