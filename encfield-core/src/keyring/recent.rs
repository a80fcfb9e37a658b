//! The keys that a thread chose last, for values of a column under the keyring in force.
//!
//! Rows come one after the other, and for each of their values the same question has the same
//! answer: which keyring is in force for this column, may it do this, which of its keys is it, and
//! what is the subkey for this half of a nonce. So each thread holds its last answers.
//!
//! An answer is good for one state of the installed keyrings. Whatever changes what would be
//! answered says so with [`aead::changed`], and every thread then forgets all of its answers before
//! it seals or opens another value. So a key that was removed, or marked as compromised, is not used from
//! here. What is overridden on a thread, bound to a row or sealed in a scope is never held here.

use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

use super::installed::is_overridden;
use crate::aead::{self, Column, Half};
use crate::blind_index::TagKey;
use crate::context::Context;
use crate::format::Header;
use crate::set_associative::SetAssociative;

/// How many answers can be held that fall together.
const WAYS: usize = 2;

/// For how many indexes an answer is held.
const INDEXES: usize = 16;

/// How many sets there are at first.
const FEWEST_SETS: usize = 32;

/// How many there are at most: with 64 bytes an answer, a thread holds 512 KB that way, if it goes from one
/// to another of a thousand keys.
const MOST_SETS: usize = 4096;

thread_local! {
    static RECENT: RefCell<Recent> = const { RefCell::new(Recent::new()) };
}

/// What a key was chosen for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Chosen {
    ToSeal,
    ToOpen,
}

/// A question that was not answered yet, and the state of the keyrings when it was asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked(u64);

struct Recent {
    changes: u64,
    answers: SetAssociative<Answer, WAYS>,
    /// What makes the tags of an index, by the index's SQL type.
    tags: Vec<(TypeId, TagKey)>,
}

/// An answer, and what it is found by.
struct Answer {
    chosen: Chosen,
    half: Half,
    header: Header,
    /// Static texts are compared by where they lie: what is at that place stays what it is.
    table: &'static str,
    column: &'static str,
    key: Rc<Column>,
}

/// Works with the key that seals values of this place with this half of a nonce.
///
/// Nothing is answered from memory, or remembered, for a value that is sealed or opened within the work.
#[inline]
pub(crate) fn to_seal<R>(
    place: &Context<'static>,
    half: &Half,
    work: impl FnOnce(&Column) -> R,
) -> Result<R, Option<Asked>> {
    find(Chosen::ToSeal, place, half, None, work)
}

/// Works with the key that opens values of this place with this header and this half of a nonce.
#[inline]
pub(crate) fn to_open<R>(
    place: &Context<'static>,
    header: &Header,
    half: &Half,
    work: impl FnOnce(&Column) -> R,
) -> Result<R, Option<Asked>> {
    find(Chosen::ToOpen, place, half, Some(header), work)
}

/// Works with what makes the tags of an index of this SQL type.
#[inline]
pub(crate) fn to_tag<R>(
    index: TypeId,
    work: impl FnOnce(&TagKey) -> R,
) -> Result<R, Option<Asked>> {
    ask(|recent| {
        let known = recent.tags.iter().find(|(known, _)| *known == index);
        known
            .map(|(_, key)| work(key))
            .ok_or(Some(Asked(recent.changes)))
    })
}

/// Looks for an answer that is good here and now.
#[inline]
fn ask<R>(look: impl FnOnce(&mut Recent) -> Result<R, Option<Asked>>) -> Result<R, Option<Asked>> {
    let answer = RECENT.try_with(|recent| {
        let mut recent = recent.try_borrow_mut().map_err(|_| None)?;
        let changes = aead::changes();
        if changes != recent.changes {
            recent.forget(changes);
        }
        if is_overridden() {
            return Err(None);
        }
        look(&mut recent)
    });
    answer.unwrap_or(Err(None))
}

#[inline]
fn find<R>(
    chosen: Chosen,
    place: &Context<'static>,
    half: &Half,
    header: Option<&Header>,
    work: impl FnOnce(&Column) -> R,
) -> Result<R, Option<Asked>> {
    if !place.is_plain() {
        return Err(None);
    }
    ask(|recent| {
        let found = recent
            .answers
            .find(hash(place.column(), half, header), |answer| {
                answer.half == *half
                    && header.is_none_or(|header| answer.header == *header)
                    && std::ptr::eq(answer.column, place.column())
                    && std::ptr::eq(answer.table, place.table())
                    && answer.chosen == chosen
            });
        found
            .map(|answer| work(&answer.key))
            .ok_or(Some(Asked(recent.changes)))
    })
}

/// Holds the answer to a question, unless the keyrings were changed since it was asked.
pub(crate) fn remember(
    asked: Asked,
    chosen: Chosen,
    place: &Context<'static>,
    half: &Half,
    key: Rc<Column>,
) {
    answer(asked, |recent| {
        let answer = Answer {
            chosen,
            half: *half,
            header: *key.header(),
            table: place.table(),
            column: place.column(),
            key,
        };
        recent.answers.put(answer, Answer::hash);
    });
}

/// The same for an index.
pub(crate) fn remember_tag(asked: Asked, index: TypeId, key: TagKey) {
    answer(asked, |recent| {
        if recent.tags.len() == INDEXES {
            recent.tags.remove(0);
        }
        recent.tags.push((index, key));
    });
}

fn answer(asked: Asked, hold: impl FnOnce(&mut Recent)) {
    let _ = RECENT.try_with(|recent| {
        if let Ok(mut recent) = recent.try_borrow_mut()
            && recent.changes == asked.0
            && !is_overridden()
        {
            hold(&mut recent);
        }
    });
}

impl Recent {
    const fn new() -> Self {
        Self {
            changes: 0,
            answers: SetAssociative::new(FEWEST_SETS, MOST_SETS),
            tags: Vec::new(),
        }
    }

    #[cold]
    fn forget(&mut self, changes: u64) {
        self.changes = changes;
        self.answers.retain(|_| false);
        self.tags.clear();
        aead::let_go();
    }
}

impl Answer {
    fn hash(&self) -> usize {
        let header = (self.chosen == Chosen::ToOpen).then_some(&self.header);
        hash(self.column, &self.half, header)
    }
}

/// What an answer is found by. Keys and first halves are random; the columns of a table lie apart, and
/// what seals, without a header, from what opens.
#[inline]
fn hash(column: &str, half: &Half, header: Option<&Header>) -> usize {
    let name = column.as_bytes();
    let last = usize::from(name.last().copied().unwrap_or_default());
    let key = header.map_or(FEWEST_SETS / 2, |[_, _, first, second, ..]| {
        usize::from(u16::from_le_bytes([*first, *second]))
    });
    let [first, second, ..] = *half;
    let half = usize::from(u16::from_le_bytes([first, second]));
    name.len() * 5 + last + half + key
}

#[cfg(test)]
mod tests;
