//! What a process prints: logs, panics, and what Diesel tells those who watch it.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use tracing_subscriber::fmt::format::FmtSpan;

/// What was written to one of them.
struct Sink(Mutex<Vec<u8>>);

static LOGS: Sink = Sink::new();
static PANICS: Sink = Sink::new();
static INSTRUMENTATION: Sink = Sink::new();

impl Sink {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn push(&self, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A writer to the logs.
struct Logs;

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGS.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that an event says, by every way to print it.
fn watch() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        let mut text = format!("{event:?}\n");
        match &event {
            InstrumentationEvent::StartQuery { query, .. } => {
                text.push_str(&format!("{query} {query:?}\n"));
            }
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                text.push_str(&format!("{query} {query:?} {error:?}\n"));
            }
            _ => {}
        }
        INSTRUMENTATION.push(text.as_bytes());
    }))
}

/// Takes everything of the process from now on. No scrubber stands before it.
pub(crate) fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Every level, every span, and what other crates say by `log`.
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_writer(|| Logs)
            .init();
        std::panic::set_hook(Box::new(|info| {
            PANICS.push(format!("{info}\n{info:?}\n").as_bytes());
        }));
        set_default_instrumentation(watch).unwrap();
    });
    end();
}

/// What was printed since, by name.
pub(crate) fn end() -> Vec<(String, Vec<u8>)> {
    [
        ("logs", &LOGS),
        ("panics", &PANICS),
        ("Diesel's instrumentation", &INSTRUMENTATION),
    ]
    .map(|(name, sink)| (name.to_owned(), sink.take()))
    .into()
}
