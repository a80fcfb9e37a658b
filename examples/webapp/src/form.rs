//! What people fill in, and what the application has to say of it.

use encfield::Sensitive;
use encfield::web::{Reasons, Refused, Submitted};
use phonenumber::PhoneNumber;
use serde::Deserialize;

use crate::profile::{Change, NewProfile};

/// The form to sign up and to edit. An empty field of a number keeps what is stored.
#[derive(Sensitive, Deserialize)]
pub struct ProfileForm {
    name: String,
    country: String,
    #[sensitive]
    phone_number: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
}

/// The admin's search: by the one or by the other.
#[derive(Sensitive, Deserialize)]
pub struct SearchForm {
    /// A phone number, in any spelling.
    #[sensitive(show = last4)]
    pub phone_number: Option<String>,
    /// A passport number, in either case.
    #[sensitive(show = last4)]
    pub passport_number: Option<String>,
}

impl ProfileForm {
    /// All of it is needed.
    pub(crate) fn new_profile(form: &mut Submitted<Self>) -> Result<NewProfile, Refused> {
        form.check(|form, wrong| {
            if form.phone_number.is_none() {
                wrong.at("phone_number", MISSING);
            }
            if form.passport_number.is_none() {
                wrong.at("passport_number", MISSING);
            }
            let phone_number = phone_number(form.phone_number.as_deref(), wrong);
            let passport_number = passport_number(form.passport_number.as_deref(), wrong);
            let (name, country) = texts(form, wrong);
            Some(NewProfile {
                name,
                country,
                phone_number: phone_number?,
                passport_number: passport_number?,
            })
        })
    }

    /// A number that was left empty stays as it is.
    pub(crate) fn change(form: &mut Submitted<Self>) -> Result<Change, Refused> {
        form.check(|form, wrong| {
            let phone_number = phone_number(form.phone_number.as_deref(), wrong);
            let passport_number = passport_number(form.passport_number.as_deref(), wrong);
            let (name, country) = texts(form, wrong);
            Some(Change {
                name,
                country,
                phone_number,
                passport_number,
            })
        })
    }
}

const MISSING: &str = "is missing";

fn texts(form: &ProfileForm, wrong: &mut Reasons) -> (String, String) {
    let mut text = |field, value: &str| {
        match value.trim().chars().count() {
            0 => wrong.at(field, MISSING),
            1..=80 => {}
            _ => wrong.at(field, "is longer than 80 letters"),
        }
        value.trim().to_owned()
    };
    (text("name", &form.name), text("country", &form.country))
}

impl SearchForm {
    /// One of the two is needed, and what is given must be a whole number: another is in no row.
    pub(crate) fn checked(form: &mut Submitted<Self>) -> Result<(), Refused> {
        form.check(|form, wrong| {
            if form.phone_number.is_none() && form.passport_number.is_none() {
                wrong.at(
                    "phone_number",
                    "is missing, and so is the passport number: give one of them",
                );
            }
            phone_number(form.phone_number.as_deref(), wrong);
            passport_number(form.passport_number.as_deref(), wrong);
            Some(())
        })
    }
}

fn phone_number(text: Option<&str>, wrong: &mut Reasons) -> Option<PhoneNumber> {
    let text = text?;
    // The parser's error quotes the number.
    let number = phonenumber::parse(None, text).ok();
    let number = number.filter(phonenumber::is_valid);
    if number.is_none() {
        wrong.at(
            "phone_number",
            "needs its country's code and all its digits",
        );
    }
    number
}

fn passport_number(text: Option<&str>, wrong: &mut Reasons) -> Option<String> {
    let text = text?.trim();
    let right =
        (6..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !right {
        wrong.at("passport_number", "is not 6 to 20 letters and digits");
    }
    right.then(|| text.to_owned())
}
