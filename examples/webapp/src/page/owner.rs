//! What the owner sees: the values.

use maud::{Markup, html};
use phonenumber::Mode;

use super::layout;
use crate::profile::Profile;

pub(crate) fn show(profile: &Profile) -> Markup {
    let contents = html! {
        h1 { "Your profile" }
        p.lead { "Only you see this page. The admin sees the last four digits, and the database none." }
        dl.card {
            div { dt { "Name" } dd { (profile.name) } }
            div { dt { "Country" } dd { (profile.country) } }
            div { dt { "Phone number" } dd { (profile.phone_number.format().mode(Mode::International)) } }
            div { dt { "Passport number" } dd { (profile.passport_number) } }
        }
        div.actions {
            a.button href="/profile/edit" { "Edit" }
            a href={ "/people/" (profile.id) "/raw" } { "What the database holds" }
            form method="post" action="/sign-out" { button type="submit" { "Sign out" } }
        }
    };
    layout("Your profile", "/profile", &contents)
}
