//! What `#[derive(Sensitive)]` refuses, each at the tokens that are wrong.

use encfield::Sensitive;

#[derive(Sensitive)]
struct Nothing {
    phone_number: String,
}

#[derive(Sensitive)]
union Either {
    number: u32,
}

#[derive(Sensitive)]
#[sensitive]
struct Whole {
    #[sensitive(shw = last4)]
    phone_number: String,
    #[sensitive(show = last5)]
    passport_number: String,
    #[sensitive(show)]
    email: String,
    #[sensitive = "yes"]
    name: String,
    #[sensitive]
    #[sensitive(show = last4)]
    twice: String,
    #[sensitive(nested, show = last4)]
    address: String,
    #[sensitive(nested, serialize_exposed)]
    street: String,
    #[sensitive(serialize_exposed)]
    country: String,
    #[sensitive(not_wiped = true)]
    born: String,
}

#[derive(Sensitive)]
enum Empty {
    #[sensitive]
    Nothing,
    Something(#[sensitive] String),
}

#[derive(Sensitive)]
#[sensitive(serialize)]
#[serde(into = "String")]
enum Detour {
    #[serde(serialize_with = "by_hand")]
    Something(#[sensitive] String),
    #[serde(serialize_with = "by_hand")]
    Harmless(u32),
}

fn main() {}
