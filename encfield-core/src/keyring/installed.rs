//! The keyring of the process, and its override for a scope.

use std::cell::RefCell;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::Keyring;
use crate::error::{Error, ErrorKind};

/// Read without a lock and without touching a shared reference count.
static INSTALLED: ArcSwapOption<Keyring> = ArcSwapOption::const_empty();

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
        match *before {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::KeyringInstalled)),
        }
    }

    /// Swaps the keyring of the process for this one, while readers and writers run.
    ///
    /// A value that is being sealed or opened at this moment is finished under the old keyring.
    /// Keep in the new keyring each key that values in the database still need.
    ///
    /// # Errors
    /// [`ErrorKind::NoKeyring`] when none is installed yet, and [`ErrorKind::Entropy`] for a
    /// keyring that [`Keyring::generate`] could not fill. The installed keyring stays then.
    pub fn replace(self) -> Result<(), Error> {
        self.refuse_empty()?;
        let new = Arc::new(self);
        // Installed is for good: between the look and the swap it cannot become empty again.
        if INSTALLED.load().is_none() {
            return Err(Error::new(ErrorKind::NoKeyring));
        }
        INSTALLED.store(Some(new));
        Ok(())
    }

    /// The installed keyring, if there is one.
    #[must_use]
    pub fn installed() -> Option<Self> {
        INSTALLED.load_full().map(|keyring| (*keyring).clone())
    }

    /// Runs the closure with this keyring in the place of the installed one, on this thread alone.
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

/// Runs the closure with the keyring that is in force here and now.
pub(crate) fn with_current<R>(run: impl FnOnce(&Keyring) -> Result<R, Error>) -> Result<R, Error> {
    // `try_with`: a thread that is ending has no overrides any more, but still the installed one.
    let overriding = OVERRIDES.try_with(|overrides| overrides.borrow().last().cloned());
    if let Ok(Some(keyring)) = overriding {
        return run(&keyring);
    }
    match &*INSTALLED.load() {
        Some(keyring) => run(keyring),
        None => Err(Error::new(ErrorKind::NoKeyring)),
    }
}
