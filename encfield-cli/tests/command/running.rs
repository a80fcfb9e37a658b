//! What happens to a job while it runs.

use std::process::Stdio;

use crate::arguments::encrypt_names;
use crate::imports::listed;
use crate::place::{Kind, Place};

pub(crate) fn a_job_takes_up_a_key_that_is_promoted_while_it_runs(kind: Kind) {
    let place = Place::create(kind);
    place.fill(320);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let first = place.key("primary");
    place.says(0, &["keyring", "add"]);
    let second = place.key("active");
    let child = place
        .command(&encrypt_names(&[
            "--chunk",
            "5",
            "--rows-per-second",
            "40",
            "--workers",
            "2",
            "--json",
        ]))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let census = || {
        place.says(
            0,
            &["census", "--table", "people", "--column", "name_sealed"],
        )
    };
    while !census().contains(&format!(" key {first}")) {}
    place.says(0, &["keyring", "promote", &second]);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let census = census();
    assert!(
        census.contains(&format!(" key {first}")) && census.contains(&format!(" key {second}")),
        "{census}"
    );
    // What is shown on the way is what both workers did, with the whole, the rate and the time left.
    let lines = String::from_utf8(output.stdout).unwrap();
    let progress = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|value| value["event"] == "progress")
        .unwrap();
    assert!(progress["rows"].as_u64().unwrap() > 150, "{progress}");
    assert_eq!(progress["total"], 320);
    assert!(
        progress["rows_per_second"].is_number() && progress["seconds_left"].is_number(),
        "{progress}"
    );
    assert!(lines.contains("\"event\":\"remains\""), "{lines}");
}

pub(crate) fn a_key_that_is_removed_under_a_running_job_costs_no_value(kind: Kind) {
    let place = Place::create(kind);
    place.fill(240);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    place.encrypt_all();
    let first = place.key("primary");
    place.says(0, &["keyring", "add"]);
    let second = place.key("active");
    place.says(0, &["keyring", "promote", &second]);
    place.says(0, &["keyring", "retire", &first]);
    let whole = std::fs::read(place.path("keyring.json")).unwrap();
    let rotate = ["rotate", "--chunk", "5", "--rows-per-second", "30"];
    let child = place
        .command(&rotate)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !place
        .says(0, &["census"])
        .contains(&format!(" key {second}"))
    {}
    // Without force it is refused, whatever is left to be done.
    let refused = place.says(1, &["keyring", "remove", &first]);
    assert!(refused.contains("is not complete"), "{refused}");
    let before = place.people();
    place.says(0, &["keyring", "remove", &first, "--force"]);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let left = listed(&said);
    assert!(
        !left.is_empty() && said.contains("the key is not in the keyring"),
        "{said}"
    );
    let after = place.people();
    for id in &left {
        let at = usize::try_from(id - 1).unwrap();
        assert_eq!(before[at], after[at]);
    }
    // With a copy of the keyring nothing is lost.
    std::fs::write(place.path("keyring.json"), whole).unwrap();
    let rest = place.says(0, &["rotate", "--again"]);
    assert!(
        rest.contains(&format!("240 rows, {} changed", left.len())),
        "{rest}"
    );
    place.says(0, &["verify"]);
    assert!(place.says(0, &["census", "--key", &first]).contains("yes"));
}

pub(crate) fn processes_share_a_job_and_no_row_is_done_twice(kind: Kind) {
    let place = Place::create(kind);
    place.fill(300);
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let encrypt = encrypt_names(&["--chunk", "7", "--workers", "2"]);
    let processes: Vec<_> = (0..3)
        .map(|_| {
            let mut command = place.command(&encrypt);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // The last one completes it; one may have come late, or found that others are at the rest.
        assert!(matches!(output.status.code(), Some(0 | 5 | 6)), "{said}");
    }
    let jobs = place.says(0, &["jobs", "list"]);
    assert!(
        jobs.contains(": complete, 300 rows, 300 changed, 0 left"),
        "{jobs}"
    );
    place.says(0, &["verify"]);
}
