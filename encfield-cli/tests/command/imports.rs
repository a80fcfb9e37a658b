//! What other libraries wrote, through the command and a database.

pub(crate) mod fernet;
pub(crate) mod lockbox;
pub(crate) mod pgcrypto;
pub(crate) mod rails;

use serde_json::Value;

use crate::arguments::decrypt_names;
use crate::place::{Kind, Place};

/// What real libraries wrote: the readers' own vectors.
const REAL: &str = include_str!("../../../encfield-import/tests/vectors/real.json");
const MADE: &str = include_str!("../../../encfield-import/tests/vectors/made.json");

/// People who have a column of another library's beside the encrypted one: `theirs` of text, and
/// `their_bytes`.
pub(crate) struct Theirs {
    pub(crate) place: Place,
    kind: Kind,
}

/// Keys for an import, and what else is said to it.
pub(crate) struct Import<'a> {
    pub(crate) format: &'a str,
    pub(crate) from: &'a str,
    pub(crate) keys: &'a str,
    pub(crate) more: &'a [&'a str],
    pub(crate) env: &'a [(&'a str, &'a str)],
}

impl<'a> Import<'a> {
    pub(crate) fn new(format: &'a str, from: &'a str, keys: &'a str) -> Self {
        Self {
            format,
            from,
            keys,
            more: &[],
            env: &[],
        }
    }

    pub(crate) fn with(self, more: &'a [&'a str]) -> Self {
        Self { more, ..self }
    }

    pub(crate) fn salted(self, env: &'a [(&'a str, &'a str)]) -> Self {
        Self { env, ..self }
    }
}

impl Theirs {
    pub(crate) fn create(kind: Kind) -> Self {
        let place = Place::create(kind);
        place.says(0, &["keygen", "--out", "keyring.json"]);
        place.execute("ALTER TABLE people ADD COLUMN theirs TEXT");
        let bytes = place.bytes;
        place.execute(&format!(
            "ALTER TABLE people ADD COLUMN their_bytes {bytes}"
        ));
        Self { place, kind }
    }

    /// People with these values alone, numbered from 1 on.
    pub(crate) fn store(&self, column: &str, values: &[impl AsRef<[u8]>]) {
        self.place.execute("DELETE FROM people");
        for (at, value) in values.iter().enumerate() {
            self.add(at + 1, column, value.as_ref());
        }
    }

    pub(crate) fn add(&self, id: usize, column: &str, value: &[u8]) {
        let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
        let literal = match (self.kind, column) {
            (Kind::Postgres, "theirs") => format!("convert_from('\\x{hex}', 'UTF8')"),
            (Kind::Postgres, _) => format!("'\\x{hex}'"),
            (Kind::Sqlite, "theirs") => format!("CAST(X'{hex}' AS TEXT)"),
            _ => format!("X'{hex}'"),
        };
        self.place.execute(&format!(
            "INSERT INTO people (id, {column}) VALUES ({id}, {literal})"
        ));
    }

    /// What an import says that ends with this code.
    pub(crate) fn import(&self, code: i32, import: &Import<'_>) -> String {
        let arguments = [
            "import",
            "--table",
            "people",
            "--column",
            "name_sealed",
            "--from",
            import.from,
            "--format",
            import.format,
            "--again",
        ];
        let arguments = [&arguments, import.more].concat();
        let mut command = self.place.command(&arguments);
        command.env("ENCFIELD_IMPORT_KEYS", import.keys);
        let output = command.envs(import.env.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        format!("{}{said}", String::from_utf8(output.stdout).unwrap())
    }

    /// Fails unless the encrypted column opens to these values, in the order of the rows, and each of them
    /// is found by its index.
    pub(crate) fn assert_opened(&self, expected: &[String]) {
        let place = &self.place;
        let rows = expected.len();
        assert!(rows > 0);
        let verified = place.says(0, &["verify"]);
        assert!(
            verified.contains(&format!("{rows} rows, 0 changed, 0 left")),
            "{verified}"
        );
        let tags = place.says(
            0,
            &[
                "census",
                "--indexes",
                "--column",
                "name_sealed",
                "--table",
                "people",
            ],
        );
        let tagged = format!("people.name_index: {rows} index key");
        assert!(tags.contains(&tagged), "{tagged}\n{tags}");
        place.execute("UPDATE people SET name = NULL");
        let decrypt = decrypt_names(&["--again"]);
        place.says(0, &decrypt);
        let opened: Vec<_> = (place.people().into_iter())
            .map(|person| person.name)
            .collect();
        let expected: Vec<_> = expected.iter().cloned().map(Some).collect();
        assert_eq!(opened, expected);
    }

    /// The rows that have an encrypted value.
    pub(crate) fn sealed(&self) -> Vec<i32> {
        let people = self.place.people().into_iter();
        let sealed = people.filter(|person| person.name_sealed.is_some());
        sealed.map(|person| person.id).collect()
    }
}

/// The rows that a job listed, in their order, without what each of them failed for.
pub(crate) fn listed(said: &str) -> Vec<i32> {
    let rows = said.lines().filter_map(|line| line.split_once(": row "));
    rows.map(|(_, rest)| rest.split(':').next().unwrap().parse().unwrap())
        .collect()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(text).collect()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// The plaintext of a case, where it is a text that the column `name` has room for.
pub(crate) fn plain(case: &Value) -> Option<String> {
    let plaintext = String::from_utf8(bytes(case["plaintext"].as_str()?)).ok()?;
    (plaintext.len() <= 60 && !plaintext.contains('\0')).then_some(plaintext)
}

/// The cases of a file of vectors that have such a plaintext, with it.
pub(crate) fn cases<'v>(
    vectors: &'v Value,
    name: &str,
    is_meant: impl Fn(&Value) -> bool,
) -> Vec<(String, &'v Value)> {
    let all = vectors[name].as_array().unwrap().iter();
    let meant = all.filter(|case| is_meant(case));
    meant
        .filter_map(|case| Some((plain(case)?, case)))
        .collect()
}

/// What each case opens to, and what stands in the database.
pub(crate) fn apart(
    cases: &[(String, &Value)],
    stored: impl Fn(&Value) -> Vec<u8>,
) -> (Vec<String>, Vec<Vec<u8>>) {
    let both = cases
        .iter()
        .map(|(plain, case)| (plain.clone(), stored(case)));
    both.unzip()
}
