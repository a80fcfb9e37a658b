//! How much is measured.

/// All of it or what is named, and all rows or a few to see that it runs.
pub(crate) struct Extent {
    /// Words on the command line: the work that has one of them in its name, or all.
    named: Vec<String>,
    most_rows: i32,
    /// How many bytes of values a table holds where the values are long.
    bytes: usize,
    /// How often each variant does its work.
    pub(crate) rounds: usize,
    /// How many rows a job goes through.
    pub(crate) job_rows: u32,
    /// How often a single value is sealed or opened in a round.
    pub(crate) values: u32,
}

impl Extent {
    /// `--quick` and the names of work on the command line, or everything.
    pub(crate) fn from_arguments() -> Self {
        let arguments = || std::env::args().skip(1);
        // Cargo says `--bench` itself.
        let named = arguments().filter(|argument| !argument.starts_with("--"));
        let named = named.collect();
        match arguments().any(|argument| argument == "--quick") {
            true => Self {
                named,
                most_rows: 100,
                bytes: 1 << 20,
                rounds: 1,
                job_rows: 2_000,
                values: 100,
            },
            false => Self {
                named,
                most_rows: i32::MAX,
                bytes: 24 << 20,
                rounds: 11,
                job_rows: 1_000_000,
                values: 20_000,
            },
        }
    }

    /// Whether this work is asked for.
    pub(crate) fn has(&self, work: &str) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| work.contains(name))
    }

    pub(crate) fn rows(&self, wanted: i32) -> i32 {
        wanted.min(self.most_rows)
    }

    /// How many rows with three values of that length, of 20,000 at most.
    pub(crate) fn rows_of(&self, length: usize) -> i32 {
        let fit = i32::try_from(self.bytes / (3 * length)).unwrap_or(i32::MAX);
        self.rows(fit.clamp(1, 20_000))
    }
}
