//! The values of the Ruby gem lockbox.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha384;
use zeroize::Zeroizing;

use crate::aead::{KEY_LENGTH, NONCE_LENGTH, Sealed, TAG_LENGTH};
use crate::error::{ImportError, ImportErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::secret::Secret;

const NAME: &str = "lockbox";

/// What stands before the column's name where lockbox derives a key, as in CipherSweet.
const SEPARATOR: [u8; 32] = [0xB4; 32];

/// A key of one column, or one that lockbox was given directly.
#[derive(Clone)]
pub struct LockboxKey(Secret<KEY_LENGTH>);

impl LockboxKey {
    /// The key that lockbox derives for a column: HKDF-SHA384 of the master key, which is 64
    /// hexadecimal digits.
    ///
    /// `column` is the column that holds the ciphertext, under its name in the database:
    /// `phone_ciphertext` for `has_encrypted :phone`. For an attached file it is the attachment's name
    /// alone. After a rename both are the old names, which the model states as `key_table` and
    /// `key_attribute`.
    ///
    /// # Errors
    /// [`KeyInvalid`](ImportErrorKind::KeyInvalid) when the master key is anything else, or a name is
    /// empty.
    pub fn from_master_key(
        master_key: &str,
        table: &str,
        column: &str,
    ) -> Result<Self, ImportError> {
        let master = Self::from_hex(master_key)?;
        if table.is_empty() || column.is_empty() {
            return Err(invalid_key());
        }
        let mut key = Secret::zeroed();
        Hkdf::<Sha384>::new(Some(table.as_bytes()), master.0.as_bytes())
            .expand_multi_info(&[&SEPARATOR, column.as_bytes()], key.as_mut())
            .map_err(|_| invalid_key())?;
        Ok(Self(key))
    }

    /// The key itself, as 64 hexadecimal digits.
    ///
    /// Use it where the model has `key: ..`, and for `Lockbox.new(key: ..)`: lockbox then derives
    /// nothing.
    ///
    /// # Errors
    /// [`KeyInvalid`](ImportErrorKind::KeyInvalid) when it is anything else.
    pub fn from_hex(key: &str) -> Result<Self, ImportError> {
        Secret::from_hex(key).map(Self).ok_or_else(invalid_key)
    }

    /// The key of these 32 bytes, from which nothing is derived.
    #[must_use]
    pub fn from_bytes(key: &[u8; 32]) -> Self {
        Self(Secret::copied_from(key))
    }
}

fn invalid_key() -> ImportError {
    ImportError::new(NAME, ImportErrorKind::KeyInvalid)
}

impl fmt::Debug for LockboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockboxKey(********)")
    }
}

/// A reader of [lockbox]'s values under its default algorithm: base64 of a nonce of 12 bytes,
/// AES-256-GCM's ciphertext, and its tag of 16 bytes.
///
/// Strings open to their bytes. Lockbox stores an integer as 8 bytes with the highest first, a float
/// as the 8 bytes of a double in the same order, a boolean as `t` or `f`, dates and times as text.
///
/// Its other algorithms (`xchacha20`, `xsalsa20`, `hybrid`) are not read. Nothing in a value says
/// which one wrote it, so their values fail to authenticate.
///
/// ```
/// use encfield_import::{Lockbox, LockboxKey, Reader};
///
/// # fn main() -> Result<(), encfield_import::ImportError> {
/// let (new, old) = ("a1".repeat(32), "b2".repeat(32));
/// let reader = Lockbox::new(LockboxKey::from_master_key(&new, "users", "phone_ciphertext")?)
///     .with_key(LockboxKey::from_master_key(&old, "users", "phone_ciphertext")?)
///     .with_empty_in_the_clear(true);
/// assert_eq!(*reader.open(b"")?, b"");
/// # Ok(())
/// # }
/// ```
///
/// [lockbox]: https://github.com/ankane/lockbox
#[derive(Clone)]
pub struct Lockbox {
    keys: Vec<LockboxKey>,
    associated_data: Zeroizing<Vec<u8>>,
    is_binary: bool,
    empty_in_the_clear: bool,
    padding: Option<usize>,
    limits: Limits,
}

