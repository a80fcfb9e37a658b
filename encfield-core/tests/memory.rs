//! Locked memory and no core dumps. A process of its own, because both are for good.

#![cfg(all(feature = "memory", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::process::{Command, Output};

use encfield_core::{ErrorKind, memory};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, geteuid, getrlimit, setrlimit,
};

/// What the kernel says of this process.
fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    line.unwrap().split_whitespace().nth(1).unwrap().to_owned()
}

/// Kilobytes of locked memory.
fn locked() -> u64 {
    status("VmLck:").parse().unwrap()
}

/// Whether the kernel holds the pages of a value locked. Their sum says nothing of one value: threads that
/// end beside it give theirs back.
fn is_locked(value: &[u8]) -> bool {
    let address = value.as_ptr().addr();
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut holds_it = false;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap();
        if let Some((from, to)) = first.split_once('-') {
            let edge = |text| usize::from_str_radix(text, 16).unwrap();
            holds_it = (edge(from)..edge(to)).contains(&address);
        } else if holds_it && first == "VmFlags:" {
            return words.any(|flag| flag == "lo");
        }
    }
    panic!("a value that lies nowhere");
}

/// Whether the machine itself, and no namespace in it, lets this process lock what it likes.
fn holds_ipc_lock() -> bool {
    let held = u64::from_str_radix(&status("CapEff:"), 16).unwrap();
    let users = std::fs::read_to_string("/proc/self/uid_map").unwrap();
    let all: Vec<_> = users.split_whitespace().collect();
    held & (1 << 14) != 0 && all == ["0", "0", "4294967295"]
}

const NO_LIMIT: Rlimit = Rlimit {
    current: None,
    maximum: None,
};

/// What `lock` must do, is asked of the machine before: a process that may have no limit may lock.
#[test]
fn locked_memory_is_locked_and_new_memory_with_it() {
    if setrlimit(Resource::Memlock, NO_LIMIT).is_err() && !holds_ipc_lock() {
        eprintln!("this process may not lock memory; what it is told then, other tests ask");
        return;
    }
    let held = vec![7_u8; 1 << 24];
    assert!(!is_locked(&held));
    memory::lock().unwrap();
    assert!(is_locked(&held));
    assert!(is_locked(&vec![7_u8; 1 << 24]));
}

/// Runs a test that is ignored in a process of its own, by way of a command.
fn in_a_process(command: &[&str], test: &str) -> Output {
    let [command, options @ ..] = command else {
        panic!("no command");
    };
    Command::new(command)
        .args(options)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--nocapture"])
        // So that it is small.
        .arg("--test-threads=1")
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap()
}

#[track_caller]
fn passes(output: &Output) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

/// It is small enough to be locked below its limit; only what it does next would be refused.
#[test]
#[ignore = "it runs in processes with a limit"]
fn below_a_limit() {
    let limit = || {
        let limit = getrlimit(Resource::Memlock);
        (limit.current, limit.maximum)
    };
    let before = limit();
    assert!(before.0.is_some());
    let error = memory::lock().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(error.to_string().contains("LimitMEMLOCK"), "{error}");
    assert_eq!((locked(), limit()), (0, before));
    let more = vec![7_u8; 1 << 26];
    assert_eq!(locked(), 0, "{} bytes", more.len());
}

/// A limit that a process is given, as large as it can be and still be one.
fn below() -> String {
    let most = getrlimit(Resource::Memlock).maximum.unwrap_or(1 << 30);
    format!("--memlock={most}:{most}")
}

/// Root has capabilities to drop first.
#[test]
fn below_a_limit_nothing_is_locked() {
    let below = below();
    let mut command = vec!["prlimit", &below];
    if geteuid().is_root() {
        let both = "-sys_resource,-ipc_lock";
        command.extend(["setpriv", "--bounding-set", both, "--inh-caps", both]);
    }
    passes(&in_a_process(&command, "below_a_limit"));
}

/// There the process has every capability, and the kernel asks for another.
#[test]
fn a_capability_of_a_user_namespace_is_none() {
    let namespace = ["unshare", "--user", "--map-root-user"];
    let mut possible = Command::new(namespace[0]);
    let possible = possible.args(&namespace[1..]).arg("true").status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("no user namespaces here");
        return;
    }
    let below = below();
    let command = [&["prlimit", below.as_str()], &namespace[..]].concat();
    passes(&in_a_process(&command, "below_a_limit"));
}

/// What has the capability is not asked for its limit.
#[test]
#[ignore = "it runs in processes with a limit that they cannot lift"]
fn with_the_capability_alone() {
    assert!(setrlimit(Resource::Memlock, NO_LIMIT).is_err());
    let limit = getrlimit(Resource::Memlock);
    memory::lock().unwrap();
    assert_eq!(getrlimit(Resource::Memlock), limit);
    assert!(is_locked(&vec![7_u8; 1 << 24]));
}

#[test]
fn the_capability_to_lock_is_enough() {
    if !geteuid().is_root() || !holds_ipc_lock() {
        eprintln!("this process has no capability to lock");
        return;
    }
    let drop = [
        "--bounding-set",
        "-sys_resource",
        "--inh-caps",
        "-sys_resource",
    ];
    let command = [&["prlimit", "--memlock=65536:65536", "setpriv"], &drop[..]].concat();
    passes(&in_a_process(&command, "with_the_capability_alone"));
}

#[test]
fn a_process_that_forbids_it_leaves_no_core_dump() {
    memory::forbid_core_dumps().unwrap();
    let limit = getrlimit(Resource::Core);
    assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
}
