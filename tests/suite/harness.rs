//! A test runner that lists what it could not run as ignored, and never as passed.
//!
//! Cargo's own runner decides what is ignored when it compiles; here it depends on the environment.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A named claim and the function that fails when it does not hold.
pub(crate) type Claim = (&'static str, fn());

/// The claims of a module. One that is left out is dead code, which the gate does not let pass.
macro_rules! claims {
    ($($name:ident),* $(,)?) => {
        /// Every claim of this module.
        pub(crate) const CLAIMS: &[crate::harness::Claim] = &[$((stringify!($name), $name as fn())),*];
    };
}
pub(crate) use claims;

/// The claims of one module, and what is missing to run them.
pub(crate) struct Module {
    pub(crate) name: &'static str,
    pub(crate) claims: &'static [Claim],
    pub(crate) missing: Option<String>,
}

impl Module {
    /// A module whose claims can be run.
    pub(crate) fn new(name: &'static str, claims: &'static [Claim]) -> Self {
        Self {
            name,
            claims,
            missing: None,
        }
    }

    /// The same module, ignored when something is missing.
    #[allow(dead_code, reason = "SQLite misses nothing")]
    pub(crate) fn needs(self, missing: Option<String>) -> Self {
        Self { missing, ..self }
    }
}

/// Success when both runs were one.
#[allow(dead_code, reason = "a suite without its backend runs once")]
pub(crate) fn both(first: ExitCode, second: ExitCode) -> ExitCode {
    if first == ExitCode::SUCCESS {
        second
    } else {
        first
    }
}

/// Runs the claims of these modules, and lists those as ignored that miss something.
pub(crate) fn run(modules: impl IntoIterator<Item = Module>) -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for Module {
        name,
        claims,
        missing,
    } in modules
    {
        if let Some(missing) = &missing {
            println!("{name}: ignored, because {missing}");
        }
        for (claim, run) in claims {
            let run = || {
                run();
                Ok(())
            };
            let trial = Trial::test(format!("{name}::{claim}"), run);
            trials.push(trial.with_ignored_flag(missing.is_some()));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
