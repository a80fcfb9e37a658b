//! The command from outside, on each database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod full_disk;
mod imports;
mod indexes;
mod life;
mod on_its_own;
mod place;
mod refusals;
mod residue;
mod scopes;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::full_disk::{a_full_disk_ends_the_job_which_goes_on_when_there_is_room, small_disk};
use crate::imports::what_other_libraries_wrote_is_imported;
use crate::indexes::{
    an_index_key_is_removed_when_no_row_is_found_under_it,
    indexes_of_every_kind_are_made_as_the_model_makes_them,
};
use crate::life::{
    a_job_takes_up_a_key_that_is_promoted_while_it_runs, a_job_that_is_broken_off_goes_on,
    a_row_that_does_not_open_has_an_exit_code_of_its_own, a_value_of_an_unknown_format_is_no_yes,
    from_plain_to_a_new_key_and_back, verify_says_what_it_passed_over,
};
use crate::on_its_own::without_a_database;
use crate::place::Kind;
use crate::refusals::what_is_wrong_is_said_before_anything_is_done;
use crate::residue::{
    data_directory, residue_is_found_until_it_is_removed,
    residue_on_mariadb_is_what_the_guide_says, residue_on_postgresql_is_what_the_guide_says,
};
use crate::scopes::a_scope_is_rotated_and_shredded;

/// A named claim and the function that fails when it does not hold.
type Claim = (&'static str, fn(Kind));

fn main() -> ExitCode {
    let everywhere: [Claim; 11] = [
        (
            "what_other_libraries_wrote_is_imported",
            what_other_libraries_wrote_is_imported,
        ),
        (
            "from_plain_to_a_new_key_and_back",
            from_plain_to_a_new_key_and_back,
        ),
        (
            "a_row_that_does_not_open_has_an_exit_code_of_its_own",
            a_row_that_does_not_open_has_an_exit_code_of_its_own,
        ),
        (
            "a_job_that_is_broken_off_goes_on",
            a_job_that_is_broken_off_goes_on,
        ),
        (
            "a_job_takes_up_a_key_that_is_promoted_while_it_runs",
            a_job_takes_up_a_key_that_is_promoted_while_it_runs,
        ),
        (
            "a_value_of_an_unknown_format_is_no_yes",
            a_value_of_an_unknown_format_is_no_yes,
        ),
        (
            "verify_says_what_it_passed_over",
            verify_says_what_it_passed_over,
        ),
        (
            "what_is_wrong_is_said_before_anything_is_done",
            what_is_wrong_is_said_before_anything_is_done,
        ),
        (
            "indexes_of_every_kind_are_made_as_the_model_makes_them",
            indexes_of_every_kind_are_made_as_the_model_makes_them,
        ),
        (
            "an_index_key_is_removed_when_no_row_is_found_under_it",
            an_index_key_is_removed_when_no_row_is_found_under_it,
        ),
        (
            "a_scope_is_rotated_and_shredded",
            a_scope_is_rotated_and_shredded,
        ),
    ];
    let once: [Claim; 2] = [
        ("without_a_database", without_a_database),
        (
            "residue_is_found_until_it_is_removed",
            residue_is_found_until_it_is_removed,
        ),
    ];
    let mut trials = Vec::new();
    let trial = |name: String, run: fn(Kind), kind: Kind| {
        Trial::test(name, move || {
            run(kind);
            Ok(())
        })
    };
    for kind in [Kind::Sqlite, Kind::Postgres, Kind::Mysql] {
        if kind.missing() {
            println!(
                "{}: ignored, because the URL of its server is not set",
                kind.name()
            );
        }
        for (name, run) in everywhere {
            let trial = trial(format!("{}::{name}", kind.name()), run, kind);
            trials.push(trial.with_ignored_flag(kind.missing()));
        }
    }
    for kind in [Kind::Postgres, Kind::Mysql] {
        let missing = kind.missing() || small_disk(kind).is_none();
        if missing {
            println!(
                "{}: a full disk is ignored, because ENCFIELD_TEST_SMALL_DISKS is not set",
                kind.name()
            );
        }
        let trial = trial(
            format!(
                "{}::a_full_disk_ends_the_job_which_goes_on_when_there_is_room",
                kind.name()
            ),
            a_full_disk_ends_the_job_which_goes_on_when_there_is_room,
            kind,
        );
        trials.push(trial.with_ignored_flag(missing));
    }
    let residue: [(Kind, Claim); 2] = [
        (
            Kind::Postgres,
            (
                "residue_on_postgresql_is_what_the_guide_says",
                residue_on_postgresql_is_what_the_guide_says,
            ),
        ),
        (
            Kind::Mysql,
            (
                "residue_on_mariadb_is_what_the_guide_says",
                residue_on_mariadb_is_what_the_guide_says,
            ),
        ),
    ];
    for (kind, (name, run)) in residue {
        let unreadable = data_directory(kind).is_none();
        if unreadable {
            println!("{name}: ignored, because the server's files cannot be read from here");
        }
        trials.push(trial(name.to_owned(), run, kind).with_ignored_flag(unreadable));
    }
    trials.extend(once.map(|(name, run)| trial(name.to_owned(), run, Kind::Sqlite)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
