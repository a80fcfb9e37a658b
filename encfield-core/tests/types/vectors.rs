//! The file of vectors, and what was claimed of it.

use std::collections::{BTreeMap, BTreeSet};

use encfield_core::{Codec, Context, ErrorKind, Keyring};
use json::Value;

const FILE: &str = include_str!("../vectors/types.json");

/// Fewer than these, and something was left out: cases and refusals of the types that need no
/// feature, and of all types.
const FLOOR: (usize, usize) = (160, 75);
const FLOOR_OF_ALL: (usize, usize) = (280, 178);

/// The features that bring types.
const FEATURES: [(&str, bool); 7] = [
    ("chrono", cfg!(feature = "chrono")),
    ("phonenumber", cfg!(feature = "phonenumber")),
    ("rust_decimal", cfg!(feature = "rust_decimal")),
    ("secrecy", cfg!(feature = "secrecy")),
    ("serde_json", cfg!(feature = "serde_json")),
    ("time", cfg!(feature = "time")),
    ("uuid", cfg!(feature = "uuid")),
];

pub(crate) struct Vectors {
    keyring: Keyring,
    types: BTreeMap<String, Value>,
    claimed: BTreeSet<String>,
    cases: usize,
    refusals: usize,
}

impl Vectors {
    pub(crate) fn read() -> Self {
        let file: Value = json::from_str(FILE).unwrap();
        let types = file["types"].as_array().unwrap().iter();
        Self {
            keyring: Keyring::generate(),
            types: types
                .map(|line| (text(&line["type"]), line.clone()))
                .collect(),
            claimed: BTreeSet::new(),
            cases: 0,
            refusals: 0,
        }
    }

    /// All values of a type that the file has, and no other. `key` tells two values apart.
    pub(crate) fn check<T: Codec, K: PartialEq>(
        &mut self,
        name: &str,
        key: impl Fn(&T) -> K,
        values: impl IntoIterator<Item = (&'static str, T)>,
    ) {
        let line = self
            .types
            .get(name)
            .unwrap_or_else(|| panic!("the file has no {name}"))
            .clone();
        let mut cases: BTreeMap<String, Vec<u8>> = list(&line["cases"], "value", "encoding");
        for (description, value) in values {
            let encoding = cases
                .remove(description)
                .unwrap_or_else(|| panic!("the file has no {name}: {description}"));
            self.agree(&format!("{name}: {description}"), &value, &encoding, &key);
        }
        cases.retain(|description, _| cfg!(unix) || !description.ends_with("on Linux"));
        assert!(
            cases.is_empty(),
            "{name}: no test claims {:?}",
            cases.keys()
        );
        for (why, bytes) in list(&line["refused"], "why", "bytes") {
            self.refuse::<T>(&format!("{name}: {why}"), &bytes);
        }
        self.claimed.insert(name.to_owned());
    }

    fn agree<T: Codec, K: PartialEq>(
        &mut self,
        case: &str,
        value: &T,
        encoding: &[u8],
        key: impl Fn(&T) -> K,
    ) {
        let place = Context::new("profiles", "phone_number");
        let sealed = self.keyring.encrypt(&place, value).expect(case);
        assert_eq!(
            hex(&self.keyring.open(&place, &sealed).expect(case)),
            hex(encoding),
            "{case}"
        );
        assert_eq!(sealed.len(), encoding.len() + 50, "{case}");
        assert_eq!(
            value.encoded_len(),
            encoding.len(),
            "{case}: length announced"
        );

        let sealed = self.keyring.seal(&place, encoding).expect(case);
        let mut decoded = self.keyring.decrypt::<T>(&place, &sealed).expect(case);
        assert!(
            key(&decoded) == key(value),
            "{case}: another value came back"
        );
        decoded.wipe();
        self.cases += 1;
    }

    fn refuse<T: Codec>(&mut self, case: &str, bytes: &[u8]) {
        let place = Context::new("profiles", "phone_number");
        let sealed = self.keyring.seal(&place, bytes).expect(case);
        let Err(error) = self.keyring.decrypt::<T>(&place, &sealed) else {
            panic!("{case}: accepted")
        };
        assert_eq!(error.kind(), ErrorKind::NotDecodable, "{case}");
        assert_eq!(
            (error.table(), error.column()),
            (Some("profiles"), Some("phone_number"))
        );
        // Shorter ones could be in any sentence by chance.
        if bytes.len() >= 4 {
            for printed in [
                format!("{error}"),
                format!("{error:?}"),
                format!("{error:#?}"),
            ] {
                assert!(!printed.contains(&hex(bytes)), "{case}: {printed}");
                assert!(
                    !printed.contains(&format!("{bytes:?}")),
                    "{case}: {printed}"
                );
                let text = String::from_utf8_lossy(bytes);
                assert!(!printed.contains(text.as_ref()), "{case}: {printed}");
            }
        }
        self.refusals += 1;
    }

    /// Nothing in the file was passed over.
    pub(crate) fn finish(self) {
        let built = |feature: &Value| {
            feature.is_null() || FEATURES.iter().any(|(name, on)| feature == name && *on)
        };
        for (name, line) in &self.types {
            let feature = &line["feature"];
            let known = FEATURES.iter().any(|(name, _)| feature == name);
            assert!(feature.is_null() || known, "{name}: no such feature");
            assert_eq!(
                self.claimed.contains(name),
                built(feature),
                "{name}: claimed by a test?"
            );
        }
        println!(
            "{} types, {} encodings, {} refusals",
            self.claimed.len(),
            self.cases,
            self.refusals
        );
        let floor = if FEATURES.iter().all(|(_, on)| *on) {
            FLOOR_OF_ALL
        } else {
            FLOOR
        };
        assert!(
            self.cases >= floor.0 && self.refusals >= floor.1,
            "fewer than {floor:?} ran"
        );
    }
}

fn list(lines: &Value, name: &str, bytes: &str) -> BTreeMap<String, Vec<u8>> {
    let lines = lines.as_array().unwrap();
    let list: BTreeMap<_, _> = lines
        .iter()
        .map(|line| (text(&line[name]), from_hex(&text(&line[bytes]))))
        .collect();
    assert_eq!(
        list.len(),
        lines.len(),
        "a description stands in the file twice"
    );
    list
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Vec<u8> {
    assert_eq!(digits.len() % 2, 0, "{digits}");
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}
