//! What a type that derives `Sensitive` does not do unless it says so.

use encfield::Sensitive;

#[derive(Sensitive)]
struct SignUp {
    #[sensitive]
    phone_number: String,
}

struct Unknown;

#[derive(Sensitive)]
struct NotWiped {
    #[sensitive]
    unknown: Unknown,
}

fn asks_for_sensitive(_: impl Sensitive) {}

fn main() {
    let form = SignUp { phone_number: String::new() };
    let _ = serde_json::to_string(&form);
    asks_for_sensitive(String::new());
}
