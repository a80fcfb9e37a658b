//! A row as the database holds it.

use maud::{Markup, html};

use super::layout;
use crate::profile::RawRow;

pub(crate) fn show(id: i32, row: &RawRow) -> Markup {
    let contents = html! {
        h1 { "Row " (id) " in the database" }
        p.lead { "What somebody sees who has the database, or a backup of it, and no key." }
        dl.card {
            div { dt { code { "name" } } dd { (row.name) } }
            div { dt { code { "country" } } dd { (row.country) } }
            div { dt { code { "phone_number" } } dd { (ciphertext(&row.phone_number)) } }
            div { dt { code { "phone_index" } } dd { (tag(&row.phone_index)) } }
            div { dt { code { "passport_number" } } dd { (ciphertext(&row.passport_number)) } }
            div { dt { code { "passport_index" } } dd { (tag(&row.passport_index)) } }
        }
        p { a href="/people" { "Back to everybody" } }
    };
    layout("A row in the database", "/people", &contents)
}

/// A value of format 1, part by part.
fn ciphertext(bytes: &[u8]) -> Markup {
    let part = |from: usize, to: usize| hex(bytes.get(from..to).unwrap_or_default());
    let end = bytes.len().saturating_sub(16);
    html! {
        ul.parts {
            li { span { "format" } code { (part(0, 2)) } }
            li { span { "key" } code { (part(2, 10)) } }
            li { span { "nonce" } code { (part(10, 34)) } }
            li { span { "ciphertext" } code { (part(34, end)) } }
            li { span { "tag" } code { (part(end, bytes.len())) } }
        }
    }
}

fn tag(bytes: &[u8]) -> Markup {
    html! { ul.parts { li { span { "tag" } code { (hex(bytes)) } } } }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
