//! The fields of a body, before anybody knows their types.

use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::limits::Limits;
use crate::reason::Reason;
use crate::refused::{Refused, RefusedKind};

/// A field as it was given. The name is input like the value.
pub(crate) struct Entry<'body> {
    pub(crate) name: Zeroizing<String>,
    pub(crate) value: Value<'body>,
}

/// What was given for a field, once or more often.
pub(crate) enum Value<'body> {
    /// By a form.
    Texts(Vec<Result<Zeroizing<String>, Reason>>),
    /// By JSON; more than one is wrong, and is kept to be told from one.
    Json(Vec<&'body RawValue>),
}

/// The fields of a body, one entry a name, in the order in which the names came first.
pub(crate) struct Entries<'body> {
    entries: Vec<Entry<'body>>,
    values: usize,
    limit: usize,
}

impl<'body> Entries<'body> {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            entries: Vec::new(),
            values: 0,
            limit: limits.fields,
        }
    }

    /// Takes one more.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn push(
        &mut self,
        name: Zeroizing<String>,
        value: Value<'body>,
    ) -> Result<(), Refused> {
        self.values += 1;
        if self.values > self.limit {
            return Err(Refused::whole(RefusedKind::TooLarge));
        }
        match self.entries.iter_mut().find(|entry| *entry.name == *name) {
            None => self.entries.push(Entry { name, value }),
            Some(entry) => match (&mut entry.value, value) {
                (Value::Texts(all), Value::Texts(more)) => all.extend(more),
                (Value::Json(all), Value::Json(more)) => all.extend(more),
                _ => {}
            },
        }
        Ok(())
    }

    pub(crate) fn as_slice(&self) -> &[Entry<'body>] {
        &self.entries
    }
}
