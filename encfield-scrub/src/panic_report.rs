//! What a panic prints.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::PanicHookInfo;

use zeroize::Zeroizing;

use crate::scrubber::Scrubber;

/// Room for the thread's name and the place.
const FRAME: usize = 1024;

impl Scrubber {
    /// Prints every panic of the program to standard error without the values and secrets, in place of
    /// the hook that is installed.
    ///
    /// Like the hook of the standard library it shows the thread, the place and the message, and a
    /// backtrace if `RUST_BACKTRACE` asks for one. A program with a hook of its own calls
    /// [`panic_report`](Self::panic_report) in it instead.
    pub fn install_panic_hook(&self) {
        let scrubber = self.clone();
        std::panic::set_hook(Box::new(move |info| {
            let mut report = scrubber.panic_report(info);
            report.push('\n');
            // Where standard error is closed, nobody reads.
            let _ = std::io::stderr().write_all(report.as_bytes());
        }));
    }

    /// What is to be said of a panic: thread, place, message and, if it is asked for, a backtrace.
    #[must_use]
    pub fn panic_report(&self, info: &PanicHookInfo<'_>) -> String {
        let thread = std::thread::current();
        let payload = info.payload();
        let message = (payload.downcast_ref::<&str>().copied())
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a text");
        // Sized at once, so that the message is not left behind in a buffer that grew.
        let backtrace = Backtrace::capture();
        let trace = match backtrace.status() {
            BacktraceStatus::Captured => backtrace.to_string(),
            _ => String::new(),
        };
        let mut report = Zeroizing::new(String::with_capacity(message.len() + trace.len() + FRAME));
        // Writing to a `String` does not fail.
        let _ = write!(
            report,
            "thread '{}' panicked",
            thread.name().unwrap_or("<unnamed>")
        );
        if let Some(place) = info.location() {
            let _ = write!(report, " at {place}");
        }
        let _ = write!(report, ":\n{message}");
        if !trace.is_empty() {
            let _ = write!(report, "\n{trace}");
        }
        self.scrub(&report).into_owned()
    }
}
