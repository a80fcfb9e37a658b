//! The command from outside, on each database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod arguments;
mod exit_codes;
mod full_disk;
mod going_away;
mod imports;
mod in_place;
mod indexes;
mod life;
mod machines;
mod manners;
mod mismatches;
mod on_its_own;
mod place;
mod refusals;
mod residue;
mod running;
mod scopes;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use crate::full_disk::{a_full_disk_ends_the_job_which_goes_on_when_there_is_room, small_disk};
use crate::place::Kind;
use crate::residue::data_directory;

/// A named claim and the function that fails when it does not hold.
type Claim = (&'static str, fn(Kind));

/// Functions with their names, the modules that they are in left out.
macro_rules! claims {
    ($($claim:path),* $(,)?) => {
        vec![$((last(stringify!($claim)), $claim as fn(Kind))),*]
    };
}

fn last(path: &'static str) -> &'static str {
    path.rsplit("::").next().unwrap().trim()
}

fn main() -> ExitCode {
    let everywhere = claims![
        imports::fernet::fernet_tokens_of_several_keys_are_imported_from_bytes_and_text,
        imports::fernet::django_tokens_are_imported_and_cleared_where_they_are_the_same,
        imports::fernet::tokens_are_imported_in_the_column_that_they_stand_in,
        imports::rails::rails_values_of_each_mode_are_imported,
        imports::lockbox::lockbox_values_are_imported_by_their_keys_and_by_a_master_key,
        imports::pgcrypto::pgcrypto_messages_are_imported_from_bytes_and_from_armour,
        life::from_plain_to_a_new_key_and_back,
        life::a_row_that_does_not_open_has_an_exit_code_of_its_own,
        life::a_job_that_is_broken_off_keeps_keys_until_it_is_done,
        running::a_job_takes_up_a_key_that_is_promoted_while_it_runs,
        running::a_key_that_is_removed_under_a_running_job_costs_no_value,
        running::processes_share_a_job_and_no_row_is_done_twice,
        in_place::a_column_of_bytes_is_encrypted_where_it_is,
        life::a_value_of_an_unknown_format_is_no_yes,
        life::verify_says_what_it_passed_over,
        refusals::what_is_wrong_is_said_before_anything_is_done,
        mismatches::a_type_that_the_values_are_not_of_costs_no_value,
        mismatches::a_value_is_bound_to_what_the_manifest_says_or_does_not_open,
        mismatches::a_column_that_takes_no_ciphertext_is_refused_before_anything_is_done,
        mismatches::jobs_that_contradict_each_other_are_refused_by_name,
        mismatches::a_job_that_is_refused_is_not_forgotten,
        going_away::a_signal_ends_a_job_between_two_chunks_and_it_goes_on,
        exit_codes::each_exit_code_is_what_the_help_says,
        indexes::indexes_of_every_kind_are_made_as_the_model_makes_them,
        indexes::an_index_key_is_removed_when_no_row_is_found_under_it,
        scopes::a_scope_is_rotated_and_shredded,
        scopes::data_keys_are_found_in_a_table_of_another_name,
        scopes::data_keys_are_wrapped_by_a_keyring_of_their_own,
    ];
    // On a server alone: nobody takes SQLite's away.
    let on_servers = claims![
        going_away::a_database_that_goes_away_ends_the_job_which_goes_on_when_it_is_back,
        going_away::a_second_signal_ends_a_job_in_the_middle_of_a_chunk,
        going_away::what_verify_listed_is_told_before_its_connection_is_gone,
        going_away::what_a_worker_listed_is_told_when_its_connection_is_gone,
    ];
    let on_postgres = claims![imports::pgcrypto::what_the_server_encrypts_now_is_imported];
    let once = claims![
        on_its_own::without_a_database,
        on_its_own::a_passphrase_through_a_pipe_is_enough_for_a_job,
        residue::residue_is_found_until_it_is_removed,
        imports::fernet::bytes_that_are_no_text_are_imported_into_a_field_of_bytes,
        imports::lockbox::lockbox_paddings_and_bytes_are_said_to_the_reader,
        imports::lockbox::an_empty_value_of_lockbox_is_taken_only_when_that_is_asked_for,
        imports::pgcrypto::a_message_that_nothing_authenticates_is_imported_only_when_that_is_asked_for,
        imports::pgcrypto::what_pgcrypto_stored_in_the_clear_is_reported_and_left,
        manners::a_terminal_gets_a_bar_and_everything_else_gets_lines,
        machines::every_line_for_a_machine_is_json,
        manners::a_limit_of_rows_reaches_the_engine_whatever_the_workers,
        manners::a_header_is_read_from_an_argument_a_file_and_standard_input,
        manners::the_manual_has_a_page_for_each_command_with_its_examples,
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
        let mut claims: Vec<Claim> = everywhere.clone();
        if kind != Kind::Sqlite {
            claims.extend(&on_servers);
        }
        if kind == Kind::Postgres {
            claims.extend(&on_postgres);
        }
        for (name, run) in claims {
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
    let residue = claims![
        residue::residue_on_postgresql_is_what_the_guide_says,
        residue::residue_on_mariadb_is_what_the_guide_says,
    ];
    for (kind, (name, run)) in [Kind::Postgres, Kind::Mysql].into_iter().zip(residue) {
        let unreadable = data_directory(kind).is_none();
        if unreadable {
            println!("{name}: ignored, because the server's files cannot be read from here");
        }
        trials.push(trial(name.to_owned(), run, kind).with_ignored_flag(unreadable));
    }
    let once = once.into_iter();
    trials.extend(once.map(|(name, run)| trial(name.to_owned(), run, Kind::Sqlite)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
