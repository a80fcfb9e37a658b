//! XAES-256-GCM, in place.

use std::fmt;

use xaes_256_gcm::Xaes256Gcm;
use xaes_256_gcm::aead::inout::InOutBuf;
use xaes_256_gcm::aead::{AeadInOut, KeyInit};

use crate::nonce::Nonce;
use crate::secret::{Redacted, SecretBytes};

/// The length of an authentication tag in bytes.
pub(crate) const TAG_LENGTH: usize = 16;

/// XAES-256-GCM ([C2SP]) under one key, its key schedule and subkey mask made once.
///
/// A subkey per value comes from the first half of its 24-byte nonce, so random nonces stay safe
/// for any number of values.
///
/// [C2SP]: https://github.com/C2SP/C2SP/blob/main/XAES-256-GCM.md
#[derive(Clone)]
pub(crate) struct Cipher(Box<Xaes256Gcm>);

/// The operation failed. Nothing says why: every failure to authenticate looks the same.
#[derive(Debug)]
pub(crate) struct Failed;

impl Cipher {
    pub(crate) fn new(key: &SecretBytes) -> Self {
        Self(Box::new(Xaes256Gcm::new(key.as_bytes().into())))
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives the tag.
    pub(crate) fn seal(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        self.0
            .encrypt_inout_detached(nonce.into(), associated_data, InOutBuf::from(buffer))
            .map(Into::into)
            .map_err(|_| Failed)
    }

    /// Turns the ciphertext in `buffer` into plaintext, if the tag is right; else leaves it be.
    pub(crate) fn open(
        &self,
        nonce: &Nonce,
        associated_data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        self.0
            .decrypt_inout_detached(
                nonce.into(),
                associated_data,
                InOutBuf::from(buffer),
                tag.into(),
            )
            .map_err(|_| Failed)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cipher").field(&Redacted).finish()
    }
}

#[cfg(test)]
mod tests {
    use sha3::Shake128;
    use sha3::digest::{ExtendableOutput, Update, XofReader};

    use super::*;

    /// The specification's cases, and its hashes over many random ones.
    const VECTORS: &str = include_str!("../tests/vectors/xaes.json");

    fn bytes(hex: &json::Value) -> Vec<u8> {
        base16ct::lower::decode_vec(hex.as_str().unwrap()).unwrap()
    }

    fn cipher(key: &[u8]) -> Cipher {
        let mut secret = SecretBytes::zeroed();
        secret.as_mut().copy_from_slice(key);
        Cipher::new(&secret)
    }

    #[test]
    fn xaes_agrees_with_the_specifications_cases() {
        let vectors: json::Value = json::from_str(VECTORS).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        for case in cases {
            let cipher = cipher(&bytes(&case["key"]));
            let nonce: Nonce = bytes(&case["nonce"]).try_into().unwrap();
            let (plaintext, associated_data) = (bytes(&case["plaintext"]), bytes(&case["aad"]));
            let mut buffer = plaintext.clone();
            let tag = cipher.seal(&nonce, &associated_data, &mut buffer).unwrap();
            assert_eq!(
                [&buffer[..], &tag].concat(),
                bytes(&case["ciphertext_and_tag"])
            );
            cipher
                .open(&nonce, &associated_data, &mut buffer, &tag)
                .unwrap();
            assert_eq!(buffer, plaintext);
        }
        println!("{} cases of XAES-256-GCM", cases.len());
        assert!(cases.len() >= 2);
    }

    #[test]
    fn xaes_agrees_with_the_specifications_hash_over_10_000_random_cases() {
        let vectors: json::Value = json::from_str(VECTORS).unwrap();
        let mut random = Shake128::default().finalize_xof();
        let mut hash = Shake128::default();
        for _ in 0..10_000 {
            let mut read = |length: usize| {
                let mut bytes = vec![0; length];
                random.read(&mut bytes);
                bytes
            };
            let cipher = cipher(&read(32));
            let nonce: Nonce = read(24).try_into().unwrap();
            let length = usize::from(read(1)[0]);
            let mut buffer = read(length);
            let length = usize::from(read(1)[0]);
            let associated_data = read(length);
            let plaintext = buffer.clone();
            let tag = cipher.seal(&nonce, &associated_data, &mut buffer).unwrap();
            hash.update(&buffer);
            hash.update(&tag);
            cipher
                .open(&nonce, &associated_data, &mut buffer, &tag)
                .unwrap();
            assert_eq!(buffer, plaintext);
        }
        let mut digest = [0; 32];
        hash.finalize_xof().read(&mut digest);
        assert_eq!(
            digest.as_slice(),
            bytes(&vectors["accumulated"]["published"]["10000"])
        );
    }

    #[test]
    fn a_ciphertext_that_does_not_authenticate_is_left_as_it_is() {
        let cipher = cipher(&[7; 32]);
        let mut buffer = *b"plain text";
        let tag = cipher.seal(&[1; 24], b"here", &mut buffer).unwrap();
        let sealed = buffer;
        cipher
            .open(&[1; 24], b"there", &mut buffer, &tag)
            .unwrap_err();
        assert_eq!(buffer, sealed);
    }
}
