//! How much is measured.

/// All of it, or a few rows to see that it runs.
pub(crate) struct Extent {
    most_rows: i32,
    /// How many bytes of values a table holds where the values are long.
    bytes: usize,
    /// How often each variant does its work.
    pub(crate) rounds: usize,
    /// How often a single value is sealed or opened in a round.
    pub(crate) values: u32,
}

impl Extent {
    /// `--quick` on the command line, or everything.
    pub(crate) fn from_arguments() -> Self {
        let quick = std::env::args().any(|argument| argument == "--quick");
        match quick {
            true => Self {
                most_rows: 100,
                bytes: 1 << 20,
                rounds: 1,
                values: 100,
            },
            false => Self {
                most_rows: i32::MAX,
                bytes: 24 << 20,
                rounds: 11,
                values: 20_000,
            },
        }
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
