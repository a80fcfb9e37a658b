//! The table: what encfield costs, beside plain Diesel and beside other ways to encrypt a field.
//!
//! `cargo bench -p encfield-bench` prints all of it, `cargo bench -p encfield-bench -- --quick` a few
//! rows of everything, to see that it runs. It asserts nothing about time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures prints, and stops at the first error"
)]
#![allow(
    clippy::duplicate_mod,
    reason = "the same work is compiled for each backend"
)]

mod extent;
mod jobs;
mod keys;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod report;
mod sqlite;
mod threads;
mod values;

use encfield::Keyring;
use extent::Extent;

const POSTGRES_URL: &str = "ENCFIELD_TEST_POSTGRES_URL";
const MYSQL_URL: &str = "ENCFIELD_TEST_MYSQL_URL";

fn main() {
    let extent = Extent::from_arguments();
    Keyring::generate().install().unwrap();
    println!(
        "Ratios to plain Diesel: the median of {} rounds, in each of which every variant",
        extent.rounds
    );
    println!(
        "does its work once. Rows have three fields, of 16 bytes where nothing else is said.\n"
    );
    report::head();
    sqlite::run(&extent);
    on_server("PostgreSQL", POSTGRES_URL, "postgres", {
        #[cfg(feature = "postgres")]
        {
            Some(|| postgres::run(&extent))
        }
        #[cfg(not(feature = "postgres"))]
        {
            None::<fn()>
        }
    });
    on_server("MySQL", MYSQL_URL, "mysql", {
        #[cfg(feature = "mysql")]
        {
            Some(|| mysql::run(&extent))
        }
        #[cfg(not(feature = "mysql"))]
        {
            None::<fn()>
        }
    });
    sqlite::sizes(&extent);
    keys::run(&extent);
    if extent.has("jobs") {
        println!();
        jobs::run(&extent);
    }
    if extent.has("threads") {
        println!();
        threads::run(&extent);
    }
    if extent.has("values") {
        println!();
        values::run(&extent);
    }
}

/// Runs what needs a server, or says why not.
fn on_server(name: &str, url: &str, feature: &str, run: Option<impl FnOnce()>) {
    match (std::env::var_os(url), run) {
        (Some(_), Some(run)) => run(),
        (None, Some(_)) => println!("| {name} | skipped: {url} names no server |"),
        (_, None) => println!("| {name} | skipped: built without `--features {feature}` |"),
    }
}
