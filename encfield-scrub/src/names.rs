//! The names of fields whose values are masked.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::assignment::{self, Found};
use crate::error::Error;

/// Finds values by the names before them.
pub(crate) struct Names {
    /// None without a name.
    search: Option<AhoCorasick>,
    count: usize,
}

impl Names {
    pub(crate) fn new(names: &[String]) -> Result<Self, Error> {
        let mut spellings = Vec::new();
        for (position, name) in names.iter().enumerate() {
            // serde can name a field in any letters, and with spaces.
            let allowed = |letter: char| letter.is_alphanumeric() || "_-. ".contains(letter);
            if name.trim().is_empty() || !name.chars().all(allowed) {
                return Err(Error::not_a_name(position));
            }
            spellings.extend(spelled(name));
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(&spellings);
        Ok(Self {
            // It fails for more names than a program has only, and then says so by the first of them.
            search: match search {
                _ if names.is_empty() => None,
                Ok(search) => Some(search),
                Err(_) => return Err(Error::not_a_name(0)),
            },
            count: names.len(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Where the values stand that are to be masked.
    pub(crate) fn values(&self, text: &[u8], found: &mut Vec<Found>) {
        let Some(search) = &self.search else { return };
        let mut behind = 0;
        for name in search.find_iter(text) {
            // A name inside a value that is masked already says nothing.
            if name.start() < behind || !stands_alone(text, name.range()) {
                continue;
            }
            if let Some(one) = assignment::value(text, name.end()) {
                behind = one.value.end;
                found.push(one);
            }
        }
    }
}

/// As it is, in camel case, with hyphens and with spaces. Case does not matter.
fn spelled(name: &str) -> [String; 4] {
    [
        name.to_owned(),
        name.replace(['_', '-'], ""),
        name.replace('_', "-"),
        name.replace(['_', '-'], " "),
    ]
}

/// Whether a name is not a part of another word.
fn stands_alone(text: &[u8], name: Range<usize>) -> bool {
    let is_of_a_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = &text[..name.start];
    let apart = !before.last().is_some_and(is_of_a_word) || ends_in_escape(before);
    apart && !text.get(name.end).is_some_and(is_of_a_word)
}

/// Whether the text ends in a letter that is none: of `\n` in quoted text, or of the sequence that sets
/// a colour in a terminal.
fn ends_in_escape(text: &[u8]) -> bool {
    let Some((letter, before)) = text.split_last() else {
        return false;
    };
    match letter {
        b'n' | b'r' | b't' if before.ends_with(b"\\") => true,
        b'm' => {
            let parameters = before
                .iter()
                .rev()
                .take_while(|byte| byte.is_ascii_digit() || **byte == b';')
                .count();
            before[..before.len() - parameters].ends_with(b"\x1b[")
        }
        _ => false,
    }
}
