//! Messages that were changed, cut short, or opened with another passphrase.

mod cases;

use cases::{cases, file, is_plaintext, message, refused};
use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};
use serde_json::Value;

/// The cases of pgcrypto that are cheap to open and have a code.
#[allow(clippy::unwrap_used, reason = "a part of the tests")]
fn protected_cases(file: &Value) -> Vec<&Value> {
    let cases = cases(file, 180).iter().filter(|case| {
        let options = case["options"].as_str().unwrap();
        let is_cheap = ["s2k-mode=0", "s2k-mode=1"]
            .iter()
            .any(|mode| options.contains(mode));
        is_cheap && case["passphrase"] == "correct horse"
    });
    cases.collect()
}

#[test]
fn a_wrong_passphrase_is_not_authentic() {
    let file = file("pgcrypto.json");
    let cases = protected_cases(&file);
    for case in &cases {
        for passphrase in ["correct hors", "correct horse ", "Correct horse", "x"] {
            let kind = refused(&Pgcrypto::new(passphrase), &message(case));
            assert_eq!(kind, ImportErrorKind::NotAuthentic, "{}", case["options"]);
        }
    }
    println!("wrong passphrase: {} cases", cases.len() * 4);
}

/// One exception: a Triple DES key has bits that its cipher leaves out. The last byte of an encrypted
/// session key has a block for itself, so that a flip of its parity bit changes nothing else: the message
/// opens to the same, and its code still agrees.
#[test]
fn every_flipped_bit_is_refused() {
    let file = file("pgcrypto.json");
    let (mut flips, mut same) = (0, 0);
    for case in protected_cases(&file) {
        let options = case["options"].as_str().unwrap();
        let reader =
            Pgcrypto::new(case["passphrase"].as_str().unwrap()).accepting_unauthenticated(true);
        let mut value = message(case);
        for bit in 0..value.len() * 8 {
            value[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            match reader.open(&value) {
                Err(error) => {
                    assert_ne!(
                        error.kind(),
                        ImportErrorKind::StoredInTheClear,
                        "{options} {bit}"
                    );
                }
                Ok(opened) => {
                    assert!(
                        options.contains("3des") && options.contains("sess-key=1"),
                        "{options} {bit}"
                    );
                    assert!(is_plaintext(case, &opened), "{options} {bit}");
                    same += 1;
                }
            }
            value[bit / 8] ^= 1 << (bit % 8);
        }
    }
    assert!(flips >= 20_000, "{flips}");
    // One bit in each of the two messages with such a key.
    assert_eq!(same, 2);
    println!("flipped bits: {flips} cases");
}

#[test]
fn every_truncation_is_refused() {
    let file = file("pgcrypto.json");
    let mut cuts = 0;
    for case in cases(&file, 180) {
        let value = message(case);
        let options = case["options"].as_str().unwrap();
        if value.len() > 1000 || options.contains("s2k-count=65011712") {
            continue;
        }
        let reader =
            Pgcrypto::new(case["passphrase"].as_str().unwrap()).accepting_unauthenticated(true);
        // Armor ends in a line break, which does not count.
        let whole = value.trim_ascii_end().len().min(value.len());
        let whole = if case["armored"].is_string() {
            whole
        } else {
            value.len()
        };
        for length in 0..whole {
            assert_eq!(
                refused(&reader, &value[..length]),
                ImportErrorKind::Malformed,
                "{options}"
            );
            cuts += 1;
        }
    }
    assert!(cuts >= 10_000, "{cuts}");
    println!("truncations: {cuts} cases");
}
