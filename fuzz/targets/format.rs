//! Format 1 made a second time, of the crates `xaes-256-gcm` and `hkdf`: what one seals, the other opens.
#![no_main]

use encfield_core::{Context, Key, Keyring};
use hkdf::Hkdf;
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;
use xaes_256_gcm::aead::{Aead, KeyInit, Payload};
use xaes_256_gcm::{Nonce, Xaes256Gcm};
use zeroize::Zeroizing;

/// What the input is made of: a key, a nonce, and four lengths.
const HEAD: usize = 32 + 24 + 4;

fn expanded<const N: usize>(key: &[u8; 32], info: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let hkdf = Hkdf::<Sha256>::from_prk(key).expect("32 bytes are enough");
    hkdf.expand(info, &mut out).expect("it is short");
    out
}

/// docs/FORMAT.md, and nothing of encfield's.
struct Reference {
    cipher: Xaes256Gcm,
    header: Vec<u8>,
    associated_data: Vec<u8>,
}

impl Reference {
    fn new(key: &[u8; 32], table: &str, column: &str, bound: &[&[u8]]) -> Self {
        let header = [&[0xFE, 0x01], &expanded::<8>(key, b"encfield/1 key id")[..]].concat();
        let mut pieces = vec![b"encfield/1", &header[..], table.as_bytes(), column.as_bytes()];
        pieces.extend_from_slice(bound);
        let mut associated_data = (pieces.len() as u64).to_le_bytes().to_vec();
        for piece in pieces {
            associated_data.extend_from_slice(&(piece.len() as u64).to_le_bytes());
            associated_data.extend_from_slice(piece);
        }
        let cipher = Xaes256Gcm::new(&expanded(key, b"encfield/1 encryption").into());
        Self { cipher, header, associated_data }
    }

    fn seal(&self, nonce: [u8; 24], plaintext: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plaintext, aad: &self.associated_data };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload);
        [&self.header[..], &nonce, &sealed.expect("it is short")].concat()
    }

    fn open(&self, value: &[u8]) -> Option<Vec<u8>> {
        let (header, rest) = value.split_at_checked(10)?;
        let (nonce, sealed) = rest.split_first_chunk::<24>()?;
        let payload = Payload { msg: sealed, aad: &self.associated_data };
        let opened = self.cipher.decrypt(&Nonce::from(*nonce), payload).ok();
        opened.filter(|_| header == self.header)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((head, rest)) = input.split_at_checked(HEAD) else {
        return;
    };
    let (Some((key, after)), [.., a, b, c, change]) = (head.split_first_chunk::<32>(), head) else {
        return;
    };
    let nonce = *after.first_chunk::<24>().expect("it is there");
    let (table, rest) = rest.split_at(usize::from(*a).min(rest.len()));
    let (column, rest) = rest.split_at(usize::from(*b).min(rest.len()));
    let (bound, plaintext) = rest.split_at(usize::from(*c).min(rest.len()));
    let (table, column) = (String::from_utf8_lossy(table), String::from_utf8_lossy(column));
    let bound: &[&[u8]] = if *c == 0 { &[] } else { &[bound] };

    let reference = Reference::new(key, &table, &column, bound);
    let keyring = Keyring::new(Key::from_bytes(Zeroizing::new(*key)));
    let place = Context::new(&table, &column).with_bound(bound);

    let theirs = reference.seal(nonce, plaintext);
    // Twice: the second time the subkey is one that is held.
    for _ in 0..2 {
        assert_eq!(*keyring.open(&place, &theirs).expect("it is format 1"), plaintext);
        let ours = keyring.seal(&place, plaintext).expect("it is sealed");
        assert_eq!(reference.open(&ours).expect("it is format 1"), plaintext);
    }

    let mut changed = theirs;
    let at = usize::from(*change) % changed.len();
    changed[at] ^= 1 << (change % 8);
    assert!(keyring.open(&place, &changed).is_err());
    assert!(reference.open(&changed).is_none());
});
