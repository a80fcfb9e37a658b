//! Pages: plain HTML that needs no script. maud escapes what is put in.

pub(crate) mod form;
pub(crate) mod owner;
pub(crate) mod people;
pub(crate) mod raw;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use maud::{DOCTYPE, Markup, html};

/// What lies around the contents of every page. `at` is the entry of the menu that is open.
fn layout(title: &str, at: &str, contents: &Markup) -> Markup {
    let entry = |path: &str, name: &str| {
        let current = (path == at).then_some("page");
        html! { li { a href=(path) aria-current=[current] { (name) } } }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Passport desk" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    div.bar {
                        p.brand { "Passport desk" }
                        nav aria-label="Main" {
                            ul {
                                (entry("/", "Sign up"))
                                (entry("/profile", "Your profile"))
                                (entry("/people", "Admin"))
                            }
                        }
                    }
                }
                main #main tabindex="-1" { (contents) }
                footer {
                    p { "Phone and passport numbers are encrypted before they reach the database." }
                }
            }
        }
    }
}

/// A page that says one thing.
pub(crate) fn message(title: &str, text: &str) -> Markup {
    let contents = html! {
        h1 { (title) }
        p { (text) }
    };
    layout(title, "", &contents)
}

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("page/style.css"))
}
