//! A message as Rails serialises it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::members::{Member, Members};
use crate::aead::{NONCE_LENGTH, Sealed, TAG_LENGTH};
use crate::error::ImportErrorKind;

/// A value of a column, parsed and not yet opened.
pub(super) struct Message {
    pub(super) sealed: Payload,
    /// The data key, under one of the application's keys.
    pub(super) data_key: Option<Payload>,
    pub(super) key_hint: Option<Vec<u8>>,
    pub(super) is_compressed: bool,
    pub(super) encoding: Option<Vec<u8>>,
}

/// What is encrypted, with the nonce and the tag from its headers.
pub(super) struct Payload {
    pub(super) payload: Vec<u8>,
    nonce: [u8; NONCE_LENGTH],
    tag: [u8; TAG_LENGTH],
}

impl Message {
    /// # Errors
    /// `Malformed`, `TooLarge` when it is nested too deep, and `Unsupported` when a data key is itself
    /// under a data key, which Rails does not read either.
    pub(super) fn parse(value: &[u8], max_depth: usize) -> Result<Self, ImportErrorKind> {
        let message = Members::parse(value, max_depth)?;
        let headers = headers(&message)?;
        let data_key = match headers.find("k") {
            None | Some(Member::Null) => None,
            Some(Member::Object(wrapped)) => Some(Payload::data_key(wrapped)?),
            Some(_) => return Err(ImportErrorKind::Malformed),
        };
        let is_compressed = match headers.find("c") {
            None | Some(Member::Null) => false,
            Some(Member::Flag(flag)) => *flag,
            Some(_) => return Err(ImportErrorKind::Malformed),
        };
        let encoding = match headers.find("e") {
            None | Some(Member::Null) => None,
            name => Some(decode(name)?),
        };
        Ok(Self {
            sealed: Payload::new(&message, headers)?,
            data_key,
            // Only a hint: one that makes no sense is none.
            key_hint: decode(headers.find("i")).ok(),
            is_compressed,
            encoding,
        })
    }
}

impl Payload {
    fn new(message: &Members<'_>, headers: &Members<'_>) -> Result<Self, ImportErrorKind> {
        let payload = decode(message.find("p"))?;
        let nonce = decode(headers.find("iv"))?;
        let tag = decode(headers.find("at"))?;
        // Exactly 16 bytes of tag: a shorter one could be guessed.
        match (nonce.try_into(), tag.try_into()) {
            (Ok(nonce), Ok(tag)) => Ok(Self {
                payload,
                nonce,
                tag,
            }),
            _ => Err(ImportErrorKind::Malformed),
        }
    }

    fn data_key(message: &Members<'_>) -> Result<Self, ImportErrorKind> {
        let headers = headers(message)?;
        match headers.find("k") {
            None | Some(Member::Null) => Self::new(message, headers),
            Some(_) => Err(ImportErrorKind::Unsupported),
        }
    }

    pub(super) fn as_sealed(&self) -> Sealed<'_> {
        Sealed {
            nonce: &self.nonce,
            ciphertext: &self.payload,
            tag: &self.tag,
        }
    }
}

fn headers<'m, 'v>(message: &'m Members<'v>) -> Result<&'m Members<'v>, ImportErrorKind> {
    match message.find("h") {
        Some(Member::Object(headers)) => Ok(headers),
        _ => Err(ImportErrorKind::Malformed),
    }
}

/// The bytes of a text in base64. Ruby reads it as strictly: one text for the same bytes.
fn decode(member: Option<&Member<'_>>) -> Result<Vec<u8>, ImportErrorKind> {
    match member {
        Some(Member::Text(text)) => STANDARD
            .decode(text.as_bytes())
            .map_err(|_| ImportErrorKind::Malformed),
        _ => Err(ImportErrorKind::Malformed),
    }
}
