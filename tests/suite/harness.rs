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

/// Runs the claims of these modules; all are ignored when something that they need is missing.
pub(crate) fn run(modules: &[(&'static str, &'static [Claim])], missing: Option<&str>) -> ExitCode {
    let arguments = Arguments::from_args();
    if let Some(missing) = missing {
        println!("ignored, because {missing}");
    }
    let trials = modules.iter().flat_map(|(module, claims)| {
        claims.iter().map(move |(name, claim)| {
            let run = || {
                claim();
                Ok(())
            };
            Trial::test(format!("{module}::{name}"), run).with_ignored_flag(missing.is_some())
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    conclusion.exit_code()
}
