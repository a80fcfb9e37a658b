//! The subkeys that a thread used last.
//!
//! The first half of a nonce picks the subkey, and many values have it in common: a writer keeps it
//! for a while (see [`crate::nonce`]). So each thread holds the subkeys that it used last. Nothing is
//! shared, and so there is neither a lock nor a reference count to wait for.
//!
//! A subkey is found under the cipher that it was made of, and only whoever has that cipher in hand
//! can ask for it: the keyring has been asked before, each time. A key that was removed, marked as
//! compromised or shredded therefore opens nothing, whatever is still held here. What is held is wiped
//! when the thread next works on any value after the last handle on the cipher went, when it makes
//! room, or when the thread ends.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::gcm::{Absorbed, Gcm, NONCE};
use super::{Associated, Failed, Half, Head, Lasting, TAG_LENGTH, Take, Xaes};
use crate::set_associative::SetAssociative;

/// How many subkeys can be held whose first halves fall together.
const WAYS: usize = 4;

/// How many sets there are at first.
const FEWEST_SETS: usize = 16;

/// How many there are at most: with some 1.5 KB a subkey, a thread holds 6 MB that way, if its rows are
/// under thousands of keys. A thousand seldom push one another out.
const MOST_SETS: usize = 1024;

/// For how many columns the state behind the associated data is held, for each subkey.
const COLUMNS: usize = 16;

/// How often a cipher went for good, or the keys in force became others.
static CHANGES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static SUBKEYS: RefCell<Subkeys> = const { RefCell::new(Subkeys::new()) };
}

/// Says that a cipher is gone for good, or that the keys in force are others; called after it.
pub(crate) fn changed() {
    CHANGES.fetch_add(1, Ordering::SeqCst);
}

/// A number that is another one after each change.
#[inline]
pub(crate) fn changes() -> u64 {
    CHANGES.load(Ordering::Acquire)
}

/// Wipes the subkeys of this thread whose cipher is gone.
pub(crate) fn let_go() {
    let _ = SUBKEYS.try_with(|subkeys| {
        if let Ok(mut subkeys) = subkeys.try_borrow_mut() {
            subkeys.let_go();
        }
    });
}

/// Runs the closure with the subkey for this half of a nonce.
pub(super) fn with<R>(cipher: &Arc<Xaes>, half: &Half, run: impl FnOnce(&mut Subkey) -> R) -> R {
    let mut run = Some(run);
    let done = SUBKEYS.try_with(|subkeys| {
        let mut subkeys = subkeys.try_borrow_mut().ok()?;
        Some(subkeys.with(cipher, half, run.take()?))
    });
    match (done, run) {
        (Ok(Some(done)), _) => done,
        // A thread that is ending holds nothing any more.
        (_, Some(run)) => run(&mut Subkey::new(cipher, half)),
        _ => unreachable!("the closure is taken where its result is returned"),
    }
}

struct Subkeys {
    changes: u64,
    held: SetAssociative<Box<Subkey>, WAYS>,
}

/// A subkey, and what it is found by.
pub(super) struct Subkey {
    /// Keeps no key alive; while it is here, no other cipher has this address.
    cipher: Weak<Xaes>,
    half: Half,
    gcm: Rc<Gcm>,
    columns: Vec<Rc<Column>>,
    /// Where the column is expected: behind the one before it, as the columns of a row come.
    next: usize,
}

/// A subkey, and the state behind the associated data that the values of a column have in common.
pub(crate) struct Column {
    half: Half,
    header: Head,
    table: Box<str>,
    column: Box<str>,
    gcm: Rc<Gcm>,
    absorbed: Absorbed,
}

impl Column {
    /// What the values begin with.
    pub(crate) fn header(&self) -> &Head {
        &self.header
    }

    /// Whether it is for values of this place with this half of a nonce.
    #[inline]
    pub(crate) fn is_of(&self, table: &str, column: &str, half: &Half) -> bool {
        self.half == *half && *self.column == *column && *self.table == *table
    }

    /// Seals under the second half of a nonce; see [`Cipher::seal`](super::Cipher::seal).
    pub(crate) fn seal(
        &self,
        second: &[u8; NONCE],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LENGTH], Failed> {
        self.gcm.seal(&self.absorbed, second, buffer)
    }

