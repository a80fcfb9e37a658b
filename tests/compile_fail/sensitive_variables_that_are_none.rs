//! Names that are no arguments, and what is no function.

use encfield::sensitive_variables;

#[sensitive_variables(phone_numbr, phone_number, phone_number, address)]
fn misspelt(country: &str, phone_number: &str) {
    let _ = (country, phone_number);
}

#[sensitive_variables("phone_number")]
fn quoted(phone_number: &str) {
    let _ = phone_number;
}

#[sensitive_variables(phone_number)]
fn none() {}

#[sensitive_variables(phone_number)]
struct Form {
    phone_number: String,
}

trait Store {
    #[sensitive_variables(phone_number)]
    fn store(&self, phone_number: &str);
}

fn main() {}
