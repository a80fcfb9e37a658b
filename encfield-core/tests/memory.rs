//! Locked memory and no core dumps. A process of its own, because both are for good.

#![cfg(all(feature = "memory", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use encfield_core::{ErrorKind, memory};
use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

/// Kilobytes of locked memory, as the kernel counts them.
fn locked() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmLck:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

#[test]
fn locked_memory_is_locked_and_new_memory_with_it() {
    match memory::lock() {
        Ok(()) => {
            let before = locked();
            assert!(before > 0);
            let more = vec![7_u8; 1 << 24];
            assert!(locked() >= before + (1 << 14), "{} bytes", more.len());
        }
        // A machine that does not allow it says so, and nothing is locked.
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Memory);
            assert!(error.to_string().contains("LimitMEMLOCK"), "{error}");
            assert_eq!(locked(), 0);
            eprintln!("locking is not allowed here: {error}");
        }
    }
}

#[test]
fn a_process_that_forbids_it_leaves_no_core_dump() {
    memory::forbid_core_dumps().unwrap();
    let limit = getrlimit(Resource::Core);
    assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
}
