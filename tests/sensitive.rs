//! `#[derive(Sensitive)]`: what is printed, what is serialized, and what is left in memory.

#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use std::cell::Cell;

use encfield::{Sensitive, Wipe};
use serde::{Deserialize, Serialize};

thread_local!(static WIPED: Cell<u32> = const { Cell::new(0) });

/// Counts how often it is wiped.
#[derive(Clone, Default, Serialize)]
struct Watched(u32);

impl Wipe for Watched {
    fn overwrite(&mut self) {
        WIPED.set(WIPED.get() + 1);
    }
}

fn wiped_by(work: impl FnOnce()) -> u32 {
    WIPED.set(0);
    work();
    WIPED.get()
}

#[derive(Sensitive, Deserialize, Default, Clone, PartialEq)]
struct SignUp {
    country: String,
    #[sensitive(show = last4)]
    phone_number: Option<String>,
    #[sensitive]
    passport_number: Option<String>,
    #[sensitive(show = email_domain)]
    email: String,
    #[sensitive(show_with = year)]
    born: Option<String>,
    #[sensitive(show = first_letter)]
    r#type: String,
}

fn year(date: &str) -> String {
    date.chars().take(4).collect()
}

fn sign_up() -> SignUp {
    SignUp {
        country: "IN".into(),
        phone_number: Some("+919876543210".into()),
        passport_number: None,
        email: "anna@example.org".into(),
        born: Some("1990-05-06".into()),
        r#type: "Sharma".into(),
    }
}

#[test]
fn debug_shows_the_mask_and_the_hints_that_were_asked_for() {
    assert_eq!(
        format!("{:?}", sign_up()),
        r#"SignUp { country: "IN", phone_number: ********3210, passport_number: ********, email: ********@example.org, born: "1990", type: S******** }"#
    );
    let none = SignUp::default();
    assert!(format!("{none:?}").contains("phone_number: ********, passport_number: ********"));
}

mod model {
    use diesel::prelude::*;

    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;

        profiles (id) {
            id -> Integer,
            phone_number -> Nullable<Ciphertext<phone_number>>,
            passport_number -> Ciphertext<passport_number>,
        }
    }

    #[encfield::model]
    #[derive(Queryable, Debug)]
    pub(super) struct Profile {
        pub(super) id: i32,
        #[sensitive(show = last4)]
        pub(super) phone_number: Option<String>,
        #[sensitive(show_with = length)]
        pub(super) passport_number: String,
    }

    fn length(text: &str) -> usize {
        text.len()
    }
}

#[test]
fn a_model_shows_the_hints_that_were_asked_for() {
    let mut profile = model::Profile {
        id: 7,
        phone_number: Some("+919876543210".into()),
        passport_number: "K1234567".into(),
    };
    assert_eq!(
        format!("{profile:?}"),
        "Profile { id: 7, phone_number: ********3210, passport_number: 8 }"
    );
    profile.phone_number = None;
    assert!(format!("{profile:?}").contains("phone_number: ********,"));
}

#[test]
fn the_names_of_the_sensitive_fields_are_known() {
    let names = ["born", "email", "passport_number", "phone_number", "type"];
    assert_eq!(SignUp::FIELDS, names);
    assert_eq!(Command::FIELDS, ["note", "secret"]);
}

#[derive(Sensitive, Deserialize)]
#[sensitive(serialize)]
struct Renamed<'a, T: Wipe> {
    #[sensitive]
    #[serde(rename = "tel", alias = "mobile", alias = "cell")]
    phone_number: String,
    #[sensitive]
    #[serde(rename(serialize = "passOut", deserialize = "passIn"))]
    passport_number: &'a str,
    #[sensitive(nested)]
    #[serde(flatten)]
    contact: Contact<T>,
    #[serde(rename = "land")]
    country: String,
}

#[derive(Sensitive, Deserialize)]
#[sensitive(serialize)]
struct Contact<T: Wipe> {
    #[sensitive]
    email: T,
    #[sensitive]
    #[serde(alias = "straße")]
    street: String,
}

#[test]
fn the_names_that_serde_gives_are_known_too() {
    let known = <Renamed<'_, String> as Sensitive>::FIELDS;
    let names = [
        "cell",
        "contact",
        "mobile",
        "passIn",
        "passOut",
        "passport_number",
        "phone_number",
        "tel",
    ];
    let flattened = ["email", "straße", "street"];
    assert_eq!(known, [&names[..], &flattened[..]].concat());
    // What goes by names goes by these.
    #[derive(Sensitive)]
    struct Form {
        #[sensitive]
        #[serde(rename = "tel")]
        phone_number: String,
    }
    let builder = encfield::scrub::Scrubber::builder().fields_of::<Form>();
    let scrubber = builder.build().unwrap();
    assert_eq!(scrubber.scrub("tel=+919876543210"), "tel=********");
    // serde knows the values by exactly these.
    let text = r#"{"mobile":"K1","passIn":"K2","straße":"K3","email":"K4","land":"IN"}"#;
    let read: Renamed<'_, String> = serde_json::from_str(text).unwrap();
    assert_eq!((&*read.phone_number, &*read.contact.street), ("K1", "K3"));
    assert_eq!(
        serde_json::to_string(&read).unwrap(),
        r#"{"tel":"********","passOut":"********","email":"********","street":"********","land":"IN"}"#
    );
}

