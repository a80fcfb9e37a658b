//! What is written, for people and for machines.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use encfield::engine::{Failure, Limits, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::exit::Problem;
use crate::manifest::Column;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// How much a job has before it, and how it goes about it.
pub(crate) struct Extent {
    /// The rows of its table, and how many of them were done before it was resumed.
    pub(crate) rows: u64,
    pub(crate) before: u64,
    pub(crate) workers: u32,
    /// What the engine was told of each worker.
    pub(crate) limits: Limits,
}

/// Where the command writes: results to standard output, progress and problems to the other one.
pub(crate) struct Output {
    json: bool,
    bar: RefCell<Option<ProgressBar>>,
    last: RefCell<Option<Instant>>,
    /// The rows of the job that is running, and how many of them were done before it was resumed.
    rows: Cell<(u64, u64)>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            bar: RefCell::new(None),
            last: RefCell::new(None),
            rows: Cell::new((0, 0)),
        }
    }

    /// A result: a text for people, or a line of JSON.
    pub(crate) fn result(&self, text: &str, value: &Value) {
        if self.json {
            self.text(&value.to_string());
        } else {
            self.text(text);
        }
    }

    pub(crate) fn text(&self, text: &str) {
        // Whoever reads may have gone away, which is no failure of ours.
        let write = || drop(writeln!(io::stdout(), "{text}"));
        match &*self.bar.borrow() {
            // A line would run into the bar.
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub(crate) fn problem(&self, problem: &Problem) {
        self.clear();
        if self.json {
            self.text(&json!({ "event": "problem", "problem": problem.0 }).to_string());
        }
        let _ = writeln!(
            io::stderr(),
            "encfield: {}",
            problem.0.trim_start_matches("encfield: ")
        );
    }

    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// What is still to be done when a job is.
    pub(crate) fn remains(&self, text: &str) {
        if self.json {
            self.text(&json!({ "event": "remains", "remains": text }).to_string());
        } else {
            self.note(text);
        }
    }

    /// What of a column was passed over.
    pub(crate) fn not_checked(&self, column: &Column, what: &str) {
        self.result(
            &format!("{}: {what}", column.name()),
            &json!({
                "event": "not_checked", "table": column.table, "column": column.column, "what": what,
            }),
        );
    }

    /// A bar on a terminal, a line now and then elsewhere.
    pub(crate) fn begin(&self, what: &str, extent: Extent) {
        let Extent {
            rows,
            before,
            workers,
            limits,
        } = extent;
        self.rows.set((rows, before));
        *self.last.borrow_mut() = Some(Instant::now());
        let pace = limits.rows_per_second;
        if self.json {
            self.text(
                &json!({
                    "event": "begin", "job": what, "total": rows, "rows": before, "workers": workers,
                    "chunk": limits.chunk, "rows_per_second_of_each": pace,
                })
                .to_string(),
            );
            return;
        }
        if io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(
                "{msg} {wide_bar} {pos}/{len} rows, {per_sec}, {eta} left",
            );
            let bar = ProgressBar::new(rows).with_message(what.to_owned());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_position(before);
            // Neither rate nor remaining time counts what was done before.
            bar.reset_eta();
            *self.bar.borrow_mut() = Some(bar);
        } else {
            let pace = pace.map_or_else(String::new, |pace| format!(", {pace} a second at most"));
            let each = if workers > 1 { " each" } else { "" };
            self.note(&format!(
                "{what}: {rows} rows, workers: {workers}{pace}{each}"
            ));
        }
    }

    pub(crate) fn progress(&self, what: &str, progress: Progress) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.set_position(progress.rows);
            return;
        }
        let mut last = self.last.borrow_mut();
        if last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        *last = Some(Instant::now());
        if self.json {
            let (total, _) = self.rows.get();
            let rate = self.rate(progress);
            let left = total.saturating_sub(progress.rows) as f64;
            self.text(
                &json!({
                    "event": "progress", "job": what, "rows": progress.rows,
                    "changed": progress.changed, "failed": progress.failed, "total": total,
                    "rows_per_second": rate, "seconds_left": rate.map(|rate| left / rate),
                })
                .to_string(),
            );
        } else {
            self.note(&format!("{what}: {}", self.line(progress)));
        }
    }

    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn failure(&self, what: &str, failure: &Failure) {
        self.result(
            &format!("{what}: row {}: {}", failure.key, failure.reason),
            &json!({
                "event": "failure", "job": what, "key": failure.key.to_string(),
                "column": failure.column, "kind": format!("{:?}", failure.kind),
                "reason": failure.reason,
            }),
        );
    }

    pub(crate) fn ended(&self, what: &str, progress: Progress, complete: bool) {
        self.clear();
        let state = if complete {
            ""
        } else {
            ", not complete: another process is at the rest, or was killed; run it again"
        };
        self.result(
            &format!("{what}: {}{state}", self.line(progress)),
            &json!({
                "event": "end", "job": what, "rows": progress.rows, "changed": progress.changed,
                "failed": progress.failed, "complete": complete,
                "seconds": progress.elapsed.as_secs_f64(),
            }),
        );
    }

    /// A job that was complete before this run, with what it came to then.
    pub(crate) fn was_complete(&self, what: &str, then: Progress) {
        let (rows, changed, failed) = (then.rows, then.changed, then.failed);
        self.result(
            &format!(
                "{what}: was complete before, nothing was done; --again begins anew. Then: {rows} rows, \
                 {changed} changed, {failed} left as they were"
            ),
            &json!({
                "event": "complete_before", "job": what, "rows": rows, "changed": changed,
                "failed": failed,
            }),
        );
    }

    /// Rows a second, of those that this run saw done.
    fn rate(&self, progress: Progress) -> Option<f64> {
        let seconds = progress.elapsed.as_secs_f64();
        let (_, before) = self.rows.get();
        let rows = progress.rows.saturating_sub(before);
        (seconds > 0.0 && rows > 0).then(|| rows as f64 / seconds)
    }

    fn line(&self, progress: Progress) -> String {
        let rate = self.rate(progress);
        let rate = rate.map_or_else(String::new, |rate| format!(", {rate:.0} rows/s"));
        format!(
            "{} rows, {} changed, {} left as they were{rate}",
            progress.rows, progress.changed, progress.failed
        )
    }
}
