//! Completions and the manual, made of the arguments themselves.

use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::command::Arguments;
use crate::exit::{Ended, Problem};

pub(crate) fn completions(shell: Shell) -> Result<Ended, Problem> {
    clap_complete::generate(
        shell,
        &mut Arguments::command(),
        "encfield",
        &mut io::stdout(),
    );
    Ok(Ended::Done)
}

pub(crate) fn man(folder: &Path) -> Result<Ended, Problem> {
    clap_mangen::generate_to(Arguments::command(), folder)
        .map_err(|error| Problem::new(format!("{}: {}", folder.display(), error.kind())))?;
    Ok(Ended::Done)
}
