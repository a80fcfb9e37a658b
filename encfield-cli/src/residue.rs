//! Plaintext that is still in a database's files.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use serde_json::json;
use zeroize::Zeroizing;

use crate::database;
use crate::exit::{Ended, Problem};
use crate::output::Output;

/// Shorter values are found by chance.
const SHORTEST: usize = 4;

/// What is read at a time.
const BLOCK: usize = 1 << 20;

pub(crate) fn run(files: &[PathBuf], output: &Output) -> Result<Ended, Problem> {
    let values: Vec<Zeroizing<String>> = io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .map(Zeroizing::new)
        .filter(|value| value.len() >= SHORTEST)
        .collect();
    if values.is_empty() {
        return Err(Problem::new(
            "write the values to look for to standard input, a line each, of 4 bytes or more",
        ));
    }
    let mut found = 0;
    let mut unreadable = 0;
    for file in all_files(files)? {
        match occurrences(&file, &values) {
            Ok(0) => {}
            Ok(times) => {
                found += times;
                output.result(
                    &format!("{}: {times} times", file.display()),
                    &json!({ "event": "found", "file": file.display().to_string(), "times": times }),
                );
            }
            Err(_) => unreadable += 1,
        }
    }
    output.result(
        &format!("found {found} times; {unreadable} files could not be read"),
        &json!({ "event": "residue", "times": found, "unreadable": unreadable }),
    );
    match (found, unreadable) {
        (0, 0) => Ok(Ended::Done),
        (0, _) => Err(Problem::new(
            "not every file could be read: run it as the database's own user",
        )),
        _ => Ok(Ended::No),
    }
}

/// The files, with those in folders; or those of the SQLite database in DATABASE_URL.
fn all_files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut open: Vec<PathBuf> = given.to_vec();
    if open.is_empty() {
        let url = database::url()?;
        let path = database::sqlite_path(&url).ok_or_else(|| {
            Problem::new(
                "name the files or the folder of the database, such as PostgreSQL's data directory",
            )
        })?;
        let beside =
            ["", "-wal", "-journal", "-shm"].map(|ending| PathBuf::from(format!("{path}{ending}")));
        open.extend(beside.into_iter().filter(|file| file.exists()));
    }
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        let metadata = fs::symlink_metadata(&path)
            .map_err(|error| Problem::new(format!("{}: {}", path.display(), error.kind())))?;
        if metadata.is_dir() {
            let entries = fs::read_dir(&path)
                .map_err(|error| Problem::new(format!("{}: {}", path.display(), error.kind())))?;
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else if metadata.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// How often the values stand in a file.
fn occurrences(file: &Path, values: &[Zeroizing<String>]) -> io::Result<usize> {
    let longest = values.iter().map(|value| value.len()).max().unwrap_or(0);
    let mut file = File::open(file)?;
    let mut window = Zeroizing::new(Vec::with_capacity(BLOCK + longest));
    let mut found = 0;
    loop {
        // What may be the beginning of a value stays for the next block.
        let kept = window.len().min(longest.saturating_sub(1));
        let from = window.len() - kept;
        window.drain(..from);
        let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut window)?;
        if read == 0 {
            return Ok(found);
        }
        for value in values {
            let value = value.as_bytes();
            // Those that ended in the block before were counted there.
            let begin = (kept + 1).saturating_sub(value.len());
            let rest = window.get(begin..).unwrap_or_default();
            found += overlapping(rest, value);
        }
    }
}

/// How often a value stands in these bytes, also where it overlaps itself.
fn overlapping(mut bytes: &[u8], value: &[u8]) -> usize {
    let finder = memchr::memmem::Finder::new(value);
    let mut found = 0;
    while let Some(at) = finder.find(bytes) {
        found += 1;
        bytes = bytes.get(at + 1..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_value_across_two_blocks_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let values: Vec<_> = ["K1234567", "4567"]
            .map(|text| Zeroizing::new(text.to_owned()))
            .into();
        for offset in (BLOCK - 10)..(BLOCK + 3) {
            let mut bytes = vec![b'x'; 2 * BLOCK + 100];
            bytes[offset..offset + 8].copy_from_slice(b"K1234567");
            fs::write(&path, &bytes).unwrap();
            assert_eq!(occurrences(&path, &values).unwrap(), 2, "{offset}");
        }
    }
}
