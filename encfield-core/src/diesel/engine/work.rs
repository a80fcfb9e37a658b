//! A task done to one row: what is to be written.

use zeroize::Zeroizing;

use super::field_type::FieldType;
use super::task::{Action, ByteReader, Task};
use crate::codec::CodecError;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::format;
use crate::keyring::{self, Keyring};
use crate::scope::Scope;

/// The cells of a row that a task asked for, by their columns' names.
pub(super) trait Cell {
    fn cell(&self, column: &str) -> Option<&[u8]>;
}

/// A column and what is to stand in it.
pub(super) type Change = (String, Option<Zeroizing<Vec<u8>>>);

impl Task {
    /// What is to be written into a row. Nothing, where it is as it should be.
    pub(super) fn work_on(&self, row: &impl Cell) -> Result<Vec<Change>, Error> {
        self.at_place(row, |place| {
            keyring::with_current(&self.context(), |keyring| self.work(keyring, place, row))
        })
        .map_err(|error| self.blame(error))
    }

    /// Whether it seals values, and so may need a new data key.
    pub(super) fn seals(&self) -> bool {
        matches!(self.action, Action::Reencrypt | Action::Encrypt { .. })
    }

    /// The column that holds the scope, if there is one.
    pub(super) fn scope_column(&self) -> Option<&str> {
        self.scope.as_ref().map(|(column, _)| column.as_str())
    }

    /// Makes the data key of a scope, if there is none.
    pub(super) fn make_data_key(&self, value: Option<&str>) -> Result<(), Error> {
        let name = self.scope.as_ref().map_or("", |(_, name)| name);
        let scope = Scope::of_optional(name, value);
        let place = self.context();
        let place = place.with_scope(&scope);
        keyring::with_current(&self.context(), |keyring| keyring.sealing(&place).map(drop))
            .map_err(|error| self.blame(error))
    }

    /// Runs the closure with the place of this row's value.
    fn at_place<R>(
        &self,
        row: &impl Cell,
        run: impl FnOnce(&Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut bound = Vec::with_capacity(self.bound.len());
        for (column, field) in &self.bound {
            let cell = row.cell(column).ok_or_else(|| {
                Error::new(ErrorKind::NotEncodable).with_note("what the value is bound to is NULL")
            })?;
            bound.push(field.encode(cell).map_err(not_encodable)?);
        }
        let bound: Vec<&[u8]> = bound.iter().map(|bytes| bytes.as_slice()).collect();
        let context = self.context();
        let place = context.with_bound(&bound);
        let Some((column, name)) = &self.scope else {
            return run(&place);
        };
        let text = row
            .cell(column)
            .and_then(|cell| std::str::from_utf8(cell).ok());
        let scope = Scope::of_optional(name, text);
        run(&place.with_scope(&scope))
    }

    fn work(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        row: &impl Cell,
    ) -> Result<Vec<Change>, Error> {
        let sealed = row.cell(&self.column);
        match &self.action {
            Action::Reencrypt => self.reencrypt_value(keyring, place, sealed),
            Action::Encrypt {
                from,
                field,
                reader,
            } => self.encrypt_value(keyring, place, row, from, field, reader.as_ref()),
            Action::Clear {
                from,
                field,
                reader,
            } => {
                let Some(plain) = row.cell(from) else {
                    return Ok(Vec::new());
                };
                let plaintext = plaintext_of(plain, field, reader.as_ref())?;
                let opened = sealed
                    .map(|sealed| keyring.open(place, sealed))
                    .transpose()?;
                if opened.is_none_or(|opened| *opened != *plaintext) {
                    return Err(Error::new(ErrorKind::NotEncodable)
                        .with_note("the encrypted value is not the plain one; encrypt it first"));
                }
                Ok(vec![(from.clone(), None)])
            }
            Action::Decrypt { to, field } => {
                let shown = match sealed {
                    None => None,
                    Some(sealed) => {
                        let opened = keyring.open(place, sealed)?;
                        Some(field.show(&opened).map_err(not_decodable)?)
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
                None => self.fill(None, row),
                Some(sealed) => self.fill(Some(&*keyring.open(place, sealed)?), row),
            },
            Action::Verify { field } => {
                let opened = sealed
                    .map(|sealed| keyring.open(place, sealed))
                    .transpose()?;
                if let (Some(field), Some(opened)) = (field, &opened) {
                    field.show(opened).map_err(not_decodable)?;
                }
                let tags = self.fill(opened.as_ref().map(|opened| opened.as_slice()), row)?;
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
        Ok(vec![(self.column.clone(), Some(Zeroizing::new(anew)))])
    }

    fn encrypt_value(
        &self,
        keyring: &Keyring,
        place: &Context<'_>,
        row: &impl Cell,
        from: &str,
        field: &FieldType,
        reader: Option<&ByteReader>,
    ) -> Result<Vec<Change>, Error> {
        let in_place = *from == self.column;
        let (sealed, source) = (row.cell(&self.column), row.cell(from));
        let Some(source) = source else {
            // The plain column is the truth, and it has nothing.
            let mut changes = self.fill(None, row)?;
            if sealed.is_some() {
                changes.push((self.column.clone(), None));
            }
            return Ok(changes);
        };
        if in_place && source.starts_with(&format::MARK_AND_FORMAT) {
            // Never guessed: what looks like ciphertext opens, or the row is left alone.
            let opened = keyring.open(place, source)?;
            return self.fill(Some(&*opened), row);
        }
        let plaintext = plaintext_of(source, field, reader)?;
        let mut changes = self.fill(Some(&*plaintext), row)?;
        let done = match sealed {
            Some(sealed) if !in_place => *keyring.open(place, sealed)? == *plaintext,
            _ => false,
        };
        if !done {
            let anew = keyring.seal(place, &plaintext)?;
            changes.push((self.column.clone(), Some(Zeroizing::new(anew))));
        }
        Ok(changes)
    }

    /// The tags that are not what they should be.
    fn fill(&self, plaintext: Option<&[u8]>, row: &impl Cell) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for index in &self.indexes {
            let tag = match plaintext {
                Some(plaintext) => (index.tagger)(plaintext)?,
                None => None,
            };
            if row.cell(&index.column) != tag.as_deref() {
                changes.push((index.column.clone(), tag.map(Zeroizing::new)));
            }
        }
        Ok(changes)
    }
}

/// The plaintext of what the other column holds, in plain or as another library wrote it.
fn plaintext_of(
    cell: &[u8],
    field: &FieldType,
    reader: Option<&ByteReader>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let plaintext = match reader {
        Some(reader) => field.encode(&reader(cell)?),
        None => field.encode(cell),
    };
    plaintext.map_err(not_encodable)
}

fn not_encodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotEncodable).with_note(reason.reason())
}

fn not_decodable(reason: CodecError) -> Error {
    Error::new(ErrorKind::NotDecodable).with_note(reason.reason())
}
