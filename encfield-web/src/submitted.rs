//! What was submitted, and is of the type that it should be.

use std::fmt;
use std::ops::{Deref, DerefMut};

use encfield_core::Sensitive;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::entry::{Entry, Value};
use crate::limits::Limits;
use crate::record::{Findings, Record};
use crate::refused::{Kept, Reasons, Refused};
use crate::stack::wiped_after;
use crate::wrong::Wrong;
use crate::{json, name, urlencoded};

/// A form or a command that came from outside and is of its type.
///
/// What the program itself has to say of the values, it says in [`check`](Self::check): then a refusal
/// has the reasons, and keeps what was typed into the fields that are not sensitive.
///
/// `Debug` is that of the type, which masks its sensitive fields.
pub struct Submitted<T> {
    value: T,
    kept: Kept,
}

/// Reads a form as a browser sends it, `application/x-www-form-urlencoded`.
///
/// - An empty field is `None` where the type has an `Option`.
/// - A field that is given more than once is for a `Vec`, and otherwise wrong.
/// - Every field that is wrong is named, not just the first; of those that are missing, one.
///
/// The body is the caller's to wipe; a [`Body`](crate::Body) does it.
///
/// A type that could print what it holds is no type for it:
///
/// ```compile_fail
/// #[derive(Debug, serde::Deserialize)]
/// struct SignUp {
///     phone_number: String,
/// }
///
/// let limits = encfield_web::Limits::default();
/// // `SignUp` may print what it holds: write `#[derive(encfield::Sensitive)]` on it, in place of `Debug`
/// encfield_web::from_urlencoded::<SignUp>(b"phone_number=1", &limits);
/// ```
///
/// # Errors
/// [`Refused`], which has no value in it.
pub fn from_urlencoded<T>(body: &[u8], limits: &Limits) -> Result<Submitted<T>, Refused>
where
    T: Sensitive + DeserializeOwned,
{
    let entries = || {
        within(body, limits)?;
        urlencoded::entries(body, limits)
    };
    let is_cut = body.len() > limits.body;
    wiped_after(|| match entries() {
        Ok(entries) => parse(entries.as_slice(), limits),
        Err(refused) => Err(refused.with(readable::<T>(body, is_cut, limits))),
    })
}

/// What was typed into the fields that are not sensitive, of a form that cannot be read as a whole.
fn readable<T>(body: &[u8], is_cut: bool, limits: &Limits) -> Kept
where
    T: Sensitive + DeserializeOwned,
{
    let entries = urlencoded::readable(body, is_cut, limits);
    match parse::<T>(entries.as_slice(), limits) {
        Ok(submitted) => submitted.kept,
        Err(refused) => refused.into_kept(),
    }
}

impl Refused {
    /// Keeps what was typed into the fields that are not sensitive, of a form that did not come whole. `body`
    /// is what has come of it, [`Body::so_far`](crate::Body::so_far). Its last field may be cut off and is
    /// left out.
    ///
    /// `SensitiveForm` does it by itself.
    #[must_use]
    pub fn keeping<T>(self, body: &[u8], limits: &Limits) -> Self
    where
        T: Sensitive + DeserializeOwned,
    {
        let kept = wiped_after(|| readable::<T>(body, true, limits));
        self.with(kept)
    }
}

/// Reads a JSON object.
///
/// As [`from_urlencoded`] does it, but for this: a member that is there twice is wrong, `null` is `None`,
/// and a body that is not whole is [`Malformed`](crate::RefusedKind::Malformed).
///
/// # Errors
/// [`Refused`], which has no value in it.
pub fn from_json<T>(body: &[u8], limits: &Limits) -> Result<Submitted<T>, Refused>
where
    T: Sensitive + DeserializeOwned,
{
    within(body, limits)?;
    wiped_after(|| parse(json::entries(body, limits)?.as_slice(), limits))
}

fn within(body: &[u8], limits: &Limits) -> Result<(), Refused> {
    match body.len() > limits.body {
        true => Err(Refused::whole(crate::RefusedKind::TooLarge)),
        false => Ok(()),
    }
}

/// Goes through the fields until nothing new is found.
fn parse<T>(entries: &[Entry<'_>], limits: &Limits) -> Result<Submitted<T>, Refused>
where
    T: Sensitive + DeserializeOwned,
{
    let mut findings = Findings::default();
    loop {
        let record = Record {
            entries,
            limits,
            sensitive: T::FIELDS,
            findings: &mut findings,
        };
        match T::deserialize(record) {
            Ok(value) if findings.reasons.is_empty() && findings.unknown == 0 => {
                let kept = kept::<T>(entries, &findings);
                return Ok(Submitted { value, kept });
            }
            // One more that is wrong: it is left out, to find the others.
            Err(Wrong::Field(field, reason)) if !findings.reasons.has(field) => {
                findings.reasons.at(field, reason);
            }
            _ => {
                let kept = kept::<T>(entries, &findings);
                return Err(Refused::fields_wrong(
                    findings.reasons,
                    findings.unknown,
                    kept,
                ));
            }
        }
    }
}

/// The input of the fields that the type has and that are not sensitive.
fn kept<T: Sensitive>(entries: &[Entry<'_>], findings: &Findings) -> Kept {
    let known = findings.known.unwrap_or_default();
    let mut kept = Kept::new();
    for entry in entries {
        let name = entry.name.as_str();
        if !known.contains(&name) || name::is_one_of(name, T::FIELDS) {
            continue;
        }
        let text = match &entry.value {
            Value::Texts(texts) => match texts.as_slice() {
                [Ok(text)] => text.clone(),
                _ => continue,
            },
            Value::Json(values) => match values.as_slice() {
                [value] if value.get().starts_with('"') => match json::unescape(value.get()) {
                    Ok(text) => text,
                    Err(_) => continue,
                },
                [value] if !value.get().starts_with(['{', '[', 'n']) => {
                    Zeroizing::new(value.get().to_owned())
                }
                _ => continue,
            },
        };
        kept.insert(name.to_owned(), text);
    }
    kept
}

impl<T> Submitted<T> {
    /// Lets the program look at the values, and say what is wrong with them, in fixed words.
    ///
    /// What the function gives comes back when it found nothing wrong: a command in types of the program's
    /// own, say. Take fields out by `std::mem::take`: a type that is wiped on drop cannot be taken apart.
    ///
    /// # Errors
    /// [`Refused`] with its reasons, or when it gave `None`. It takes along what was typed into the other
    /// fields.
    pub fn check<U>(
        &mut self,
        check: impl FnOnce(&mut T, &mut Reasons) -> Option<U>,
    ) -> Result<U, Refused> {
        let mut reasons = Reasons::default();
        let checked = check(&mut self.value, &mut reasons);
        match checked {
            Some(checked) if reasons.is_empty() => Ok(checked),
            _ => {
                let kept = std::mem::take(&mut self.kept);
                Err(Refused::fields_wrong(reasons, 0, kept))
            }
        }
    }

    /// Refuses it after all, for what the database says for example: a number that is there already.
    #[must_use]
    pub fn refuse(self, field: &'static str, reason: &'static str) -> Refused {
        let mut reasons = Reasons::default();
        reasons.at(field, reason);
        Refused::fields_wrong(reasons, 0, self.kept)
    }

    /// What was submitted.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T> Deref for Submitted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Submitted<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Submitted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
