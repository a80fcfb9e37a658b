use sha3::Shake128;
use sha3::digest::{ExtendableOutput, Update, XofReader};

use std::thread;

use xaes_256_gcm::Xaes256Gcm;
use xaes_256_gcm::aead::AeadInOut;

use super::*;
use crate::context::Context;

/// The specification's cases, and its hashes over many random ones.
const VECTORS: &str = include_str!("../../tests/vectors/xaes.json");

fn bytes(hex: &json::Value) -> Vec<u8> {
    base16ct::lower::decode_vec(hex.as_str().unwrap()).unwrap()
}

/// Associated data as it is, which no two values are said to have in common.
struct Bytes<'a>(&'a [u8]);

impl Associated for Bytes<'_> {
    fn lasting(&self) -> Option<Lasting<'_>> {
        None
    }

    fn encode(&self) -> AssociatedData {
        AssociatedData::from_slice(self.0)
    }
}

fn cipher(key: &[u8]) -> Cipher {
    let mut secret = SecretBytes::zeroed();
    secret.as_mut().copy_from_slice(key);
    Cipher::new(&secret)
}

/// What was opened, if anything was.
fn open(
    cipher: &Cipher,
    nonce: &Nonce,
    associated: &impl Associated,
    ciphertext: &[u8],
    tag: &[u8; TAG_LENGTH],
) -> Option<Vec<u8>> {
    let mut plaintext = None;
    let mut take = |opened: Opened<'_>| plaintext = Some(opened.to_vec());
    let done = cipher.open(nonce, associated, ciphertext, tag, &mut take);
    assert_eq!(done.is_ok(), plaintext.is_some());
    plaintext
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
        let tag = cipher
            .seal(&nonce, &Bytes(&associated_data), &mut buffer)
            .unwrap();
        assert_eq!(
            [&buffer[..], &tag].concat(),
            bytes(&case["ciphertext_and_tag"])
        );
        let opened = open(&cipher, &nonce, &Bytes(&associated_data), &buffer, &tag);
        assert_eq!(opened.unwrap(), plaintext);
    }
    println!("{} cases of XAES-256-GCM", cases.len());
    assert!(cases.len() >= 2);
}

/// Over 10,000 cases, or over as many as `scripts/accumulate-xaes` asks for.
#[test]
fn xaes_agrees_with_the_specifications_hash_over_10_000_random_cases() {
    let count = std::env::var("ENCFIELD_XAES_CASES").unwrap_or("10000".to_owned());
    let vectors: json::Value = json::from_str(VECTORS).unwrap();
    let mut random = Shake128::default().finalize_xof();
    let mut hash = Shake128::default();
    for _ in 0..count.parse::<u32>().unwrap() {
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
        let tag = cipher
            .seal(&nonce, &Bytes(&associated_data), &mut buffer)
            .unwrap();
        hash.update(&buffer);
        hash.update(&tag);
        let opened = open(&cipher, &nonce, &Bytes(&associated_data), &buffer, &tag);
        assert_eq!(opened.unwrap(), plaintext);
    }
    let mut digest = [0; 32];
    hash.finalize_xof().read(&mut digest);
    assert_eq!(
        digest.as_slice(),
        bytes(&vectors["accumulated"]["published"][&count])
    );
    println!("{count} cases of XAES-256-GCM's accumulated hash");
}

#[test]
fn nothing_is_seen_of_a_ciphertext_that_does_not_authenticate() {
    let cipher = cipher(&[7; 32]);
    for length in [10, 1_000] {
        let mut buffer = vec![b'p'; length];
        let tag = cipher.seal(&[1; 24], &Bytes(b"here"), &mut buffer).unwrap();
        let opened = |place| open(&cipher, &[1; 24], &Bytes(place), &buffer, &tag);
        assert_eq!(opened(b"there"), None);
        assert_eq!(opened(b"here").unwrap(), vec![b'p'; length]);
    }
}

/// Bytes that are the same in each run, and look random.
fn bytes_of(random: &mut impl XofReader, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.read(&mut bytes);
    bytes
}

