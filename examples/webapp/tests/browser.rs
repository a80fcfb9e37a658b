//! The application in a real browser, with scripts and without.
//!
//! Needs `chromedriver` and a Chromium; without them the tests are listed as ignored. Screenshots go into
//! the folder that `ENCFIELD_SCREENSHOTS` names, or one under the temporary directory.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

#[path = "browser/accessible.rs"]
mod accessible;
#[path = "browser/session.rs"]
mod session;

use session::{Driver, Session};

/// Signs up with a mistake first, edits, searches, and looks at the row.
async fn through_all_pages(page: &Session) {
    page.open("/").await;
    page.look("1-sign-up").await;
    page.fill(&[
        ("name", "Asha Rao"),
        ("country", "India"),
        ("phone_number", "98765"),
        ("passport_number", "K1234567"),
    ])
    .await;
    page.submit().await;
    page.look("2-sign-up-again").await;
    assert_eq!(page.title().await, "Error: Sign up · Passport desk");
    // The summary has the focus, the error stands at its field, and what was typed is there but for the numbers.
    assert_eq!(page.focused("class").await.as_deref(), Some("summary"));
    let error = page.text("#phone_number-error").await;
    assert!(error.contains("needs its country's code"), "{error}");
    for (field, value) in [
        ("name", "Asha Rao"),
        ("country", "India"),
        ("phone_number", ""),
        ("passport_number", ""),
    ] {
        assert_eq!(page.value(field).await, value, "{field}");
    }
    // The link in the summary leads to the field.
    page.click(".summary a").await;
    assert!(page.url().await.ends_with("#phone_number"));

    page.fill(&[
        ("phone_number", "+91 98765 43210"),
        ("passport_number", "K1234567"),
    ])
    .await;
    page.submit().await;
    assert_eq!(page.title().await, "Your profile · Passport desk");
    page.look("3-profile").await;
    let shown = page.text("main").await;
    assert!(
        shown.contains("+91 98765 43210") && shown.contains("K1234567"),
        "{shown}"
    );

    page.follow("a.button").await;
    page.look("4-edit").await;
    let hint = page.text("#phone_number-hint").await;
    assert!(hint.contains("********3210"), "{hint}");
    page.fill(&[("name", "Asha <b>Rao</b>"), ("passport_number", "nope")])
        .await;
    page.submit().await;
    page.look("5-edit-again").await;
    assert_eq!(page.value("name").await, "Asha <b>Rao</b>");
    page.fill(&[("passport_number", "Z7654321")]).await;
    page.submit().await;
    let shown = page.text("main").await;
    assert!(shown.contains("Asha <b>Rao</b>"), "{shown}");
    assert!(
        shown.contains("+91 98765 43210") && shown.contains("Z7654321"),
        "{shown}"
    );

    page.open("/people").await;
    page.look("6-people").await;
    let shown = page.text("main").await;
    assert!(
        shown.contains("********3210") && shown.contains("********4321"),
        "{shown}"
    );
    assert!(
        !shown.contains("98765") && !shown.contains("Z7654321"),
        "{shown}"
    );
    page.fill(&[("passport_number", "z7654321")]).await;
    page.submit().await;
    page.look("7-found").await;
    assert_eq!(page.text("h2").await, "One person found");
    assert!(page.url().await.ends_with("/people"));

    page.follow("td a").await;
    page.look("8-raw-row").await;
    let shown = page.text("main").await;
    assert!(shown.contains("fe01"), "{shown}");
    assert!(
        !shown.contains("98765 43210") && !shown.contains("Z7654321"),
        "{shown}"
    );
}

async fn a_person_signs_up_edits_and_is_found(driver: &Driver) {
    let page = driver.session("scripts", &[]).await;
    through_all_pages(&page).await;
    page.end().await;
}

async fn it_works_without_scripts(driver: &Driver) {
    let page = driver.session("no-scripts", &["no-scripts"]).await;
    // Scripts are off: a page's own does not run.
    page.goto("data:text/html,<title>off</title><script>document.title='on'</script>")
        .await;
    assert_eq!(page.title().await, "off");
    through_all_pages(&page).await;
    page.end().await;
}

