//! String-to-key: from a passphrase to a key.

use md5::Md5;
use ripemd::Ripemd160;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use crate::error::ImportError;

/// How many bytes a block of repeated salt and passphrase has at most, so that the iterated kind
/// does not hash a few bytes at a time.
const BLOCK: usize = 4096;

/// The longest output of a hash in bytes, SHA-512's.
const LONGEST: usize = 64;

/// A string-to-key specifier ([RFC 9580], section 3.7).
///
/// [RFC 9580]: https://www.rfc-editor.org/rfc/rfc9580#section-3.7
pub(crate) struct S2k {
    hash: Hash,
    salt: Option<[u8; 8]>,
    /// How many bytes are hashed. The format ends at 65,011,712.
    count: usize,
}

/// A hash algorithm ([RFC 9580], section 9.5).
#[derive(Clone, Copy)]
enum Hash {
    Md5,
    Sha1,
    Ripemd160,
    Sha256,
    Sha384,
    Sha512,
    Sha224,
}

impl Hash {
    fn from_id(id: u8) -> Result<Self, ImportError> {
        Ok(match id {
            1 => Self::Md5,
            2 => Self::Sha1,
            3 => Self::Ripemd160,
            8 => Self::Sha256,
            9 => Self::Sha384,
            10 => Self::Sha512,
            11 => Self::Sha224,
            _ => return Err(ImportError::UNSUPPORTED),
        })
    }
}

impl S2k {
    /// Reads a specifier and gives what comes after it.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), ImportError> {
        let ([kind, hash], rest) = bytes
            .split_first_chunk::<2>()
            .ok_or(ImportError::MALFORMED)?;
        // The kind first: the others have no hash where these have it.
        let (salt, count, rest) = match kind {
            0 => (None, 0, rest),
            1 => {
                let (salt, rest) = rest.split_first_chunk().ok_or(ImportError::MALFORMED)?;
                (Some(*salt), 0, rest)
            }
            3 => {
                let (salt, rest) = rest.split_first_chunk().ok_or(ImportError::MALFORMED)?;
                let (&count, rest) = rest.split_first().ok_or(ImportError::MALFORMED)?;
                let count = (16 + usize::from(count & 15)) << ((count >> 4) + 6);
                (Some(*salt), count, rest)
            }
            _ => return Err(ImportError::UNSUPPORTED),
        };
        let hash = Hash::from_id(*hash)?;
        Ok((Self { hash, salt, count }, rest))
    }

    /// The key of `length` bytes for a passphrase.
    pub(crate) fn key(&self, passphrase: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
        match self.hash {
            Hash::Md5 => self.hashed::<Md5>(passphrase, length),
            Hash::Sha1 => self.hashed::<Sha1>(passphrase, length),
            Hash::Ripemd160 => self.hashed::<Ripemd160>(passphrase, length),
            Hash::Sha256 => self.hashed::<Sha256>(passphrase, length),
            Hash::Sha384 => self.hashed::<Sha384>(passphrase, length),
            Hash::Sha512 => self.hashed::<Sha512>(passphrase, length),
            Hash::Sha224 => self.hashed::<Sha224>(passphrase, length),
        }
    }

    fn hashed<D: Digest>(&self, passphrase: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
        let salt = self.salt.as_ref().map_or(&[][..], |salt| &salt[..]);
        let once = salt.len() + passphrase.len();
        let block = repeated(salt, passphrase, BLOCK.min(self.count));
        // Reserved for a whole output more than is asked for, so that it never moves.
        let mut key = Zeroizing::new(Vec::with_capacity(length + LONGEST));
        // A key longer than the hash goes on with a hash that starts with one more zero.
        for zeros in 0.. {
            if key.len() >= length {
                break;
            }
            let mut hash = D::new();
            for _ in 0..zeros {
                hash.update([0]);
            }
            // The salt and the passphrase are hashed once, whatever the count says.
            let mut left = self.count.max(once);
            while left > 0 {
                let part = block.get(..left).unwrap_or(&block);
                hash.update(part);
                left -= part.len();
            }
            let mut output = Zeroizing::new([0; LONGEST]);
            let size = <D as Digest>::output_size();
            if let Some(output) = output.get_mut(..size) {
                if let Ok(output) = output.try_into() {
                    hash.finalize_into(output);
                }
                key.extend_from_slice(output);
            }
        }
        key.truncate(length);
        key
    }
}

/// The salt and the passphrase over and over, whole ones only, to `length` bytes or once.
fn repeated(salt: &[u8], passphrase: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let once = salt.len() + passphrase.len();
    let times = length.checked_div(once).unwrap_or(0).max(1);
    let mut block = Zeroizing::new(Vec::with_capacity(once * times));
    for _ in 0..times {
        block.extend_from_slice(salt);
        block.extend_from_slice(passphrase);
    }
    block
}