impl Lockbox {
    /// A reader with one key.
    #[must_use]
    pub fn new(key: LockboxKey) -> Self {
        Self {
            keys: vec![key],
            associated_data: Zeroizing::default(),
            is_binary: false,
            empty_in_the_clear: false,
            padding: None,
            limits: Limits::default(),
        }
    }

    /// With one more key, which is tried after the others: one of lockbox's `previous_versions`.
    #[must_use]
    pub fn with_key(mut self, key: LockboxKey) -> Self {
        self.keys.push(key);
        self
    }

    /// With the associated data that the values were encrypted with.
    ///
    /// Where it differs from row to row, clone the reader for each.
    #[must_use]
    pub fn with_associated_data(mut self, associated_data: impl Into<Vec<u8>>) -> Self {
        self.associated_data = Zeroizing::new(associated_data.into());
        self
    }

    /// Whether the column holds bytes and not base64: `encode: false` in the model, and files.
    #[must_use]
    pub fn with_binary(mut self, is_binary: bool) -> Self {
        self.is_binary = is_binary;
        self
    }

    /// Whether an empty value in the column is the empty string.
    ///
    /// Lockbox encrypts no empty string: it stores one as it is. Nothing authenticates that, so
    /// somebody who can write to the database can empty any value. By default such a value is refused
    /// with [`StoredInTheClear`](ImportErrorKind::StoredInTheClear).
    #[must_use]
    pub fn with_empty_in_the_clear(mut self, is_accepted: bool) -> Self {
        self.empty_in_the_clear = is_accepted;
        self
    }

    /// With padding to a multiple of so many bytes: `padding: 16` in the model, and 16 for
    /// `padding: true`.
    ///
    /// The padding is taken off, and a value without it is refused. Lockbox encrypts empty strings
    /// where it pads. Zero is for no padding.
    #[must_use]
    pub fn with_padding(mut self, multiple: usize) -> Self {
        self.padding = (multiple > 0).then_some(multiple);
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
        if value.is_empty() {
            if self.empty_in_the_clear && self.padding.is_none() {
                return Ok(Zeroizing::default());
            }
            return Err(ImportErrorKind::StoredInTheClear);
        }
        if self.is_binary {
            return self.read_bytes(value);
        }
        let decoded = STANDARD.decode(value);
        self.read_bytes(&decoded.map_err(|_| ImportErrorKind::Malformed)?)
    }

    fn read_bytes(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportErrorKind> {
        let sealed = take_apart(bytes).ok_or(ImportErrorKind::Malformed)?;
        self.limits.admit_plaintext(sealed.ciphertext.len())?;
        let plaintext = self
            .keys
            .iter()
            .find_map(|key| sealed.open(&key.0, &self.associated_data))
            .ok_or(ImportErrorKind::NotAuthentic)?;
        match self.padding {
            Some(multiple) => unpad(plaintext, multiple).ok_or(ImportErrorKind::Malformed),
            None => Ok(plaintext),
        }
    }
}

impl Reader for Lockbox {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        self.read(value)
            .map_err(|kind| ImportError::new(NAME, kind))
    }
}

/// The number of keys alone.
impl fmt::Debug for Lockbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lockbox({} keys)", self.keys.len())
    }
}

/// As lockbox does, refuses a message without a byte of ciphertext.
fn take_apart(bytes: &[u8]) -> Option<Sealed<'_>> {
    let (nonce, rest) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>()?;
    (!ciphertext.is_empty()).then_some(Sealed {
        nonce,
        ciphertext,
        tag,
    })
}

/// Takes off a byte 0x80 and the zeros after it (ISO/IEC 7816-4), `multiple` bytes at most. It was
/// authenticated, so its time tells nothing.
fn unpad(mut padded: Zeroizing<Vec<u8>>, multiple: usize) -> Option<Zeroizing<Vec<u8>>> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    let is_padding = padded.get(end) == Some(&0x80) && padded.len() - end <= multiple;
    if !is_padding || !padded.len().is_multiple_of(multiple) {
        return None;
    }
    padded.truncate(end);
    Some(padded)
}
