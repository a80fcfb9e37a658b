//! The values of Rails Active Record Encryption.

mod keys;
mod members;
mod message;

use std::fmt;

use zeroize::Zeroizing;

pub use self::keys::{RailsDigest, RailsKey};
use self::message::Message;
use crate::aead::KEY_LENGTH;
use crate::error::{ImportError, ImportErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::secret::Secret;
use crate::zlib::inflate;

const NAME: &str = "rails";

/// The names of encodings whose bytes are handed on without a question: text that is UTF-8, and bytes.
const PLAIN_ENCODINGS: [&[u8]; 4] = [b"UTF-8", b"US-ASCII", b"ASCII-8BIT", b"BINARY"];

/// A reader of [Active Record Encryption]'s values: JSON with a payload under AES-256-GCM.
///
/// Use it for attributes that a model `encrypts`, deterministic or not, whether compressed, or with a
/// data key of their own (`EnvelopeEncryptionKeyProvider`). Give it all primary keys and, where an
/// attribute is deterministic, the deterministic key. Values that the message pack serialiser or a
/// compressor other than zlib wrote are not read.
///
/// # What is not authenticated
///
/// The tag covers the payload and nothing else. Somebody who can write to the database can change
/// every header:
///
/// - without its `c` a compressed value opens to the zlib stream that it is made of. A stream of Rails
///   starts with `0x78 0x9C`, as no UTF-8 text does: check that text is UTF-8 before you store it;
/// - another `e` names another encoding for the same bytes;
/// - `i` says which key to try first, and no more than that here.
///
/// A tag is 16 bytes long, or the value is refused: OpenSSL would accept a tag of one byte.
///
/// ```
/// use encfield_import::{Rails, RailsDigest, RailsKey, Reader};
///
/// # fn main() -> Result<(), encfield_import::ImportError> {
/// let key = RailsKey::derived(
///     "test deterministic key",
///     "testing key derivation salt",
///     RailsDigest::Sha1,
/// )?;
/// let reader = Rails::new(key);
/// let value = r#"{"p":"DIohhw==","h":{"iv":"wEPaDcJP3VNIxaiz","at":"X7+2xvvcu1k1if6Dy28Esw=="}}"#;
/// assert_eq!(*reader.open(value.as_bytes())?, b"Dune");
/// # Ok(())
/// # }
/// ```
///
/// [Active Record Encryption]: https://guides.rubyonrails.org/active_record_encryption.html
#[derive(Clone)]
pub struct Rails {
    keys: Vec<RailsKey>,
    other_encodings: bool,
    limits: Limits,
}

impl Rails {
    /// A reader with one key.
    #[must_use]
    pub fn new(key: RailsKey) -> Self {
        Self {
            keys: vec![key],
            other_encodings: false,
            limits: Limits::default(),
        }
    }

    /// With one more key, which is tried after the others.
    #[must_use]
    pub fn with_key(mut self, key: RailsKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Whether text in another encoding than UTF-8 or US-ASCII is opened.
    ///
    /// Rails notes the name of such an encoding in the header `e`. The bytes come as they are, and it
    /// is for the caller to turn them into UTF-8. By default they are refused with
    /// [`Unsupported`](ImportErrorKind::Unsupported), so that none is taken for UTF-8.
    #[must_use]
    pub fn with_other_encodings(mut self, is_accepted: bool) -> Self {
        self.other_encodings = is_accepted;
        self
    }

    /// With these limits instead of the default ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn read(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportErrorKind> {
        self.limits.admit(value)?;
        let message = Message::parse(value, self.limits.max_depth)?;
        if let Some(encoding) = &message.encoding {
            let is_plain = |name: &[u8]| name.eq_ignore_ascii_case(encoding);
            if !self.other_encodings && !PLAIN_ENCODINGS.into_iter().any(is_plain) {
                return Err(ImportErrorKind::Unsupported);
            }
        }
        if !message.is_compressed {
            self.limits.admit_plaintext(message.sealed.payload.len())?;
        }
        let opened = self.open_message(&message);
        let opened = opened.ok_or(ImportErrorKind::NotAuthentic)?;
        if message.is_compressed {
            return inflate(&opened, self.limits.max_plaintext);
        }
        Ok(opened)
    }

    /// Under the data key, where the message brings one, and else under the reader's keys.
    fn open_message(&self, message: &Message) -> Option<Zeroizing<Vec<u8>>> {
        let keys = self.keys_for(message);
        let under_any = |sealed: &message::Payload| {
            let mut keys = keys.iter();
            keys.find_map(|key| sealed.as_sealed().open(key.secret(), b""))
        };
        let Some(wrapped) = &message.data_key else {
            return under_any(&message.sealed);
        };
        let opened = under_any(wrapped)?;
        let data_key = <&[u8; KEY_LENGTH]>::try_from(opened.as_slice()).ok()?;
        let data_key = Secret::copied_from(data_key);
        message.sealed.as_sealed().open(&data_key, b"")
    }

    /// All keys, first those that the message's hint fits. A hint is 16 bits that anybody can change:
    /// it is worth an order and no more.
    fn keys_for(&self, message: &Message) -> Vec<&RailsKey> {
        let mut keys: Vec<_> = self.keys.iter().collect();
        if let Some(hint) = &message.key_hint {
            // A stable sort, and `false` comes first.
            keys.sort_by_key(|key| key.id().as_slice() != hint.as_slice());
        }
        keys
    }
}

impl Reader for Rails {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        self.read(value)
            .map_err(|kind| ImportError::new(NAME, kind))
    }
}

/// The number of keys alone.
impl fmt::Debug for Rails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rails({} keys)", self.keys.len())
    }
}
