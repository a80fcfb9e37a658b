//! Fernet tokens, as Python's `cryptography` writes them.

use std::fmt;

use aes::Aes128;
use base64::Engine as _;
use base64::alphabet::URL_SAFE as URL_SAFE_ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{ImportError, ImportErrorKind};
use crate::limits::Limits;
use crate::reader::Reader;
use crate::secret::Secret;

pub(crate) const NAME: &str = "fernet";

/// The first byte of a token.
const VERSION: u8 = 0x80;

/// The lengths of a token's parts in bytes.
const TIMESTAMP_LENGTH: usize = 8;
const NONCE_LENGTH: usize = 16;
const MAC_LENGTH: usize = 32;

/// The length of the text of a key in bytes.
const KEY_TEXT_LENGTH: usize = 44;

/// Reads a key as Python does, which ignores the two bits that are left over in its text. Keys that
/// were typed rather than generated may have any.
const KEY_TEXT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE_ALPHABET,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A Fernet key: 16 bytes that sign and 16 bytes that encrypt.
#[derive(Clone)]
pub struct FernetKey(Secret<32>);

impl FernetKey {
    /// The key in the text that `Fernet.generate_key()` gives: 32 bytes in base64, 44 characters.
    ///
    /// Use it for an application's own Fernet keys, and for django-fernet-fields with
    /// `FERNET_USE_HKDF = False`. As in Python, `+` and `/` stand for `-` and `_`.
    ///
    /// # Errors
    /// [`KeyInvalid`](ImportErrorKind::KeyInvalid) when it is anything else.
    pub fn from_text(text: &str) -> Result<Self, ImportError> {
        let invalid = || ImportError::new(NAME, ImportErrorKind::KeyInvalid);
        let text = <&[u8; KEY_TEXT_LENGTH]>::try_from(text.as_bytes()).map_err(|_| invalid())?;
        let url_safe = Zeroizing::new(text.map(|character| match character {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        }));
        // The decoder wants room for whole groups of three.
        let mut decoded = Zeroizing::new([0; 33]);
        let length = KEY_TEXT
            .decode_slice(url_safe.as_slice(), decoded.as_mut_slice())
            .map_err(|_| invalid())?;
        let key = decoded.get(..length).and_then(|key| key.try_into().ok());
        key.map(Self::from_bytes).ok_or_else(invalid)
    }

    /// The key of these 32 bytes: first those that sign, then those that encrypt.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Secret::copied_from(bytes))
    }

    fn authenticates(&self, token: &Token<'_>) -> bool {
        let [signing, _] = self.halves();
        Hmac::<Sha256>::new_from_slice(signing)
            // Compares in constant time.
            .is_ok_and(|mac| {
                mac.chain_update(token.signed)
                    .verify_slice(token.mac)
                    .is_ok()
            })
    }

    fn decrypt(&self, token: &Token<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let [_, encryption] = self.halves();
        let cipher = Decryptor::<Aes128>::new_from_slices(encryption, token.nonce).ok()?;
        let mut buffer = Zeroizing::new(token.ciphertext.to_vec());
        let length = cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }

    fn halves(&self) -> [&[u8]; 2] {
        let (signing, encryption) = self.0.as_bytes().split_at(16);
        [signing, encryption]
    }
}

impl fmt::Debug for FernetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FernetKey(********)")
    }
}

/// A reader of [Fernet] tokens: AES-128 in CBC mode with PKCS #7 padding, under HMAC-SHA256.
///
/// Use it for values that Python's `cryptography.fernet` or another implementation of the
/// specification wrote, and for django-fernet-fields ([`FernetKey::from_django_secret`]).
///
/// The time in a token is not looked at: it says when the value was stored, and stored values do not
/// expire. A token is read in the one text that its writer gave it, with its padding; Python skips
/// foreign characters in it, which would give one value many texts.
///
/// ```
/// use encfield_import::{Fernet, FernetKey, Reader};
///
/// # fn main() -> Result<(), encfield_import::ImportError> {
/// let reader = Fernet::new(FernetKey::from_django_secret("the new SECRET_KEY")?)
///     .with_key(FernetKey::from_django_secret("the old SECRET_KEY")?);
/// assert!(reader.open(b"plaintext").is_err());
/// # Ok(())
/// # }
/// ```
///
/// [Fernet]: https://github.com/fernet/spec/blob/master/Spec.md
#[derive(Clone)]
pub struct Fernet {
    keys: Vec<FernetKey>,
    limits: Limits,
}

impl Fernet {
    /// A reader with one key.
    #[must_use]
    pub fn new(key: FernetKey) -> Self {
        Self {
            keys: vec![key],
            limits: Limits::default(),
        }
    }

    /// With one more key, which is tried after the others: `MultiFernet` in Python.
    #[must_use]
    pub fn with_key(mut self, key: FernetKey) -> Self {
        self.keys.push(key);
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
        let decoded = URL_SAFE.decode(value);
        let decoded = decoded.map_err(|_| ImportErrorKind::Malformed)?;
        let token = Token::new(&decoded).ok_or(ImportErrorKind::Malformed)?;
        let key = self.keys.iter().find(|key| key.authenticates(&token));
        let key = key.ok_or(ImportErrorKind::NotAuthentic)?;
        // Whoever made this padding had the key: it is no oracle.
        let plaintext = key.decrypt(&token).ok_or(ImportErrorKind::Malformed)?;
        self.limits.admit_plaintext(plaintext.len())?;
        Ok(plaintext)
    }
}

impl Reader for Fernet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn open(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ImportError> {
        self.read(value)
            .map_err(|kind| ImportError::new(NAME, kind))
    }
}

/// The number of keys alone.
impl fmt::Debug for Fernet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fernet({} keys)", self.keys.len())
    }
}

/// A token taken apart.
struct Token<'a> {
    /// All that the code authenticates: the whole token before it.
    signed: &'a [u8],
    nonce: &'a [u8],
    ciphertext: &'a [u8],
    mac: &'a [u8],
}

impl<'a> Token<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let (signed, mac) = bytes.split_last_chunk::<MAC_LENGTH>()?;
        let (version, rest) = signed.split_first()?;
        let (_, rest) = rest.split_first_chunk::<TIMESTAMP_LENGTH>()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        (*version == VERSION).then_some(Self {
            signed,
            nonce,
            ciphertext,
            mac,
        })
    }
}
