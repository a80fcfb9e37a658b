//! The form to sign up and to edit.

use encfield::mask;
use encfield::web::{Refused, RefusedKind};
use maud::{Markup, html};

use super::layout;
use crate::profile::Profile;

/// An input with its label, a hint, and what is wrong with it.
pub(super) struct Input<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'a str,
    pub(super) value: &'a str,
    /// What the browser may fill in by itself.
    pub(super) autocomplete: &'static str,
    /// The keyboard that a telephone shows.
    pub(super) kind: &'static str,
    pub(super) required: bool,
}

impl Input<'_> {
    pub(super) fn show(&self, refused: Option<&Refused>) -> Markup {
        let reason = refused.and_then(|refused| refused.reason_at(self.name));
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let error = reason.map(|_| format!("{}-error", self.name));
        let described: Vec<_> = [&hint, &error].into_iter().flatten().cloned().collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field.wrong[reason.is_some()] {
                label for=(self.name) { (self.label) }
                @if let Some(id) = &hint { p.hint id=(id) { (self.hint) } }
                @if let (Some(id), Some(reason)) = (&error, reason) {
                    p.error id=(id) { span.hidden { "Error: " } (self.label) " " (reason) "." }
                }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value)
                    autocomplete=(self.autocomplete) spellcheck="false" required[self.required]
                    aria-invalid=[reason.map(|_| "true")] aria-describedby=[described];
            }
        }
    }
}

/// What is wrong, at the top and in the focus, with a link to each field.
pub(super) fn summary(refused: Option<&Refused>, inputs: &[Input<'_>]) -> Markup {
    let Some(refused) = refused else {
        return html! {};
    };
    let whole = match refused.kind() {
        RefusedKind::Fields if refused.unknown() > 0 => {
            "The form had fields that are not known here."
        }
        RefusedKind::Fields => "",
        RefusedKind::TooLarge => "The form was too large. Nothing was stored.",
        _ => "The form did not arrive whole. Nothing was stored.",
    };
    html! {
        div.summary role="alert" tabindex="-1" autofocus aria-labelledby="summary-title" {
            h2 #summary-title { "There is a problem" }
            @if !whole.is_empty() { p { (whole) } }
            ul {
                @for input in inputs {
                    @if let Some(reason) = refused.reason_at(input.name) {
                        li { a href={ "#" (input.name) } { (input.label) " " (reason) } }
                    }
                }
            }
        }
    }
}

pub(crate) fn sign_up(refused: Option<&Refused>) -> Markup {
    let kept = |field| {
        refused
            .and_then(|refused| refused.kept(field))
            .unwrap_or("")
    };
    let typed_again = "Your numbers are not sent back: type them again.";
    let (phone_hint, passport_hint) = match refused {
        None => (
            "With the country's code, like +91 98765 43210.".to_owned(),
            "6 to 20 letters and digits.".to_owned(),
        ),
        Some(_) => (
            format!("With the country's code, like +91 98765 43210. {typed_again}"),
            format!("6 to 20 letters and digits. {typed_again}"),
        ),
    };
    let inputs = inputs(
        kept("name"),
        kept("country"),
        &phone_hint,
        &passport_hint,
        true,
    );
    let contents = html! {
        (summary(refused, &inputs))
        h1 { "Sign up" }
        p.lead { "Tell us who you are. All four are needed." }
        form method="post" action="/" novalidate {
            @for input in &inputs { (input.show(refused)) }
            button type="submit" { "Sign up" }
        }
    };
    layout(titled("Sign up", refused).as_str(), "/", &contents)
}

pub(crate) fn edit(profile: &Profile, refused: Option<&Refused>) -> Markup {
    let kept = |field, stored| {
        refused
            .and_then(|refused| refused.kept(field))
            .unwrap_or(stored)
    };
    let phone_hint = format!(
        "Stored: {}. Leave it empty to keep it.",
        mask::last4(&profile.phone_number)
    );
    let passport_hint = format!(
        "Stored: {}. Leave it empty to keep it.",
        mask::last4(&profile.passport_number)
    );
    let inputs = inputs(
        kept("name", &profile.name),
        kept("country", &profile.country),
        &phone_hint,
        &passport_hint,
        false,
    );
    let contents = html! {
        (summary(refused, &inputs))
        h1 { "Edit your profile" }
        form method="post" action="/profile/edit" novalidate {
            @for input in &inputs { (input.show(refused)) }
            div.actions {
                button type="submit" { "Save" }
                a href="/profile" { "Cancel" }
            }
        }
    };
    layout(
        titled("Edit your profile", refused).as_str(),
        "/profile",
        &contents,
    )
}

/// A title that begins with what matters.
pub(super) fn titled(title: &str, refused: Option<&Refused>) -> String {
    match refused {
        Some(_) => format!("Error: {title}"),
        None => title.to_owned(),
    }
}

fn inputs<'a>(
    name: &'a str,
    country: &'a str,
    phone_hint: &'a str,
    passport_hint: &'a str,
    all: bool,
) -> [Input<'a>; 4] {
    [
        Input {
            name: "name",
            label: "Name",
            hint: "",
            value: name,
            autocomplete: "name",
            kind: "text",
            required: true,
        },
        Input {
            name: "country",
            label: "Country",
            hint: "",
            value: country,
            autocomplete: "country-name",
            kind: "text",
            required: true,
        },
        Input {
            name: "phone_number",
            label: "Phone number",
            hint: phone_hint,
            value: "",
            autocomplete: "tel",
            kind: "tel",
            required: all,
        },
        Input {
            name: "passport_number",
            label: "Passport number",
            hint: passport_hint,
            value: "",
            autocomplete: "off",
            kind: "text",
            required: all,
        },
    ]
}
