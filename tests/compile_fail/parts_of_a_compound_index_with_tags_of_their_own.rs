use diesel::prelude::*;
use encfield::IndexExpressionMethods;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{Compound, Exact, Truncated};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        town -> Ciphertext<town>,
        both_index -> BlindIndex<Compound<(name, town)>, (Truncated<Exact, 128>, Exact)>,
    }
}

fn main() {
    let _ = people::table.filter(people::both_index.matches(("Ann", "Ulm")));
}
