//! The keyring of the process, and its override for a scope.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::Keyring;
use crate::aead;
use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// Read without a lock and without touching a shared reference count.
static INSTALLED: ArcSwapOption<Keyring> = ArcSwapOption::const_empty();

/// The keyrings of single tables and columns; empty in most programs.
static OF_TABLES: ArcSwapOption<HashMap<String, OfTable>> = ArcSwapOption::const_empty();

/// The keyrings of one table.
#[derive(Clone, Default)]
struct OfTable {
    whole: Option<Keyring>,
    columns: HashMap<String, Keyring>,
}

thread_local! {
    /// The overrides of this thread, the innermost last.
    static OVERRIDES: RefCell<Vec<Keyring>> = const { RefCell::new(Vec::new()) };
}

impl Keyring {
    /// Makes this the keyring of the process.
    ///
    /// The application calls it once, at start-up; a library never does.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInstalled`] when one is installed already; that one stays. And
    /// [`ErrorKind::Entropy`] for a keyring that [`Keyring::generate`] could not fill.
    pub fn install(self) -> Result<(), Error> {
        self.refuse_empty()?;
        let before = INSTALLED.compare_and_swap(&None::<Arc<Self>>, Some(Arc::new(self)));
        aead::changed();
        match *before {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::KeyringInstalled)),
        }
    }

    /// Swaps the keyring of the process for this one, while readers and writers run.
    ///
    /// A value that is being sealed or opened at this moment is finished under the old keyring.
    /// Keep in the new keyring each key that values in the database still need. It takes over the
    /// data keys of the old one, unless it has its own.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`] when none is installed yet, and [`ErrorKind::Entropy`] for a
    /// keyring that [`Keyring::generate`] could not fill. The installed keyring stays then.
    pub fn replace(self) -> Result<(), Error> {
        self.refuse_empty()?;
        // Installed is for good: between the look and the swap it cannot become empty again.
        let Some(before) = INSTALLED.load_full() else {
            return Err(Error::new(ErrorKind::NoKeyring));
        };
        INSTALLED.store(Some(Arc::new(self.taking_over(Some(&before)))));
        aead::changed();
        Ok(())
    }

    /// Makes this the keyring of one table, in the place of the process's.
    ///
    /// For a second database or a second domain of trust in one program: no query changes. The name
    /// is the table's SQL name, `schema.table` where the program addresses it so, and its former one
    /// where it is [`Renamed`](crate::Renamed). A value of the table that names a key of another
    /// keyring is refused: nothing falls back to the process's.
    ///
    /// # Errors
    /// [`ErrorKind::KeyringInstalled`] when the table has one already; that one stays. And
    /// [`ErrorKind::Entropy`] for a keyring that [`Keyring::generate`] could not fill.
    pub fn install_for_table(self, table: &str) -> Result<(), Error> {
        self.put(table, None, Put::New)
    }

    /// Swaps the keyring of one table for this one, while readers and writers run.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`] when the table has none yet, and [`ErrorKind::Entropy`].
    pub fn replace_for_table(self, table: &str) -> Result<(), Error> {
        self.put(table, None, Put::Again)
    }

    /// Makes this the keyring of one column, in the place of its table's or the process's.
    ///
    /// # Errors
    /// As [`Keyring::install_for_table`].
    pub fn install_for_column(self, table: &str, column: &str) -> Result<(), Error> {
        self.put(table, Some(column), Put::New)
    }

    /// Swaps the keyring of one column for this one, while readers and writers run.
    ///
    /// # Errors
    /// As [`Keyring::replace_for_table`].
    pub fn replace_for_column(self, table: &str, column: &str) -> Result<(), Error> {
        self.put(table, Some(column), Put::Again)
    }

    fn put(self, table: &str, column: Option<&str>, put: Put) -> Result<(), Error> {
        self.refuse_empty()?;
        let mut refused = false;
        OF_TABLES.rcu(|tables| {
            let mut tables = tables.as_deref().cloned().unwrap_or_default();
            let of_table = tables.entry(table.to_owned()).or_default();
            let there = match column {
                Some(column) => of_table.columns.contains_key(column),
                None => of_table.whole.is_some(),
            };
            refused = there != (put == Put::Again);
            if !refused {
                match column {
                    Some(column) => {
                        let new = self.clone().taking_over(of_table.columns.get(column));
                        of_table.columns.insert(column.to_owned(), new);
                    }
                    None => {
                        of_table.whole = Some(self.clone().taking_over(of_table.whole.as_ref()));
                    }
                }
            }
            Some(Arc::new(tables))
        });
        aead::changed();
        match (refused, put) {
            (false, _) => Ok(()),
            (true, Put::New) => Err(Error::new(ErrorKind::KeyringInstalled)),
            (true, Put::Again) => Err(Error::new(ErrorKind::NoKeyring)),
        }
        .map_err(|error| error.at(table.to_owned(), column.unwrap_or("*").to_owned()))
    }

    /// The keyring with the data keys of the one before it, unless it has its own.
    fn taking_over(self, before: Option<&Self>) -> Self {
        match before.and_then(|before| before.0.data_keys.clone()) {
            Some(data_keys) if self.0.data_keys.is_none() => {
                self.finding_data_keys(Some(data_keys))
            }
            _ => self,
        }
    }

    /// The installed keyring, if there is one.
    #[must_use]
    pub fn installed() -> Option<Self> {
        INSTALLED.load_full().map(|keyring| (*keyring).clone())
    }

    /// Runs the closure with this keyring in the place of every installed one, on this thread alone.
    ///
    /// Meant for tests. Calls may be nested, and the override ends when the closure returns or
    /// panics. It does not follow work to another thread, so do not hold it across an `.await`.
    pub fn override_within<R>(&self, scope: impl FnOnce() -> R) -> R {
        struct End;
        impl Drop for End {
            fn drop(&mut self) {
                OVERRIDES.with_borrow_mut(|overrides| drop(overrides.pop()));
            }
        }
        OVERRIDES.with_borrow_mut(|overrides| overrides.push(self.clone()));
        let _end = End;
        scope()
    }
}

/// Whether a place has a keyring of its own already.
#[derive(Clone, Copy, PartialEq)]
enum Put {
    New,
    Again,
}

/// Whether an override is in force on this thread. One that is ending has none any more.
#[inline]
pub(super) fn is_overridden() -> bool {
    OVERRIDES
        .try_with(|overrides| overrides.try_borrow().map_or(true, |held| !held.is_empty()))
        .unwrap_or(false)
}

/// Runs the closure with the keyring that is in force here and now, for values of this place.
pub(crate) fn with_current<R>(
    place: &Context<'_>,
    run: impl FnOnce(&Keyring) -> Result<R, Error>,
) -> Result<R, Error> {
    // `try_with`: a thread that is ending has no overrides any more, but still the installed one.
    let overriding = OVERRIDES.try_with(|overrides| overrides.borrow().last().cloned());
    if let Ok(Some(keyring)) = overriding {
        return run(&keyring);
    }
    if let Some(tables) = &*OF_TABLES.load()
        && let Some(of_table) = tables.get(place.table())
    {
        let of_column = of_table.columns.get(place.column());
        if let Some(keyring) = of_column.or(of_table.whole.as_ref()) {
            return run(keyring);
        }
    }
    match &*INSTALLED.load() {
        Some(keyring) => run(keyring),
        None => Err(Error::new(ErrorKind::NoKeyring)),
    }
}
