//! A derived `Debug` or `Serialize` would show the values, and is refused.

use encfield::Sensitive;

#[derive(Sensitive, Debug)]
struct Printed {
    #[sensitive]
    phone_number: String,
}

#[derive(Sensitive, serde::Serialize)]
struct Serialized {
    #[sensitive]
    phone_number: String,
}

#[derive(serde::Serialize, Sensitive)]
struct OfAny<T> {
    #[sensitive]
    phone_number: String,
    rest: T,
}

fn main() {}
