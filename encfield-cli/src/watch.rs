//! What a job looks at after each chunk: whether it goes on, and with which keys.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use zeroize::Zeroizing;

use crate::exit::{Ended, Problem};
use crate::keys;

/// What is looked at after each chunk.
pub(crate) struct Watch {
    interrupted: Arc<AtomicBool>,
    keys: Watched,
    problem: Mutex<Option<Problem>>,
}

impl Watch {
    /// Begins, before the keyring is read for the first time, to look out for Ctrl-C and SIGTERM.
    pub(crate) fn new() -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // A second Ctrl-C ends it at once, which costs no more than the chunk that is being worked on.
        let handler = move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(Ended::Interrupted as i32);
            }
        };
        let _ = ctrlc::set_handler(handler);
        let keyring = std::env::var_os("ENCFIELD_KEYRING_FILE").map(PathBuf::from);
        Self {
            interrupted,
            keys: Watched::at(keyring),
            problem: Mutex::new(None),
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(crate) fn goes_on(&self) -> ControlFlow<()> {
        if self.is_interrupted() {
            return ControlFlow::Break(());
        }
        match self.keys.if_changed(|| Ok(keys::read()?.replace()?)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                if let Ok(mut first) = self.problem.lock() {
                    first.get_or_insert(problem);
                }
                ControlFlow::Break(())
            }
        }
    }

    /// What kept the job from going on.
    pub(crate) fn problem(&self) -> Result<(), Problem> {
        let problem = self.problem.lock().ok().and_then(|mut first| first.take());
        problem.map_or(Ok(()), Err)
    }
}

/// The keyring's file, looked at again while a job runs: another process may promote a key, and a job
/// that goes on sealing under the old one would bring it values after its census.
struct Watched {
    path: Option<PathBuf>,
    seen: Mutex<Option<Text>>,
}

/// What stands in the file. Its time and its length may stay when a key takes the place of another one.
type Text = Zeroizing<Vec<u8>>;

impl Watched {
    fn at(path: Option<PathBuf>) -> Self {
        let seen = Mutex::new(path.as_deref().and_then(text));
        Self { path, seen }
    }

    /// Runs the closure if the file changed since it was looked at, or since the closure went well.
    fn if_changed(&self, run: impl FnOnce() -> Result<(), Problem>) -> Result<(), Problem> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let now = text(path);
        let poisoned = |_| Problem::new("a worker panicked");
        let mut seen = self.seen.lock().map_err(poisoned)?;
        if *seen == now {
            return Ok(());
        }
        // What changes from now on is seen by the next look.
        run()?;
        *seen = now;
        Ok(())
    }
}

/// Its size is asked first, so that the buffer does not grow and leave a copy behind.
fn text(path: &Path) -> Option<Text> {
    std::fs::read(path).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_file_of_the_same_length_and_time_is_seen_to_have_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring.json");
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        };
        let runs = Cell::new(0);
        let run = || {
            runs.set(runs.get() + 1);
            Ok(())
        };
        write("promoted: 1");
        let watched = Watched::at(Some(path.clone()));
        watched.if_changed(run).unwrap();
        assert_eq!(runs.get(), 0);
        write("promoted: 2");
        // What does not go well is done again.
        assert!(watched.if_changed(|| Err(Problem::new("no"))).is_err());
        watched.if_changed(run).unwrap();
        watched.if_changed(run).unwrap();
        assert_eq!(runs.get(), 1);
        Watched::at(None).if_changed(run).unwrap();
        assert_eq!(runs.get(), 1);
    }
}