    /// Opens under the second half of a nonce; see [`Cipher::open`](super::Cipher::open).
    #[inline]
    pub(crate) fn open(
        &self,
        second: &[u8; NONCE],
        ciphertext: &[u8],
        tag: &[u8; TAG_LENGTH],
        take: Take<'_>,
    ) -> Result<(), Failed> {
        self.gcm.open(&self.absorbed, second, ciphertext, tag, take)
    }
}

impl Subkeys {
    const fn new() -> Self {
        Self {
            changes: 0,
            held: SetAssociative::new(FEWEST_SETS, MOST_SETS),
        }
    }

    #[inline]
    fn with<R>(
        &mut self,
        cipher: &Arc<Xaes>,
        half: &Half,
        run: impl FnOnce(&mut Subkey) -> R,
    ) -> R {
        let changes = changes();
        if changes != self.changes {
            self.changes = changes;
            self.let_go();
        }
        let found = self.held.find(hash(Arc::as_ptr(cipher), half), |held| {
            held.half == *half && std::ptr::eq(held.cipher.as_ptr(), Arc::as_ptr(cipher))
        });
        match found {
            Some(subkey) => run(subkey),
            None => run(self.held.put(Box::new(Subkey::new(cipher, half)), |held| {
                hash(held.cipher.as_ptr(), &held.half)
            })),
        }
    }

    /// Wipes the subkeys whose cipher is gone.
    #[cold]
    fn let_go(&mut self) {
        self.held.retain(|held| held.cipher.strong_count() > 0);
    }
}

