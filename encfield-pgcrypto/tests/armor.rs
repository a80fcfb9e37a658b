//! Messages as text.

mod cases;

use cases::{cases, file, hex, is_plaintext, message, refused};
use encfield_pgcrypto::{ImportErrorKind, Pgcrypto};

#[test]
fn armor_is_read_as_others_write_it_and_no_other_way() {
    let file = file("published.json");
    let case = &cases(&file, 28)[1];
    let armored = case["armored"].as_str().unwrap();
    let reader = Pgcrypto::new(case["password"].as_str().unwrap());
    let header = "MESSAGE-----\n";
    for good in [
        armored.to_owned(),
        armored.trim_end().to_owned(),
        format!(" \n{armored}\r\n "),
        armored.replace('\n', "\r\n"),
        armored.replacen(header, &format!("{header}Version: 1\nComment: a: b\n"), 1),
        armored.replace("=XtrP\n", ""),
        armored.replace("=XtrP\n", "\n=XtrP\n"),
    ] {
        assert!(
            is_plaintext(case, &reader.open(good.as_bytes()).unwrap()),
            "{good}"
        );
    }
    for bad in [
        armored.replace("=XtrP", "=XtrQ"),
        armored.replace("=XtrP", "=Xtr"),
        armored.replace("=XtrP", "=XtrP\n=XtrP"),
        armored.replace("=XtrP", "=XtrP\nAAAA"),
        armored.replace("\n\n", "\n"),
        armored.replace("END PGP", "END PGQ"),
        armored.replace("PGP MESSAGE", "PGP SIGNATURE"),
        armored.replace("jA0E", "jA0!"),
        armored.replace("jA0E", "jA0"),
        armored.replacen(header, "MESSAGE-----x\n", 1),
        armored.replacen(header, &format!("{header}no header\n"), 1),
        "-----BEGIN PGP MESSAGE-----".to_owned(),
        "-----BEGIN PGP MESSAGE----------END PGP MESSAGE-----".to_owned(),
        "-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----".to_owned(),
    ] {
        assert_eq!(
            refused(&reader, bad.as_bytes()),
            ImportErrorKind::Malformed,
            "{bad}"
        );
    }
    assert_eq!(
        reader.open(&hex(case["message"].as_str().unwrap())),
        reader.open(armored.as_bytes())
    );
}

#[test]
fn every_flipped_bit_of_an_iterated_and_armored_message_is_refused() {
    let file = file("gpg.json");
    let passphrase = file["passphrase"].as_str().unwrap();
    let case = cases(&file, 43)
        .iter()
        .find(|case| case["options"].as_str().unwrap().contains("--armor"));
    let armored = message(case.unwrap());
    let begin = armored.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
    let end = armored.iter().rposition(|byte| *byte == b'=').unwrap() + 5;
    let mut flips = 0;
    for at in begin..end {
        for bit in 0..8 {
            let mut value = armored.clone();
            value[at] ^= 1 << bit;
            flips += 1;
            // The bits between two lines may make another blank of it.
            if armored[at] == b'\n' && value[at].is_ascii_whitespace() {
                continue;
            }
            refused(&Pgcrypto::new(passphrase), &value);
        }
    }
    println!("flipped bits in armor: {flips} cases");
}