/// In the light and the dark colours, wide and narrow.
async fn every_page_is_accessible(driver: &Driver) {
    for (name, options) in [
        ("light", [].as_slice()),
        ("dark", &["dark"]),
        ("narrow", &["narrow"]),
    ] {
        let page = driver.session(name, options).await;
        page.open("/").await;
        accessible::check(
            &page,
            &[
                "Skip to the content",
                "Sign up",
                "Your profile",
                "Admin",
                "name",
                "country",
                "phone_number",
                "passport_number",
                "Sign up",
            ],
        )
        .await;
        page.look("1-sign-up").await;
        page.submit().await;
        accessible::check(&page, &[]).await;
        page.look("2-sign-up-again").await;
        page.fill(&[
            ("name", "Asha Rao"),
            ("country", "India"),
            ("phone_number", "+91 98765 43210"),
            ("passport_number", &format!("K12345{name}")),
        ])
        .await;
        page.submit().await;
        accessible::check(&page, &[]).await;
        page.look("3-profile").await;
        for (path, look) in [
            ("/profile/edit", "4-edit"),
            ("/people", "6-people"),
            ("/people/1/raw", "8-raw-row"),
            ("/nowhere", "9-no-such-page"),
        ] {
            page.open(path).await;
            accessible::check(&page, &[]).await;
            page.look(look).await;
        }
        // Found, not found, and refused; and the edit form again.
        for (passport, heading, look) in [
            (format!("K12345{name}"), "One person found", "10-found"),
            ("K7654321".to_owned(), "Nobody found", "11-nobody-found"),
            ("no".to_owned(), "There is a problem", "12-search-again"),
        ] {
            page.open("/people").await;
            page.fill(&[("passport_number", &passport)]).await;
            page.submit().await;
            assert_eq!(page.text("h2").await, heading);
            accessible::check(&page, &[]).await;
            page.look(look).await;
        }
        page.open("/profile/edit").await;
        page.fill(&[("name", ""), ("phone_number", "98765")]).await;
        page.submit().await;
        assert_eq!(page.text("h2").await, "There is a problem");
        accessible::check(&page, &[]).await;
        page.look("5-edit-again").await;
        page.end().await;
    }
}

/// Once, to see that it can fail.
async fn the_check_finds_what_is_not_accessible(driver: &Driver) {
    let page = driver.session("wrong", &[]).await;
    for (wrong, expected) in [
        ("<html><title>t</title><h1>h</h1>", "no language"),
        (
            "<html lang=en><title>t</title><h2>h</h2>",
            "begins with no h1",
        ),
        (
            "<html lang=en><title>t</title><h1>h</h1><h3>i</h3>",
            "skips a level",
        ),
        (
            "<html lang=en><title>t</title><h1>h</h1><input id=a>",
            "no label",
        ),
        (
            "<html lang=en><title>t</title><h1>h</h1><label for=a>l</label><input id=a aria-describedby=b>",
            "described by nothing",
        ),
        (
            "<html lang=en><title>t</title><h1>h</h1><label for=a>l</label><input id=a aria-invalid=true>",
            "does not say why",
        ),
        (
            "<html lang=en><title>t</title><h1 style='color:%23999;background:white'>h</h1><p style='color:%23999;background:white'>p",
            "contrast",
        ),
        (
            "<html lang=en><title>t</title><h1>h</h1><p style='width:9000px'>p",
            "wider than the window",
        ),
    ] {
        page.goto(&format!("data:text/html,{wrong}")).await;
        let problems = accessible::problems(&page).await;
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
    page.end().await;
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let missing = session::missing();
    if let Some(missing) = &missing {
        println!("browser: ignored, because {missing}");
    }
    let mut trials = Vec::new();
    macro_rules! claim {
        ($name:ident) => {
            let claim = || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let driver = Driver::start().await;
                    $name(&driver).await;
                });
                Ok(())
            };
            trials.push(Trial::test(stringify!($name), claim).with_ignored_flag(missing.is_some()));
        };
    }
    claim!(a_person_signs_up_edits_and_is_found);
    claim!(it_works_without_scripts);
    claim!(every_page_is_accessible);
    claim!(the_check_finds_what_is_not_accessible);
    if missing.is_none() {
        encfield::Keyring::generate().install().unwrap();
        println!("screenshots: {}", session::screenshots().display());
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
