//! The admin's list, with masks in place of the values.

use encfield::mask;
use encfield::web::Refused;
use maud::{Markup, html};

use super::form::{Input, summary, titled};
use super::layout;
use crate::profile::Profile;
use crate::store::Store;

pub(crate) fn list(people: &[Profile], refused: Option<&Refused>) -> Markup {
    page(
        refused,
        &html! {
            @if refused.is_none() {
                @if i64::try_from(people.len()).is_ok_and(|count| count < Store::SHOWN) {
                    h2 { "Everybody" }
                } @else {
                    h2 { "The first " (Store::SHOWN) }
                    p { "There may be more: search for them." }
                }
                (table(people, "Nobody has signed up yet."))
            }
        },
    )
}

pub(crate) fn found(people: &[Profile]) -> Markup {
    page(
        None,
        &html! {
            div role="status" {
                h2 {
                    @match people.len() {
                        0 => "Nobody found",
                        1 => "One person found",
                        count => { (count) " people found" }
                    }
                }
            }
            (table(people, "Nobody has this number. The whole number is needed, in any spelling."))
            p { a href="/people" { "Show everybody" } }
        },
    )
}

fn page(refused: Option<&Refused>, below: &Markup) -> Markup {
    let input = |name, label, kind| Input {
        name,
        label,
        hint: "",
        value: "",
        autocomplete: "off",
        kind,
        required: false,
    };
    let inputs = [
        input("phone_number", "Phone number", "tel"),
        input("passport_number", "Passport number", "text"),
    ];
    let contents = html! {
        (summary(refused, &inputs))
        h1 { "People" }
        form.search method="post" action="/people" role="search" aria-label="People" {
            @for input in &inputs { (input.show(refused)) }
            button type="submit" { "Search" }
        }
        (below)
    };
    layout(titled("People", refused).as_str(), "/people", &contents)
}

fn table(people: &[Profile], empty: &str) -> Markup {
    if people.is_empty() {
        return html! { p { (empty) } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="People" {
            table {
                thead {
                    tr {
                        @for name in ["Name", "Country", "Phone number", "Passport number", "Row"] {
                            th scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for one in people {
                        tr {
                            th scope="row" { (one.name) }
                            td { (one.country) }
                            td.number { (mask::last4(&one.phone_number)) }
                            td.number { (mask::last4(&one.passport_number)) }
                            td {
                                a href={ "/people/" (one.id) "/raw" } {
                                    "Raw" span.hidden { " row of " (one.name) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