#[derive(Sensitive)]
enum Command {
    Ping,
    Look(u32, #[sensitive] Watched),
    #[sensitive]
    Change {
        secret: Watched,
        #[sensitive(not_wiped)]
        note: &'static str,
    },
    All(#[sensitive(nested)] Vec<Nested>),
}

#[derive(Sensitive)]
struct Nested {
    id: u32,
    #[sensitive]
    secret: Watched,
}

#[test]
fn every_variant_is_masked_and_wiped() {
    let look = || Command::Look(7, Watched(1));
    assert_eq!(format!("{:?}", look()), "Look(7, ********)");
    assert_eq!(wiped_by(|| drop(look())), 1);
    let change = || Command::Change {
        secret: Watched(1),
        note: "K1234567",
    };
    assert_eq!(
        format!("{:?}", change()),
        "Change { secret: ********, note: ******** }"
    );
    assert_eq!(wiped_by(|| drop(change())), 1);
    assert_eq!(format!("{:?}", Command::Ping), "Ping");
    assert_eq!(wiped_by(|| drop(Command::Ping)), 0);
}

#[test]
fn what_is_nested_masks_and_wipes_itself() {
    let nested = |id| Nested {
        id,
        secret: Watched(1),
    };
    let all = Command::All(vec![nested(1), nested(2)]);
    let expected = "All([Nested { id: 1, secret: ******** }, Nested { id: 2, secret: ******** }])";
    assert_eq!(format!("{all:?}"), expected);
    assert!(wiped_by(|| drop(all)) >= 2);
}

#[test]
fn what_holds_nested_values_may_be_nested_too() {
    #[derive(Sensitive)]
    struct Holder<'a, T: Wipe> {
        #[sensitive(nested)]
        boxed: Option<Box<Nested>>,
        #[sensitive(nested)]
        pair: [Nested; 1],
        #[sensitive(nested)]
        borrowed: &'a Nested,
        #[sensitive(nested)]
        any: T,
    }
    let nested = |id| Nested {
        id,
        secret: Watched(7),
    };
    let holder = Holder {
        boxed: Some(Box::new(nested(1))),
        pair: [nested(2)],
        borrowed: &nested(3),
        any: nested(4),
    };
    let printed = format!("{holder:?}");
    assert_eq!(printed.matches("secret: ********").count(), 4, "{printed}");
}

#[derive(Sensitive)]
struct Generic<'a, T: Wipe, U>
where
    U: Clone,
{
    shown: &'a U,
    #[sensitive]
    hidden: T,
}

#[test]
fn generic_types_and_tuples_work() {
    let generic = Generic {
        shown: &3,
        hidden: Watched(1),
    };
    assert_eq!(
        format!("{generic:?}"),
        "Generic { shown: 3, hidden: ******** }"
    );
    assert_eq!(wiped_by(|| drop(generic)), 1);

    #[derive(Sensitive)]
    struct Pair(#[sensitive] String, u8);
    assert_eq!(
        format!("{:?}", Pair("K1234567".into(), 1)),
        "Pair(********, 1)"
    );
}

#[test]
fn a_panic_and_an_error_on_the_way_wipe_too() {
    let unwound = || {
        let _held = Generic {
            shown: &3,
            hidden: Watched(1),
        };
        std::panic::resume_unwind(Box::new(()));
    };
    let caught = || assert!(std::panic::catch_unwind(unwound).is_err());
    assert_eq!(wiped_by(caught), 1);
}

#[test]
fn a_future_that_is_dropped_half_way_wipes_what_it_holds() {
    use std::future::{Future, pending};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let half_way = || {
        let mut future = Box::pin(async {
            let _held = Generic {
                shown: &3,
                hidden: Watched(1),
            };
            pending::<()>().await;
        });
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(pin!(&mut future).poll(&mut context), Poll::Pending);
    };
    assert_eq!(wiped_by(half_way), 1);
}

#[test]
fn zeroize_knows_the_type() {
    use zeroize::{Zeroize, ZeroizeOnDrop};

    fn wiped_on_drop(_: &impl ZeroizeOnDrop) {}
    let mut form = sign_up();
    form.zeroize();
    assert_eq!(form.phone_number, None);
    assert_eq!(form.email, "");
    assert_eq!(form.country, "IN");
    wiped_on_drop(&form);
}

#[derive(Sensitive, Deserialize)]
#[sensitive(serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    user_id: i32,
    #[sensitive]
    #[serde(with = "shouting")]
    phone_number: String,
    #[sensitive(serialize_exposed)]
    passport_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// What would write the value itself.
mod shouting {
    pub(super) fn serialize<S: serde::Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&text.to_uppercase())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(of: D) -> Result<String, D::Error> {
        serde::Deserialize::deserialize(of)
    }
}

#[test]
fn a_serialized_type_has_the_mask_in_place_of_values() {
    let answer = Answer {
        user_id: 7,
        phone_number: "K1234567".into(),
        passport_number: Some("P7".into()),
        country: None,
    };
    assert_eq!(
        serde_json::to_string(&answer).unwrap(),
        r#"{"userId":7,"phoneNumber":"********","passportNumber":"P7"}"#
    );
    #[derive(Sensitive)]
    #[sensitive(serialize)]
    #[serde(tag = "kind")]
    enum Event<T> {
        Seen {
            id: T,
            #[sensitive]
            phone: Option<String>,
        },
        Gone,
    }
    let event = Event::Seen { id: 7, phone: None };
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"kind":"Seen","id":7,"phone":"********"}"#
    );
    assert_eq!(
        serde_json::to_string(&Event::<u8>::Gone).unwrap(),
        r#"{"kind":"Gone"}"#
    );
}
