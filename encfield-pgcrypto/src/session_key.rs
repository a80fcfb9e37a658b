//! Session keys, and the packets that give them for a passphrase.

use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::error::ImportError;
use crate::s2k::S2k;

/// The key that a message's data is encrypted under.
pub(crate) struct SessionKey {
    pub(crate) cipher: Cipher,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

impl SessionKey {
    /// A cipher's number and a key for it. `None` when it is anything else.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (&cipher, key) = bytes.split_first()?;
        let cipher = Cipher::from_id(cipher)?;
        (key.len() == cipher.key_len()).then(|| Self {
            cipher,
            key: Zeroizing::new(key.to_vec()),
        })
    }
}

/// A symmetric-key encrypted session key packet, version 4 ([RFC 9580], section 5.3.1).
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-5.3.1
pub(crate) struct SessionKeyPacket {
    cipher: Cipher,
    s2k: S2k,
    /// Empty where the passphrase's key is the session key itself.
    encrypted: Vec<u8>,
}

impl SessionKeyPacket {
    pub(crate) fn read(body: &[u8]) -> Result<Self, ImportError> {
        let (&version, rest) = body.split_first().ok_or(ImportError::MALFORMED)?;
        match version {
            4 => {}
            5 | 6 => return Err(ImportError::UNSUPPORTED),
            _ => return Err(ImportError::MALFORMED),
        }
        let (&cipher, rest) = rest.split_first().ok_or(ImportError::MALFORMED)?;
        let cipher = Cipher::from_id(cipher).ok_or(ImportError::UNSUPPORTED)?;
        let (s2k, encrypted) = S2k::read(rest)?;
        Ok(Self {
            cipher,
            s2k,
            encrypted: encrypted.to_vec(),
        })
    }

    /// The encrypted session key, as it lies in the message. Empty where there is none.
    pub(crate) fn encrypted(&self) -> &[u8] {
        &self.encrypted
    }

    /// The session key for a passphrase. `None` when the passphrase is seen to be wrong.
    pub(crate) fn open(&self, passphrase: &[u8]) -> Option<SessionKey> {
        let key = self.s2k.key(passphrase, self.cipher.key_len());
        if self.encrypted.is_empty() {
            let cipher = self.cipher;
            return Some(SessionKey { cipher, key });
        }
        let mut session_key = Zeroizing::new(self.encrypted.clone());
        self.cipher.decrypt(&key, &mut session_key)?;
        SessionKey::read(&session_key)
    }
}
