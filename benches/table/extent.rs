//! How much is measured.

/// All of it, or a few rows to see that it runs.
pub(crate) struct Extent {
    most_rows: i32,
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
                rounds: 1,
                values: 100,
            },
            false => Self {
                most_rows: i32::MAX,
                rounds: 11,
                values: 20_000,
            },
        }
    }

    pub(crate) fn rows(&self, wanted: i32) -> i32 {
        wanted.min(self.most_rows)
    }
}