/// What a subkey is found by. One writer has one first half for all of its keys, and one key has a first
/// half of each writer: both spread the subkeys.
#[inline]
fn hash(cipher: *const Xaes, half: &Half) -> usize {
    // Fibonacci hashing: addresses have something in common at either end.
    let address = (cipher.addr() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    let [first, second, ..] = *half;
    (address ^ u64::from(u16::from_le_bytes([first, second]))) as usize
}

impl Subkey {
    fn new(cipher: &Arc<Xaes>, half: &Half) -> Self {
        Self {
            cipher: Arc::downgrade(cipher),
            half: *half,
            gcm: Rc::new(cipher.subkey(half)),
            columns: Vec::new(),
            next: 0,
        }
    }

    /// Runs the closure with the state behind this associated data.
    #[inline]
    pub(super) fn behind<R>(
        &mut self,
        associated: &impl Associated,
        run: impl FnOnce(&Gcm, &Absorbed) -> R,
    ) -> R {
        match associated.lasting() {
            Some(lasting) => {
                let column = self.column(&lasting, associated);
                run(&column.gcm, &column.absorbed)
            }
            None => run(&self.gcm, &self.gcm.absorb(&associated.encode())),
        }
    }

    /// What is kept for the column that this associated data is of.
    pub(super) fn column(
        &mut self,
        lasting: &Lasting<'_>,
        associated: &impl Associated,
    ) -> &Rc<Column> {
        let is = |column: &Rc<Column>| {
            column.header == *lasting.header
                && column.is_of(lasting.table, lasting.column, &self.half)
        };
        let found = match self.columns.get(self.next) {
            Some(expected) if is(expected) => self.next,
            _ => match self.columns.iter().position(is) {
                Some(found) => found,
                None => self.absorb(lasting, associated),
            },
        };
        self.next = if found + 1 < self.columns.len() {
            found + 1
        } else {
            0
        };
        &self.columns[found]
    }

    #[cold]
    fn absorb(&mut self, lasting: &Lasting<'_>, associated: &impl Associated) -> usize {
        let column = Rc::new(Column {
            half: self.half,
            header: *lasting.header,
            table: lasting.table.into(),
            column: lasting.column.into(),
            gcm: Rc::clone(&self.gcm),
            absorbed: self.gcm.absorb(&associated.encode()),
        });
        if self.columns.len() < COLUMNS {
            self.columns.push(column);
            return self.columns.len() - 1;
        }
        let at = self.next.min(COLUMNS - 1);
        self.columns[at] = column;
        at
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::secret::SecretBytes;

    fn cipher() -> Arc<Xaes> {
        Arc::new(Xaes::new(&SecretBytes::generate().unwrap()))
    }

    /// On a thread of its own, so that nothing is held before.
    fn alone(test: impl FnOnce() + Send + 'static) {
        thread::spawn(test).join().unwrap();
    }

    fn held() -> usize {
        SUBKEYS.with_borrow(|subkeys| subkeys.held.len())
    }

    #[test]
    fn a_subkey_is_made_once_for_a_cipher_and_a_half() {
        alone(|| {
            let (one, other) = (cipher(), cipher());
            let address =
                |cipher, half| with(cipher, half, |subkey| std::ptr::from_mut(subkey) as usize);
            let first = address(&one, &[1; 12]);
            assert_ne!(address(&other, &[1; 12]), first);
            assert_ne!(address(&one, &[17; 12]), first);
            assert_eq!(address(&one, &[1; 12]), first);
            assert_eq!(held(), 3);
        });
    }

    #[test]
    fn no_more_subkeys_are_held_than_there_is_room_for() {
        alone(|| {
            let cipher = cipher();
            for number in 0..10_000_u32 {
                let mut half = [0; 12];
                half[..4].copy_from_slice(&number.to_le_bytes());
                with(&cipher, &half, |_| ());
            }
            assert_eq!(held(), WAYS * MOST_SETS);
        });
    }

    #[test]
    fn a_thousand_subkeys_are_held_together() {
        alone(|| {
            let cipher = cipher();
            let halves: Vec<Half> = (0..1_000)
                .map(|_| crate::nonce::unrelated().unwrap()[..12].try_into().unwrap())
                .collect();
            let address = |half| with(&cipher, half, |subkey| std::ptr::from_mut(subkey) as usize);
            let made: Vec<_> = halves.iter().map(address).collect();
            let again: Vec<_> = halves.iter().map(address).collect();
            let same = made.iter().zip(&again).filter(|(one, other)| one == other);
            let same = same.count();
            assert!(same > 900, "{same} of {}", held());
        });
    }

    #[test]
    fn a_thousand_subkeys_of_one_writer_are_held_together() {
        alone(|| {
            let ciphers: Vec<_> = (0..1_000).map(|_| cipher()).collect();
            let address = |cipher| {
                with(cipher, &[1; 12], |subkey| {
                    std::ptr::from_mut(subkey) as usize
                })
            };
            let made: Vec<_> = ciphers.iter().map(address).collect();
            let again: Vec<_> = ciphers.iter().map(address).collect();
            let same = made.iter().zip(&again).filter(|(one, other)| one == other);
            let same = same.count();
            assert!(same > 900, "{same}");
        });
    }

    #[test]
    fn the_subkeys_of_a_cipher_that_is_gone_are_let_go_with_the_next_value() {
        alone(|| {
            let (stays, goes) = (cipher(), cipher());
            with(&stays, &[1; 12], |_| ());
            with(&goes, &[2; 12], |_| ());
            with(&goes, &[3; 12], |_| ());
            let handle = Arc::clone(&goes);
            drop(goes);
            with(&stays, &[1; 12], |_| ());
            assert_eq!(held(), 3, "a handle is left");
            drop(handle);
            with(&stays, &[1; 12], |_| ());
            assert_eq!(held(), 1);
        });
    }

    #[test]
    fn no_more_columns_are_held_than_there_is_room_for() {
        struct Numbered(String);
        impl Associated for Numbered {
            fn lasting(&self) -> Option<Lasting<'_>> {
                Some(Lasting {
                    header: &[0; 10],
                    table: "table",
                    column: &self.0,
                })
            }
            fn encode(&self) -> super::super::AssociatedData {
                self.0.as_bytes().into()
            }
        }
        alone(|| {
            let cipher = cipher();
            for number in 0..1_000_u32 {
                with(&cipher, &[1; 12], |subkey| {
                    subkey.behind(&Numbered(number.to_string()), |_, _| ());
                    assert!(subkey.columns.len() <= COLUMNS);
                });
            }
        });
    }
}
