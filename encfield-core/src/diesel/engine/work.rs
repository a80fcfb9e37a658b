//! A task done to one row: what is to be written.

use zeroize::Zeroizing;

use super::hiding::Plaintext;
use super::task::{Action, Original, Task};
use crate::blind_index::Tag;
use crate::codec::CodecError;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::keyring::Keyring;

/// The cells of a row that a task asked for, by their columns' names.
pub(super) trait Cell {
    fn cell(&self, column: &str) -> Option<&[u8]>;
}

/// A column and what is to stand in it.
pub(super) type Change = (String, Option<Zeroizing<Vec<u8>>>);

impl Task {
    /// What is to be written into a row. Nothing, where it is as it should be.
    pub(super) fn work_on(&self, row: &impl Cell) -> Result<Vec<Change>, Error> {
        self.place
            .of_row(row, |keyring, place| self.work(keyring, place, row))
    }

    fn work(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        row: &impl Cell,
    ) -> Result<Vec<Change>, Error> {
        let sealed = row.cell(self.place.column());
        match &self.action {
            Action::Reencrypt => self.reencrypt_value(keyring, place, sealed),
            Action::Encrypt(original) => self.encrypt_value(keyring, place, row, original),
            Action::Clear(original) => {
                let Some(plain) = row.cell(&original.column) else {
                    return Ok(Vec::new());
                };
                let plaintext = original.plaintext(Some(plain))?;
                let opened = sealed
                    .map(|sealed| keyring.open(place, sealed))
                    .transpose()?;
                let same = opened.zip(plaintext);
                if same.is_none_or(|(opened, plaintext)| *opened != *plaintext) {
                    return Err(Error::new(ErrorKind::NotEncodable)
                        .with_note("the encrypted value is not the plain one; encrypt it first"));
                }
                Ok(vec![(original.column.clone(), None)])
            }
            Action::Decrypt { to, field } => {
                let shown = match sealed {
                    None => None,
                    Some(sealed) => {
                        let opened = keyring.open(place, sealed)?;
                        field.show(&opened).map_err(not_decodable)?
                    }
                };
                let same = row.cell(to) == shown.as_ref().map(|bytes| bytes.as_slice());
                Ok(if same {
                    Vec::new()
                } else {
                    vec![(to.clone(), shown)]
                })
            }
            Action::Index => match sealed {
                None => self.fill(None, row, false),
                Some(sealed) => self.fill(Some(&*keyring.open(place, sealed)?), row, false),
            },
            Action::Verify { field } => {
                let opened = sealed
                    .map(|sealed| keyring.open(place, sealed))
                    .transpose()?;
                if let (Some(field), Some(opened)) = (field, &opened) {
                    field.show(opened).map_err(not_decodable)?;
                }
                let opened = opened.as_ref().map(|opened| opened.as_slice());
                let tags = self.fill(opened, row, false)?;
                match tags.first() {
                    None => Ok(Vec::new()),
                    Some((index, _)) => Err(Error::new(ErrorKind::IndexNotFilled)
                        .with_note(format!("the tag in {index} is of another value or key"))),
                }
            }
        }
    }

    fn reencrypt_value(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        sealed: Option<&[u8]>,
    ) -> Result<Vec<Change>, Error> {
        let Some(sealed) = sealed else {
            return Ok(Vec::new());
        };
        let today = format::header(keyring.sealing(place)?.id());
        if sealed.starts_with(&today) {
            return Ok(Vec::new());
        }
        let plaintext = keyring.open_even_compromised(place, sealed)?;
        let anew = keyring.seal(place, &plaintext)?;
        Ok(vec![self.sealed(anew)])
    }

    fn encrypt_value(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        row: &impl Cell,
        original: &Original,
    ) -> Result<Vec<Change>, Error> {
        let in_place = original.column == self.place.column();
        let sealed = row.cell(self.place.column());
        let source = row.cell(&original.column);
        if let Some(source) = source.filter(|source| in_place && is_ciphertext(source)) {
            // Never guessed: what looks like ciphertext opens, or the row is left alone.
            let opened = keyring.open(place, source)?;
            return self.fill(Some(&*opened), row, false);
        }
        let Some(plaintext) = original.plaintext(source)? else {
            // The plain column is the truth, and it has nothing.
            let mut changes = self.fill(None, row, sealed.is_some())?;
            if sealed.is_some() {
                changes.push((self.place.column().to_owned(), None));
            }
            return Ok(changes);
        };
        let done = match sealed {
            Some(sealed) if !in_place => *keyring.open(place, sealed)? == *plaintext,
            _ => false,
        };
        let mut changes = self.fill(Some(&*plaintext), row, !done)?;
        if !done {
            changes.push(self.sealed(keyring.seal(place, &plaintext)?));
        }
        Ok(changes)
    }

    fn sealed(&self, anew: Vec<u8>) -> Change {
        let column = self.place.column().to_owned();
        (column, Some(Zeroizing::new(anew)))
    }

    /// The tags that are not what they should be.
    ///
    /// Where NULL is hidden, a row without a value has a tag of nothing, and a new one whenever the value
    /// changes: the tag of the old value would find the row.
    fn fill(
        &self,
        plaintext: Option<&[u8]>,
        row: &impl Cell,
        changes_value: bool,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for index in &self.indexes {
            let there = row.cell(index.column());
            let mut tag = index.tag(self.place.column(), plaintext, row)?;
            if tag.is_none() && index.hides_null() {
                let has_one = there.is_some_and(|there| there.len() == index.length());
                if has_one && !changes_value {
                    continue;
                }
                tag = Some(index.tag_of_nothing()?);
            }
            let tag = tag.as_ref().map(Tag::as_bytes);
            if there != tag {
                let tag = tag.map(|tag| Zeroizing::new(tag.to_vec()));
                changes.push((index.column().to_owned(), tag));
            }
        }
        Ok(changes)
    }
}

impl Original {
    /// The plaintext of what the column holds, in plain or as another library wrote it.
    fn plaintext(&self, cell: Option<&[u8]>) -> Result<Option<Plaintext>, Error> {
        let plaintext = match (&self.reader, cell) {
            (Some(reader), Some(cell)) => self.field.encode(Some(&reader(cell)?)),
            (_, cell) => self.field.encode(cell),
        };
        plaintext.map_err(not_encodable)
    }
}

fn is_ciphertext(cell: &[u8]) -> bool {
    cell.starts_with(&format::MARK_AND_FORMAT)
}

pub(super) fn not_encodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotEncodable).with_note(reason.reason())
}

pub(super) fn not_decodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotDecodable).with_note(reason.reason())
}
