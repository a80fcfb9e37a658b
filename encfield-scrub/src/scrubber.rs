//! Text without the values that nobody may see.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::MASK;
use crate::assignment::Found;
use crate::builder::Builder;
use crate::names::Names;
use crate::secrets::Secrets;

/// Masks registered fields and known secrets in text.
///
/// Cheap to clone. What it costs: one pass over the text for all names, one for each spelling of each
/// secret (up to four), and an allocation where something is found.
#[derive(Clone)]
pub struct Scrubber {
    sought: Arc<Sought>,
}

struct Sought {
    names: Names,
    secrets: Secrets,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber")
            .field("names", &self.sought.names.len())
            .field("secrets", &self.sought.secrets.len())
            .finish()
    }
}

impl Scrubber {
    /// Collects what to look for.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(names: Names, secrets: Secrets) -> Self {
        Self {
            sought: Arc::new(Sought { names, secrets }),
        }
    }

    /// The text with `********` in place of each value and secret that is found.
    #[must_use]
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.scrub_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Values end at ASCII characters, so what is left is text still.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// [`scrub`](Self::scrub) for bytes that may not be text.
    #[must_use]
    pub fn scrub_bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut found = Vec::new();
        self.sought.names.values(text, &mut found);
        self.sought.secrets.find(text, &mut found);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_by_key(|one| (one.value.start, one.value.end));
        Cow::Owned(masked(text, &found))
    }
}

/// The text with a mask in place of each value. They are in order, and may overlap.
fn masked(text: &[u8], found: &[Found]) -> Vec<u8> {
    let mut scrubbed = Vec::with_capacity(text.len() + MASK.len());
    let mut at = 0;
    for one in found {
        if one.value.start >= at {
            scrubbed.extend_from_slice(&text[at..one.value.start]);
            for part in [&text[one.quote.clone()], MASK, &text[one.quote.clone()]] {
                scrubbed.extend_from_slice(part);
            }
        }
        at = at.max(one.value.end);
    }
    scrubbed.extend_from_slice(&text[at..]);
    scrubbed
}
