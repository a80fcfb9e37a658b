use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Compound};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name, CaseFolded>,
        nickname -> Nullable<Ciphertext<nickname>>,
        both_index -> Nullable<BlindIndex<Compound<(name, nickname)>, (CaseFolded, CaseFolded)>>,
    }
}

// Each mistake is reported at its own tokens, and all at once.
#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct Options {
    #[sensitive(index, index = "name_index", index = name_index, index = name_index, pad)]
    name: String,
    #[sensitive(indexes = both_index, hide_null = true, hidenull, pad = 0)]
    nickname: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct Padding {
    #[sensitive(hide_null, pad = 64, pad = padme)]
    name: String,
    #[sensitive(pad = padding)]
    nickname: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct Twice {
    #[sensitive(index = name_index)]
    name: String,
    name_index: Vec<u8>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct HalfKnown {
    #[sensitive(index = both_index)]
    name: String,
    #[sensitive(index = both_index)]
    nickname: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct HalfSkipped {
    #[sensitive(index = both_index)]
    name: String,
    #[sensitive(index = both_index)]
    #[diesel(skip_update, treat_none_as_null = true)]
    nickname: Option<String>,
}

fn main() {}
