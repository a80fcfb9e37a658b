//! A disk that is full in the middle of a job, on a server: a table on a file system of a few megabytes.

use std::path::PathBuf;
use std::process::Command;

use crate::arguments::encrypt;
use crate::place::{Kind, Place};

/// A folder with a small file system for each server, which `scripts/small-disks` makes.
pub(crate) fn small_disk(kind: Kind) -> Option<PathBuf> {
    let folder = std::env::var_os("ENCFIELD_TEST_SMALL_DISKS")?;
    Some(PathBuf::from(folder).join(kind.name()))
}

const ROWS: u32 = 6_000;

pub(crate) fn a_full_disk_ends_the_job_which_goes_on_when_there_is_room(kind: Kind) {
    let place = Place::create(kind);
    let disk = small_disk(kind).unwrap();
    let location = disk.to_str().unwrap();
    let name = format!("small_{}", std::process::id());
    let (before, where_to) = match kind {
        Kind::Postgres => (
            Some(format!("CREATE TABLESPACE {name} LOCATION '{location}'")),
            format!("TABLESPACE {name}"),
        ),
        _ => (None, format!("DATA DIRECTORY = '{location}'")),
    };
    if let Some(before) = before {
        place.execute(&before);
    }
    place.execute(&format!(
        "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, plain VARCHAR(700), sealed {}) {where_to}",
        place.bytes
    ));
    for first in (0..ROWS).step_by(500) {
        let rows: Vec<_> = (first..first + 500)
            .map(|id| format!("({id}, 'Marked {id} {}')", "x".repeat(580)))
            .collect();
        place.execute(&format!(
            "INSERT INTO notes (id, plain) VALUES {}",
            rows.join(",")
        ));
    }
    place.write(
        "encfield.toml",
        "[[column]]\ntable = \"notes\"\ncolumn = \"sealed\"\ntype = \"String\"\n",
    );
    place.says(0, &["keygen", "--out", "keyring.json"]);
    let encrypt = encrypt("notes", "sealed", "plain", &[]);
    let said = place.says(1, &encrypt);
    assert!(
        said.contains("notes") && said.contains("full") && !said.contains("Marked"),
        "{said}"
    );
    let census = place.says(0, &["census"]);
    let sealed = |census: &str| -> u32 {
        let line = census.lines().find(|line| line.contains(" key "));
        line.map_or(0, |line| line.split(' ').nth(1).unwrap().parse().unwrap())
    };
    let done = sealed(&census);
    assert!(done < ROWS && done % 500 == 0, "{census}");

    let room = Command::new("mount")
        .args(["-o", "remount,size=64m", location])
        .status();
    assert!(room.unwrap().success());
    let said = place.says(0, &encrypt);
    assert!(said.contains("6000 rows, 6000 changed"), "{said}");
    assert_eq!(sealed(&place.says(0, &["census"])), ROWS);
    place.says(0, &["verify"]);
    place.execute("DROP TABLE notes");
    if kind == Kind::Postgres {
        place.execute(&format!("DROP TABLESPACE {name}"));
    }
}
