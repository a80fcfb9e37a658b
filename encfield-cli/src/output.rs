//! What is written, for people and for machines.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use encfield::engine::{Failure, Progress};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::exit::Problem;

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// Where the command writes: results to standard output, progress and problems to the other one.
pub(crate) struct Output {
    json: bool,
    bar: RefCell<Option<ProgressBar>>,
    last: RefCell<Option<Instant>>,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            bar: RefCell::new(None),
            last: RefCell::new(None),
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
        let _ = writeln!(io::stdout(), "{text}");
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

    /// A bar on a terminal, a line now and then elsewhere.
    pub(crate) fn begin(&self, what: &str, rows: u64) {
        *self.last.borrow_mut() = Some(Instant::now());
        if !self.json && io::stderr().is_terminal() {
            let style = ProgressStyle::with_template(
                "{msg} {wide_bar} {pos}/{len} rows, {per_sec}, {eta} left",
            );
            let bar = ProgressBar::new(rows).with_message(what.to_owned());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            *self.bar.borrow_mut() = Some(bar);
        } else {
            self.note(&format!("{what}: {rows} rows"));
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
            self.text(&json!({ "event": "progress", "job": what, "rows": progress.rows, "changed": progress.changed, "failed": progress.failed }).to_string());
        } else {
            self.note(&format!("{what}: {}", line(progress)));
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
        let state = if complete { "" } else { ", not complete" };
        self.result(
            &format!("{what}: {}{state}", line(progress)),
            &json!({
                "event": "end", "job": what, "rows": progress.rows, "changed": progress.changed,
                "failed": progress.failed, "complete": complete,
                "seconds": progress.elapsed.as_secs_f64(),
            }),
        );
    }
}

fn line(progress: Progress) -> String {
    let seconds = progress.elapsed.as_secs_f64();
    let rate = if seconds > 0.0 {
        format!(", {:.0} rows/s", progress.rows as f64 / seconds)
    } else {
        String::new()
    };
    format!(
        "{} rows, {} changed, {} left as they were{rate}",
        progress.rows, progress.changed, progress.failed
    )
}
