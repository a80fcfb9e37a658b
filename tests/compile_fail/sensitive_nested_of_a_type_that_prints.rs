//! What is nested prints itself, so its type must derive `Sensitive`.

use encfield::Sensitive;

#[derive(Sensitive)]
struct Profile {
    #[sensitive(nested)]
    phone_number: String,
    #[sensitive(nested)]
    passport_numbers: Option<Vec<String>>,
}

#[derive(Sensitive)]
enum Change {
    Phone(#[sensitive(nested)] [String; 1]),
}

#[derive(Sensitive)]
struct Of<T: encfield::Wipe> {
    #[sensitive(nested)]
    value: T,
}

fn main() {
    println!("{:?}", Of { value: String::from("K1234567") });
}