/// Subkeys and states behind associated data are made, kept, found again and thrown out on the way:
/// three ciphers, a hundred halves, twenty columns and the rows that values are bound to.
#[test]
fn every_value_is_what_the_crate_xaes_256_gcm_makes_of_it() {
    let mut random = Shake128::default().finalize_xof();
    let keys: Vec<_> = (0..3).map(|_| bytes_of(&mut random, 32)).collect();
    let ciphers: Vec<_> = keys.iter().map(|key| cipher(key)).collect();
    let crates: Vec<_> = keys
        .iter()
        .map(|key| Xaes256Gcm::new(key.as_slice().try_into().unwrap()))
        .collect();
    let halves: Vec<_> = (0..100).map(|_| bytes_of(&mut random, 12)).collect();
    let mut cases = 0;
    for round in 0..20_000 {
        let pick = bytes_of(&mut random, 8);
        let key = usize::from(pick[0]) % keys.len();
        // Near the last ones mostly, as rows are.
        let half = &halves[(round / 50 + usize::from(pick[1] % 4)) % halves.len()];
        let nonce: Nonce = [half.as_slice(), &bytes_of(&mut random, 12)]
            .concat()
            .try_into()
            .unwrap();
        let column = format!("column {}", pick[2] % 20);
        let bound: [&[u8]; 1] = [&pick];
        let place = Context::new("table", &column);
        let place = match pick[3] % 4 {
            0 => place.with_bound(&bound),
            _ => place,
        };
        let header = [pick[0]; 10];
        let associated = place.associated(&header);
        let length = match pick[4] % 8 {
            0 => usize::from(pick[5]) * 16,
            1 => 100 + usize::from(pick[5]) % 50,
            _ => usize::from(pick[5]) % 40,
        };
        let plaintext = bytes_of(&mut random, length);

        let mut expected = plaintext.clone();
        let expected_tag = crates[key]
            .encrypt_inout_detached(
                (&nonce).into(),
                &place.associated_data(&header),
                expected.as_mut_slice().into(),
            )
            .unwrap();
        let mut buffer = plaintext.clone();
        let mut tag = ciphers[key].seal(&nonce, &associated, &mut buffer).unwrap();
        assert_eq!(
            (buffer.as_slice(), tag),
            (expected.as_slice(), expected_tag.into())
        );
        // A wrong bit somewhere is refused, and nothing of the value is seen.
        let bit = 1 << (pick[6] % 8);
        let at = usize::from(pick[7]) % (16 + length);
        let flip = |buffer: &mut [u8], tag: &mut [u8; TAG_LENGTH]| match at.checked_sub(16) {
            Some(at) => buffer[at] ^= bit,
            None => tag[at] ^= bit,
        };
        flip(&mut buffer, &mut tag);
        let opened = open(&ciphers[key], &nonce, &associated, &buffer, &tag);
        assert_eq!(opened, None);
        flip(&mut buffer, &mut tag);
        let opened = open(&ciphers[key], &nonce, &associated, &buffer, &tag);
        assert_eq!(opened.unwrap(), plaintext);
        cases += 1;
    }
    println!("{cases} values against the crate xaes-256-gcm");
    assert_eq!(cases, 20_000);
}

/// The state behind the associated data is kept for a header, a table and a column together.
#[test]
fn a_kept_state_is_of_one_header_one_table_and_one_column() {
    let cipher = cipher(&[7; 32]);
    let mut buffer = *b"plain text";
    let seal = |place: &Context<'_>, header: &Head| {
        let mut buffer = *b"plain text";
        cipher
            .seal(&[1; 24], &place.associated(header), &mut buffer)
            .unwrap()
    };
    let here = Context::new("table", "column");
    let tags = [
        seal(&here, b"header    "),
        seal(&here, b"Header    "),
        seal(&Context::new("Table", "column"), b"header    "),
        seal(&Context::new("table", "Column"), b"header    "),
        seal(&Context::new("tablec", "olumn"), b"header    "),
        seal(&here.with_bound(&[b"row"]), b"header    "),
    ];
    for (at, tag) in tags.iter().enumerate() {
        assert!(!tags[at + 1..].contains(tag));
    }
    // The same place in other memory is the same place.
    let (table, column) = ("table".to_owned(), "column".to_owned());
    assert_eq!(seal(&Context::new(&table, &column), b"header    "), tags[0]);
    let _ = cipher.seal(&[1; 24], &here.associated(b"header    "), &mut buffer);
    for wrong in &tags[1..] {
        let associated = here.associated(b"header    ");
        let opened = open(&cipher, &[1; 24], &associated, &buffer, wrong);
        assert_eq!(opened, None);
    }
}

#[test]
fn a_thread_that_ends_still_seals_and_opens() {
    struct SealsOnDrop(Cipher);
    impl Drop for SealsOnDrop {
        fn drop(&mut self) {
            let mut buffer = *b"plain text";
            let tag = self.0.seal(&[1; 24], &Bytes(b""), &mut buffer).unwrap();
            let opened = open(&self.0, &[1; 24], &Bytes(b""), &buffer, &tag);
            assert_eq!(opened.unwrap(), b"plain text");
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<SealsOnDrop>> = const { std::cell::RefCell::new(None) });
    thread::spawn(|| {
        LAST.set(Some(SealsOnDrop(cipher(&[7; 32]))));
        cipher(&[8; 32])
            .seal(&[1; 24], &Bytes(b""), &mut [])
            .unwrap();
    })
    .join()
    .unwrap();
}
