//! The panic hook, in a process that has it installed: this test starts itself again.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::process::Command;

use encfield_scrub::Scrubber;

const CHILD: &str = "ENCFIELD_SCRUB_PANICS";

/// What the child does; nothing in a run of the tests.
#[test]
fn child() {
    if std::env::var(CHILD).is_err() {
        return;
    }
    let builder = Scrubber::builder().name("passport_number").variable(CHILD);
    builder.build().unwrap().install_panic_hook();
    let thread = std::thread::Builder::new().name("worker".to_owned());
    let thread = thread.spawn(|| {
        panic!(
            "no passport_number=K1234567, horse-battery, said {}",
            std::env::var(CHILD).unwrap()
        )
    });
    assert!(thread.unwrap().join().is_err());
}

#[test]
fn the_installed_hook_prints_panics_of_every_thread_without_values() {
    for backtrace in ["0", "1"] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, "postgres://app:horse-battery@db/app")
            .env("RUST_BACKTRACE", backtrace)
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{printed}");
        assert!(
            !printed.contains("K1234567") && !printed.contains("battery"),
            "{printed}"
        );
        assert!(
            printed.contains("thread 'worker' panicked at")
                && printed.contains("passport_number=********, ********, said ********"),
            "{printed}"
        );
        assert_eq!(
            printed.contains("rust_begin_unwind") || printed.contains("std::panicking"),
            backtrace == "1",
            "{printed}"
        );
    }
}
