//! A task done to one row: what is to be written.

use zeroize::Zeroizing;

use super::hiding::Plaintext;
use super::task::{Action, Emptied, Original, Task};
use crate::blind_index::Tag;
use crate::codec::CodecError;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::key_id::KeyId;
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
                        .with_note(
                            "the encrypted value is not the plain one, which may be older or newer: encrypt it \
                             if a program wrote the plain column alone",
                        ));
                }
                Ok(vec![(original.column.clone(), None)])
            }
            Action::Decrypt { to, field } => {
                let shown = match sealed {
                    None => None,
                    Some(sealed) => {
                        let opened = keyring.open(place, sealed)?;
                        // A database may show the same value in words of its own.
                        let there = row.cell(to).map(|there| field.encode(Some(there)));
                        if let Some(Ok(Some(there))) = there
                            && *there == *opened
                        {
                            return Ok(Vec::new());
                        }
                        field.show(&opened).map_err(not_decodable)?
                    }
                };
                let there = row.cell(to);
                let same = there == shown.as_ref().map(|bytes| bytes.as_slice());
                if !same && there.is_some_and(is_ciphertext) {
                    return Err(Error::new(ErrorKind::NotDecodable)
                        .with_note("the column that it would be written into holds a ciphertext"));
                }
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
        // A value under the keyring's own key has a scope that may have no data key yet.
        let own = |id| keyring.is_own(id);
        if self.dry && place.scope().is_some() && key_of(sealed).map_or(Ok(false), own)? {
            let plaintext = keyring.open_even_compromised(place, sealed)?;
            return Ok(vec![self.to_be_sealed(keyring, place, &plaintext)?]);
        }
        let today = format::header(keyring.sealing(place)?.id());
        if sealed.starts_with(&today) {
            return Ok(Vec::new());
        }
        let plaintext = keyring.open_even_compromised(place, sealed)?;
        Ok(vec![self.to_be_sealed(keyring, place, &plaintext)?])
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
        if let Some(source) = source.filter(|source| !in_place && is_ciphertext(source)) {
            let known = |id| keyring.opening(place, id).is_ok();
            if key_of(source).is_some_and(known) {
                return Err(Error::new(ErrorKind::NotEncodable)
                    .with_note("the plain column holds a ciphertext under a key of this keyring"));
            }
        }
        let plaintext = original.plaintext(source)?;
        if let (None, Some(sealed)) = (source, sealed)
            && original.emptied != Emptied::Field
        {
            let opened = keyring.open(place, sealed)?;
            // Where NULL is hidden, it may be what was sealed.
            let same = plaintext.as_ref().is_some_and(|hidden| **hidden == *opened);
            if !same && original.emptied == Emptied::Unclear {
                return Err(Error::new(ErrorKind::NotEncodable).with_note(
                    "the plain column is NULL and there is an encrypted value; was the plain one cleared, \
                     or the field emptied?",
                ));
            }
            return self.fill(Some(&*opened), row, false);
        }
        let Some(plaintext) = plaintext else {
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
        if !done && sealed.is_some() && !in_place && original.emptied == Emptied::PlainColumn {
            // Programs that no longer write the plain column leave it as it was.
            return Err(Error::new(ErrorKind::NotEncodable).with_note(
                "a job cleared the plain column, and here it differs from the encrypted value: which is newer? \
                 Forget that job, and the plain one is",
            ));
        }
        let mut changes = self.fill(Some(&*plaintext), row, !done)?;
        if !done {
            changes.push(self.to_be_sealed(keyring, place, &plaintext)?);
        }
        Ok(changes)
    }

    /// The plaintext sealed. Not in a dry run, which would make the data key of a new scope.
    fn to_be_sealed(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        plaintext: &[u8],
    ) -> Result<Change, Error> {
        let anew = if self.dry {
            keyring.could_seal(place)?;
            Vec::new()
        } else {
            keyring.seal(place, plaintext)?
        };
        Ok((self.place.column().to_owned(), Some(Zeroizing::new(anew))))
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

/// The id of the key that a ciphertext says it is under.
fn key_of(value: &[u8]) -> Option<KeyId> {
    let behind = value.strip_prefix(&format::MARK_AND_FORMAT)?;
    Some(KeyId::from_bytes(*behind.first_chunk()?))
}

pub(super) fn not_encodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotEncodable).with_note(reason.reason())
}

pub(super) fn not_decodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotDecodable).with_note(reason.reason())
}
