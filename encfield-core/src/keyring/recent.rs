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

use crate::aead::{self, Column, Half};
use crate::blind_index::TagKey;
use crate::context::Context;
use crate::format::Header;

/// How many answers can be held that fall together.
const WAYS: usize = 2;

/// For how many indexes an answer is held.
const INDEXES: usize = 16;

/// How many places an answer can fall in.
const SETS: usize = 32;

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
    /// How many overrides are in force.
    overrides: usize,
    /// In each set the one that was used last comes first.
    sets: [[Option<Answer>; WAYS]; SETS],
    /// What makes the tags of an index, by the index's SQL type.
    tags: Vec<(TypeId, Rc<TagKey>)>,
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

/// Says that an override begins or ends on this thread.
pub(super) fn overriding(begins: bool) {
    // A thread that is ending holds nothing.
    let _ = RECENT.try_with(|recent| {
        let mut recent = recent.borrow_mut();
        recent.overrides = match begins {
            true => recent.overrides + 1,
            false => recent.overrides.saturating_sub(1),
        };
    });
}

/// The key that seals values of this place with this half of a nonce.
#[inline]
pub(crate) fn to_seal(place: &Context<'static>, half: &Half) -> Result<Rc<Column>, Option<Asked>> {
    find(Chosen::ToSeal, place, half, |_| true)
}

/// The key that opens values of this place with this header and this half of a nonce.
#[inline]
pub(crate) fn to_open(
    place: &Context<'static>,
    header: &Header,
    half: &Half,
) -> Result<Rc<Column>, Option<Asked>> {
    find(Chosen::ToOpen, place, half, |known| known == header)
}

/// What makes the tags of an index of this SQL type.
pub(crate) fn to_tag(index: TypeId) -> Result<Rc<TagKey>, Option<Asked>> {
    ask(|recent| {
        let known = recent.tags.iter().find(|(known, _)| *known == index);
        known
            .map(|(_, key)| Rc::clone(key))
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
        if recent.overrides > 0 {
            return Err(None);
        }
        look(&mut recent)
    });
    answer.unwrap_or(Err(None))
}

#[inline]
fn find(
    chosen: Chosen,
    place: &Context<'static>,
    half: &Half,
    header: impl Fn(&Header) -> bool,
) -> Result<Rc<Column>, Option<Asked>> {
    if !place.is_plain() {
        return Err(None);
    }
    ask(|recent| {
        let [first, second] = recent.set(chosen, place, half);
        let is = |answer: &Answer| {
            answer.half == *half
                && header(&answer.header)
                && std::ptr::eq(answer.column, place.column())
                && std::ptr::eq(answer.table, place.table())
                && answer.chosen == chosen
        };
        match (&mut *first, &mut *second) {
            (Some(answer), _) if is(answer) => Ok(Rc::clone(&answer.key)),
            (_, Some(answer)) if is(answer) => {
                let key = Rc::clone(&answer.key);
                std::mem::swap(first, second);
                Ok(key)
            }
            _ => Err(Some(Asked(recent.changes))),
        }
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
        let [first, second] = recent.set(chosen, place, half);
        *second = first.replace(answer);
    });
}

/// The same for an index.
pub(crate) fn remember_tag(asked: Asked, index: TypeId, key: Rc<TagKey>) {
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
            && recent.overrides == 0
        {
            hold(&mut recent);
        }
    });
}

impl Recent {
    const fn new() -> Self {
        Self {
            changes: 0,
            overrides: 0,
            sets: [const { [const { None }; WAYS] }; SETS],
            tags: Vec::new(),
        }
    }

    #[cold]
    fn forget(&mut self, changes: u64) {
        self.changes = changes;
        self.sets = [const { [const { None }; WAYS] }; SETS];
        self.tags.clear();
        aead::let_go();
    }

    /// Where an answer is looked for: columns of a table and first halves are spread.
    #[inline]
    fn set(
        &mut self,
        chosen: Chosen,
        place: &Context<'static>,
        half: &Half,
    ) -> &mut [Option<Answer>; WAYS] {
        let name = place.column().as_bytes();
        let last = usize::from(name.last().copied().unwrap_or_default());
        let [first, ..] = *half;
        let at = name.len() * 5 + last + usize::from(first) + chosen as usize * (SETS / 2);
        &mut self.sets[at % SETS]
    }
}

#[cfg(test)]
mod tests;
