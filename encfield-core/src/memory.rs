//! Keeping a process's memory out of swap, core dumps and debuggers.
//!
//! For a whole process and not for keys alone: what is made of a key (a prepared cipher, an opened value,
//! a copy on the stack) is as good as the key. Call both at start-up, before the keyring is read.
//!
//! ```no_run
//! fn main() -> Result<(), encfield_core::Error> {
//!     encfield_core::memory::forbid_core_dumps()?;
//!     encfield_core::memory::lock()?;
//!     encfield_core::Keyring::from_env()?.install()
//! }
//! ```
//!
//! Whoever runs code in the process, or is root, reads its memory all the same.

use crate::error::{Error, ErrorKind};

/// Locks all memory of the process, what it has and what it will get, so that none of it is written to
/// swap.
///
/// Pages are locked as they are first used; thread stacks and reserved memory cost nothing more. Swap on
/// a suspended machine (hibernation) is not prevented. A child made by `fork` starts unlocked. Source:
/// mlockall(2).
///
/// # Errors
/// `Memory` if the limit on locked memory (`RLIMIT_MEMLOCK`) cannot be lifted and is one for this process:
/// below one, a later allocation would fail and end the process, so nothing is locked then. `CAP_IPC_LOCK`
/// lifts it while the process holds it, though not in a user namespace of its own. Also where the system has
/// no such call.
pub fn lock() -> Result<(), Error> {
    system::lock()
}

/// Makes the process leave no core dump, and on Linux closes it to debuggers of the same user.
///
/// It holds until the process runs another program; children made by `fork` inherit it. On Linux
/// `/proc/<pid>/mem` and its environment are root's from then on. Sources: setrlimit(2), prctl(2)
/// `PR_SET_DUMPABLE`.
///
/// # Errors
/// `Memory` if the system refuses, or has no such call.
pub fn forbid_core_dumps() -> Result<(), Error> {
    system::forbid_core_dumps()
}

fn refused(what: String) -> Error {
    Error::new(ErrorKind::Memory).with_note(what)
}

#[cfg(unix)]
mod system {
    use rustix::mm::{MlockAllFlags, mlockall};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::refused;
    use crate::error::Error;

    pub(super) fn lock() -> Result<(), Error> {
        let none = Rlimit {
            current: None,
            maximum: None,
        };
        // A process lifts its limit as far as it was given.
        let Err(error) = setrlimit(Resource::Memlock, none) else {
            return lock_all();
        };
        let limit = getrlimit(Resource::Memlock);
        // The limit is not for a process that may lock what it likes. Whether this is one only the kernel
        // knows: a capability in a user namespace is none to it. Under a limit of 0 it locks for nobody else.
        let nothing = Rlimit {
            current: Some(0),
            maximum: limit.maximum,
        };
        let stands = |error| refused(format!("its limit on locked memory stands: {error}"));
        setrlimit(Resource::Memlock, nothing).map_err(stands)?;
        let locked = lock_all();
        let restored = setrlimit(Resource::Memlock, limit);
        locked.map_err(|_| stands(error))?;
        restored.map_err(stands)
    }

    fn lock_all() -> Result<(), Error> {
        mlockall(flags()).map_err(|error| refused(format!("it cannot be locked: {error}")))
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn flags() -> MlockAllFlags {
        MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn flags() -> MlockAllFlags {
        MlockAllFlags::CURRENT | MlockAllFlags::FUTURE
    }

    pub(super) fn forbid_core_dumps() -> Result<(), Error> {
        let zero = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, zero)
            .map_err(|error| refused(format!("core dumps cannot be switched off: {error}")))?;
        close_to_debuggers()
    }

    /// A limit of 0 does not stop a kernel that hands core dumps to a program; this does.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn close_to_debuggers() -> Result<(), Error> {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(|error| refused(format!("it stays open to debuggers: {error}")))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn close_to_debuggers() -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(not(unix))]
mod system {
    use super::refused;
    use crate::error::Error;

    pub(super) fn lock() -> Result<(), Error> {
        Err(refused("this system has no call for it".to_owned()))
    }

    pub(super) fn forbid_core_dumps() -> Result<(), Error> {
        Err(refused("this system has no call for it".to_owned()))
    }
}
