//! Secrets that the program knows.

use std::fmt::Write;

use memchr::memmem;
use zeroize::Zeroizing;

use crate::assignment::Found;

/// Finds secrets. Each is looked for where it lies, so no table holds a copy of it.
#[derive(Default)]
pub(crate) struct Secrets {
    spellings: Vec<Zeroizing<String>>,
    count: usize,
}

impl Secrets {
    /// In bytes.
    pub(crate) const SHORTEST: usize = 8;

    pub(crate) fn add(&mut self, secret: &str) {
        self.count += 1;
        // Twice: `Debug` text in a log of JSON.
        let (once, encoded) = (escaped(secret), percent_encoded(secret));
        let twice = escaped(&once);
        for spelling in [Zeroizing::new(secret.to_owned()), once, twice, encoded] {
            if !self.spellings.contains(&spelling) {
                self.spellings.push(spelling);
            }
        }
        // The longer first: where one begins like another, it is masked whole.
        self.spellings
            .sort_by_key(|one| std::cmp::Reverse(one.len()));
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn find(&self, text: &[u8], found: &mut Vec<Found>) {
        for secret in &self.spellings {
            let places = memmem::find_iter(text, secret.as_bytes());
            found.extend(places.map(|at| Found {
                value: at..at + secret.len(),
                quote: at..at,
            }));
        }
    }
}

/// As `Debug` and JSON quote it.
fn escaped(secret: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len() * 2));
    for letter in secret.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push(other),
        }
    }
    text
}

/// As URLs and forms quote it.
fn percent_encoded(secret: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len() * 3));
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
