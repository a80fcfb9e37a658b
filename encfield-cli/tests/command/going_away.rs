//! A database that goes away in the middle, and signals: the job ends between two chunks, and goes on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, RunQueryDsl};

use crate::arguments::encrypt_names;
use crate::place::{Kind, Place, with_connection};

const CHUNK: usize = 10;

/// A slow job, which is at its first rows when this returns.
fn begun(place: &Place, more: &[&str]) -> Child {
    place.fill(400);
    let before = sealed(place);
    let mut child = started(place, more);
    while sealed(place) == before {
        assert!(child.try_wait().unwrap().is_none());
    }
    child
}

fn started(place: &Place, more: &[&str]) -> Child {
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let arguments = encrypt_names(&["--chunk", "10", "--rows-per-second", "50"]);
    place
        .command(&[&arguments[..], more].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn sealed(place: &Place) -> usize {
    let people = place.people();
    let sealed = people.iter().filter(|person| person.name_sealed.is_some());
    sealed.count()
}

/// Fails unless what was done is whole chunks, which the database knows of, and the rest is done by the same
/// call.
fn assert_goes_on(place: &Place) {
    let done = sealed(place);
    assert!(
        done > 0 && done < 400 && done.is_multiple_of(CHUNK),
        "{done}"
    );
    let listed = place.says(4, &["jobs", "list"]);
    assert!(
        listed.contains(&format!("not complete, {done} rows, {done} changed")),
        "{done}: {listed}"
    );
    let before = place.people();
    let rest = place.says(0, &encrypt_names(&[]));
    assert!(rest.contains("400 rows, 400 changed, 0 left"), "{rest}");
    let after = place.people();
    for (before, after) in before.iter().zip(&after) {
        assert!(after.name_sealed.is_some());
        // Nothing was done twice.
        assert!(
            before.name_sealed.is_none() || before == after,
            "{before:?}"
        );
    }
    place.says(0, &["verify"]);
}

fn said(output: &Output) -> String {
    let [out, problems] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{problems}")
}

pub(crate) fn a_signal_ends_a_job_between_two_chunks_and_it_goes_on(kind: Kind) {
    for signal in ["-INT", "-TERM"] {
        for workers in ["1", "3"] {
            let place = Place::create(kind);
            let child = begun(&place, &["--workers", workers]);
            let sent = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status();
            assert!(sent.unwrap().success());
            let output = child.wait_with_output().unwrap();
            let said = said(&output);
            assert_eq!(output.status.code(), Some(130), "{signal}: {said}");
            assert!(said.contains("not complete"), "{said}");
            assert_goes_on(&place);
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Connected {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The connections of everybody else to this place's database.
fn others(place: &Place, kind: Kind) -> Vec<i64> {
    let others = match kind {
        Kind::Postgres => {
            "SELECT pid::bigint AS id FROM pg_stat_activity \
             WHERE application_name = current_schema() AND pid <> pg_backend_pid()"
        }
        _ => {
            "SELECT CAST(id AS SIGNED) AS id FROM information_schema.processlist \
             WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        }
    };
    let others: Vec<Connected> =
        with_connection!(place, |conn| diesel::sql_query(others).load(conn).unwrap());
    others.into_iter().map(|other| other.id).collect()
}

/// The server ends them.
fn end_connections(place: &Place, kind: Kind) {
    let others = others(place, kind);
    assert!(!others.is_empty());
    for id in others {
        let end = match kind {
            Kind::Postgres => format!("SELECT pg_terminate_backend({id})"),
            _ => format!("KILL {id}"),
        };
        // One that was on its way out, as this test's own are, may be gone.
        with_connection!(place, |conn| drop(conn.batch_execute(&end)));
    }
}

/// A place whose connections can be told from others' on the same server.
fn named(kind: Kind) -> Place {
    let mut place = Place::create(kind);
    if kind == Kind::Postgres {
        let (_, schema) = place.url.rsplit_once("%3D").unwrap();
        place.url = format!("{}&application_name={schema}", place.url);
    }
    place
}

pub(crate) fn a_database_that_goes_away_ends_the_job_which_goes_on_when_it_is_back(kind: Kind) {
    let place = named(kind);
    let child = begun(&place, &[]);
    end_connections(&place, kind);
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("people.*: the database refused")
            && said.contains("a job goes on where it was"),
        "{said}"
    );
    // What it had done by then is told all the same, and nothing of a value.
    assert!(
        said.contains("changed, 0 left") && !said.contains("Meier"),
        "{said}"
    );
    assert_goes_on(&place);
}

/// A row that failed is listed, though the worker that met it lost its connection.
pub(crate) fn what_a_worker_listed_is_told_when_its_connection_is_gone(kind: Kind) {
    let place = named(kind);
    let garbage = match kind {
        Kind::Postgres => "'\\xfe01'",
        _ => "X'fe01'",
    };
    place.execute(&format!(
        "INSERT INTO people (id, name, name_sealed) VALUES (-1, NULL, {garbage})"
    ));
    let child = begun(&place, &["--json"]);
    end_connections(&place, kind);
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let failures: Vec<_> = said
        .lines()
        .filter(|line| line.contains("\"failure\""))
        .collect();
    assert_eq!(failures.len(), 1, "{said}");
    assert!(failures[0].contains("\"key\":\"-1\""), "{said}");
}

/// The first signal waits for the chunk, which may take long; the next one does not.
pub(crate) fn a_second_signal_ends_a_job_in_the_middle_of_a_chunk(kind: Kind) {
    let place = named(kind);
    let child = with_connection!(place, |conn| {
        place.fill(400);
        conn.batch_execute("BEGIN").unwrap();
        // Whoever comes to this row waits until it is let go.
        conn.batch_execute("UPDATE people SET born = 7 WHERE id = 25")
            .unwrap();
        let mut child = started(&place, &[]);
        while sealed(&place) < 2 * CHUNK {
            assert!(child.try_wait().unwrap().is_none());
        }
        let mut signals = 0;
        while child.try_wait().unwrap().is_none() {
            let id = child.id().to_string();
            let sent = Command::new("kill").args(["-INT", &id]).status();
            assert!(sent.unwrap().success());
            signals += 1;
            assert!(signals < 5_000, "it does not end");
        }
        conn.batch_execute("ROLLBACK").unwrap();
        child
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    // Its connection ends when the server sees that nobody is there.
    let mut looks = 0;
    while !others(&place, kind).is_empty() {
        looks += 1;
        assert!(looks < 20_000, "the server goes on for nobody");
    }
    assert_eq!(sealed(&place), 2 * CHUNK);
    assert_goes_on(&place);
}

/// Nothing in the database remembers what a job listed that only reads: it is told when it is met.
pub(crate) fn what_verify_listed_is_told_before_its_connection_is_gone(kind: Kind) {
    let place = named(kind);
    place.fill(400);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    place.execute("UPDATE people SET name_sealed = name_index WHERE id = 3");
    let verify = [
        "verify",
        "--json",
        "--chunk",
        "10",
        "--rows-per-second",
        "50",
    ];
    let mut command = place.command(&verify);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let failure = lines.find(|line| line.as_ref().unwrap().contains("\"failure\""));
    assert!(failure.unwrap().unwrap().contains("\"key\":\"3\""));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it was told at the end"
    );
    end_connections(&place, kind);
    let rest: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
    assert!(
        rest.iter().any(|line| line.contains("\"problem\"")),
        "{rest:?}"
    );
}
