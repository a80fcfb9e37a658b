//! The data keys that were destroyed, written down apart from the database.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::record::now;
use crate::error::{Error, ErrorKind};
use crate::key_id::KeyId;
use crate::scope::Scope;
use crate::whole_file::WholeFile;

/// A file that says which data keys were destroyed.
///
/// A backup from before [`DataKeys::shred`](crate::DataKeys::shred) still has the data key. Once it
/// is restored, the file keeps encfield from using it, and from making the scope a new one. Keep the
/// file apart from the database and out of its backups. It holds ids of keys and scopes, no secret.
///
/// It is changed as [`KeyringFile`](crate::KeyringFile) is: by one writer at a time, whole at every
/// moment.
#[derive(Clone, Debug)]
pub struct Tombstones {
    file: WholeFile,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    encfield_tombstones: u32,
    shredded: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key_id: String,
    scope: String,
    shredded_at: i64,
}

/// A data key that was destroyed.
#[derive(Clone, Debug)]
pub(crate) struct Grave {
    pub(crate) key_id: KeyId,
    pub(crate) scope: String,
}

/// The version of the file.
const VERSION: u32 = 1;

impl Tombstones {
    /// A new file, in which nothing is written yet.
    ///
    /// # Errors
    /// [`ErrorKind::Tombstones`] when there is a file already, or it cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let tombstones = Self::at(path);
        let locked = tombstones
            .file
            .lock()
            .map_err(|error| tombstones.io(&error))?;
        if locked.path().exists() {
            return Err(tombstones.problem("it is there already"));
        }
        let empty = Document {
            encfield_tombstones: VERSION,
            shredded: Vec::new(),
        };
        let json = tombstones.json(&empty)?;
        let written = locked.write(json.as_bytes());
        written.map_err(|error| tombstones.io(&error))?;
        drop(locked);
        Ok(tombstones)
    }

    /// The file at this path. One that is missing is an error whenever a data key is looked for: what
    /// it said would be forgotten.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            file: WholeFile::at(path),
        }
    }

    /// Whether the data key of this scope was destroyed.
    ///
    /// # Errors
    /// [`ErrorKind::Tombstones`] when the file cannot be read, and [`ErrorKind::ScopeInvalid`].
    pub fn name(&self, scope: &Scope) -> Result<bool, Error> {
        let scope = scope.text()?;
        Ok(self.graves()?.iter().any(|grave| grave.scope == scope))
    }

    /// Every data key that was destroyed.
    pub(crate) fn graves(&self) -> Result<Vec<Grave>, Error> {
        let grave = |line: Line| {
            let key_id = KeyId::from_hex(&line.key_id);
            Some(Grave {
                key_id: key_id?,
                scope: line.scope,
            })
        };
        let graves: Option<_> = self.read()?.shredded.into_iter().map(grave).collect();
        graves.ok_or_else(|| self.problem("it names a key that is none"))
    }

    /// Writes a data key down. It is on the disk when this returns.
    pub(crate) fn bury(&self, key_id: KeyId, scope: &str) -> Result<(), Error> {
        let locked = self.file.lock().map_err(|error| self.io(&error))?;
        let mut document = self.read_at(locked.path())?;
        let key_id = key_id.to_string();
        if document.shredded.iter().any(|line| line.key_id == key_id) {
            return Ok(());
        }
        document.shredded.push(Line {
            key_id,
            scope: scope.to_owned(),
            shredded_at: now(),
        });
        let json = self.json(&document)?;
        locked
            .write(json.as_bytes())
            .map_err(|error| self.io(&error))
    }

    fn read(&self) -> Result<Document, Error> {
        self.read_at(self.file.path())
    }

    /// Under the lock, the file that is locked: a link may be turned to another one meanwhile.
    fn read_at(&self, path: &Path) -> Result<Document, Error> {
        let text = fs::read_to_string(path).map_err(|error| self.io(&error))?;
        let document: Document =
            json::from_str(&text).map_err(|_| self.problem("it is malformed or cut short"))?;
        if document.encfield_tombstones != VERSION {
            return Err(self.problem("it is of another version"));
        }
        Ok(document)
    }

    fn json(&self, document: &Document) -> Result<String, Error> {
        json::to_string_pretty(document).map_err(|_| self.problem("it has no JSON"))
    }

    fn problem(&self, what: &str) -> Error {
        let note = format!("{}: {what}", self.file.path().display());
        Error::new(ErrorKind::Tombstones).with_note(note)
    }

    fn io(&self, error: &std::io::Error) -> Error {
        self.problem(&error.kind().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    #[test]
    fn what_is_written_down_stays_and_what_is_not_whole_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tombstones.json");
        assert_eq!(
            Tombstones::at(&path).graves().unwrap_err().kind(),
            ErrorKind::Tombstones
        );
        let tombstones = Tombstones::create(&path).unwrap();
        assert!(Tombstones::create(&path).is_err());
        let ids: Vec<_> = (0..3).map(|_| Key::generate().unwrap().id()).collect();
        for (number, id) in ids.iter().chain(&ids).enumerate() {
            tombstones
                .bury(*id, &format!("tenant={}", number % 3))
                .unwrap();
        }
        let graves = Tombstones::at(&path).graves().unwrap();
        assert_eq!(
            graves.iter().map(|grave| grave.key_id).collect::<Vec<_>>(),
            ids
        );
        assert!(tombstones.name(&Scope::new("tenant", &2)).unwrap());
        assert!(!tombstones.name(&Scope::new("tenant", &3)).unwrap());

        let whole = fs::read_to_string(&path).unwrap();
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!(
                tombstones.graves().unwrap_err().kind(),
                ErrorKind::Tombstones
            );
            assert!(tombstones.bury(ids[0], "tenant=9").is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), whole[..cut]);
        }
        fs::write(&path, whole.replace(&ids[0].to_string(), "xyz")).unwrap();
        assert!(tombstones.graves().is_err());
        fs::write(&path, whole.replace("tombstones\": 1", "tombstones\": 2")).unwrap();
        assert!(tombstones.graves().is_err());
    }
}
