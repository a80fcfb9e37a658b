//! Plaintext that is still in a database's files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
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

/// What no value that was found says.
const NOT_SEEN: &str = "What the database stores compressed (TOAST, compressed pages or logs), encrypted, or in \
                        another encoding is not found in this way.";

pub(crate) fn run(files: &[PathBuf], output: &Output) -> Result<Ended, Problem> {
    let values = values(io::stdin().lock())?;
    let mut found = 0;
    let Files {
        readable,
        mut unreadable,
    } = all_files(files)?;
    for file in readable {
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
        &json!({
            "event": "residue", "times": found, "unreadable": unreadable, "not_seen": NOT_SEEN,
        }),
    );
    output.note(NOT_SEEN);
    match (found, unreadable) {
        (0, 0) => Ok(Ended::Done),
        (0, _) => Err(Problem::new(
            "not every file could be read: run it as the database's own user",
        )),
        _ => Ok(Ended::No),
    }
}

/// The values to look for, a line each, in any encoding. None is passed over: that would be a clean
/// answer about a value that nobody looked for.
fn values(mut lines: impl Read) -> Result<Vec<Zeroizing<Vec<u8>>>, Problem> {
    let mut text = Zeroizing::new(Vec::with_capacity(BLOCK));
    lines.read_to_end(&mut text).map_err(|error| {
        Problem::new(format!("standard input cannot be read: {}", error.kind()))
    })?;
    let values: Vec<_> = text
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .map(|line| Zeroizing::new(line.to_vec()))
        .collect();
    let short = values.iter().filter(|value| value.len() < SHORTEST).count();
    match (values.len(), short) {
        (0, _) => Err(Problem::new(
            "write the values to look for to standard input, a line each, of 4 bytes or more",
        )),
        (_, 0) => Ok(values),
        (_, short) => Err(Problem::new(format!(
            "{short} of the values are shorter than 4 bytes, and would be found by chance: leave them out"
        ))),
    }
}

/// The files to look into, and how many cannot be.
#[derive(Default)]
struct Files {
    readable: Vec<PathBuf>,
    unreadable: usize,
}

/// The files, with those in folders; or those of the SQLite database in DATABASE_URL.
///
/// Links are followed: PostgreSQL's tablespaces are links, and so may its log be.
fn all_files(given: &[PathBuf]) -> Result<Files, Problem> {
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
    for path in &open {
        fs::metadata(path)
            .map_err(|error| Problem::new(format!("{}: {}", path.display(), error.kind())))?;
    }
    let (mut files, mut seen) = (Files::default(), HashSet::new());
    while let Some(path) = open.pop() {
        let Ok((path, metadata)) = fs::canonicalize(&path)
            .and_then(|path| fs::metadata(&path).map(|metadata| (path, metadata)))
        else {
            files.unreadable += 1;
            continue;
        };
        // A link may lead to a folder that it is in.
        if !seen.insert(path.clone()) {
            continue;
        }
        if metadata.is_dir() {
            let Ok(entries) = fs::read_dir(&path) else {
                files.unreadable += 1;
                continue;
            };
            for entry in entries {
                match entry {
                    Ok(entry) => open.push(entry.path()),
                    Err(_) => files.unreadable += 1,
                }
            }
        } else if metadata.is_file() {
            files.readable.push(path);
        } else if !holds_nothing(&metadata) {
            files.unreadable += 1;
        }
    }
    files.readable.sort();
    Ok(files)
}

/// Whether it is a socket or a pipe.
#[cfg(unix)]
fn holds_nothing(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    metadata.file_type().is_socket() || metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn holds_nothing(_: &fs::Metadata) -> bool {
    false
}

/// How often the values stand in a file.
fn occurrences(file: &Path, values: &[Zeroizing<Vec<u8>>]) -> io::Result<usize> {
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
            let value = value.as_slice();
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
            .map(|text| Zeroizing::new(text.as_bytes().to_vec()))
            .into();
        for offset in (BLOCK - 10)..(BLOCK + 3) {
            let mut bytes = vec![b'x'; 2 * BLOCK + 100];
            bytes[offset..offset + 8].copy_from_slice(b"K1234567");
            fs::write(&path, &bytes).unwrap();
            assert_eq!(occurrences(&path, &values).unwrap(), 2, "{offset}");
        }
    }
}
