//! The command `encfield`.

mod census;
mod columns;
mod command;
mod data_keys;
mod database;
mod exit;
mod guard;
mod import;
mod inspect;
mod job;
mod jobs;
mod keyring;
mod keys;
mod manifest;
mod output;
mod pages;
mod plan;
mod residue;
mod shred;
mod verb;
mod watch;
mod workers;

use std::process::ExitCode;

use clap::Parser;

use crate::command::{Arguments, Command};
use crate::exit::Ended;
use crate::verb::Verb;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = output::Output::new(arguments.json);
    match run(arguments.command, &output) {
        Ok(ended) => ended.into(),
        Err(problem) => {
            output.problem(&problem);
            Ended::Failed.into()
        }
    }
}

fn run(command: Command, output: &output::Output) -> Result<Ended, exit::Problem> {
    match command {
        Command::Keygen { out } => keyring::generate(out.as_deref(), output),
        Command::Keyring { file, command } => keyring::run(file.as_deref(), command, output),
        Command::Inspect { value, file } => inspect::run(value.as_deref(), file.as_deref(), output),
        Command::Census { of, indexes, key } => census::run(&of, indexes, key.as_deref(), output),
        Command::Plan {
            rows,
            distinct,
            skew,
        } => {
            plan::run(&encfield::Plan::new(rows, distinct, skew.into()), output);
            Ok(Ended::Done)
        }
        Command::Rotate { of, pace } => job::run(&of.columns()?, &Verb::Rotate, &pace, output),
        Command::Reindex { of, pace } => {
            let columns = of.columns()?.with_indexes()?;
            job::run(&columns, &Verb::Reindex, &pace, output)
        }
        Command::Verify { of, pace } => job::run(&of.columns()?, &Verb::Verify, &pace, output),
        Command::Encrypt(fill) => {
            let verb = Verb::Encrypt {
                from: &fill.from,
                clear: fill.clear,
                null_empties: fill.null_empties,
            };
            job::run(&fill.column.columns()?, &verb, &fill.pace, output)
        }
        Command::Import {
            fill,
            format,
            options,
        } => {
            let reader = import::reader(format, &options, &fill.column.table, &fill.from)?;
            let verb = Verb::Import {
                from: &fill.from,
                reader,
                clear: fill.clear,
                null_empties: fill.null_empties,
            };
            job::run(&fill.column.columns()?, &verb, &fill.pace, output)
        }
        Command::Decrypt { column, to, pace } => {
            let verb = Verb::Decrypt { to: &to };
            job::run(&column.columns()?, &verb, &pace, output)
        }
        Command::Jobs { command } => jobs::run(command, output),
        Command::DataKeys { command } => data_keys::run(command, output),
        Command::Shred {
            scope,
            tombstones,
            data_keys,
        } => shred::run(&scope, tombstones.as_deref(), &data_keys, output),
        Command::Residue { files } => residue::run(&files, output),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { folder } => pages::man(&folder),
    }
}
