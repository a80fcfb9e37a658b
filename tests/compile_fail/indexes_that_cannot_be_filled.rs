use diesel::prelude::*;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Compound, Exact};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name, CaseFolded>,
        nickname -> Nullable<Ciphertext<nickname>>,
        nickname_index -> BlindIndex<nickname, CaseFolded>,
        both_index -> Nullable<BlindIndex<Compound<(name, nickname)>, (CaseFolded, CaseFolded)>>,
        admitted -> Ciphertext<admitted>,
        admitted_index -> BlindIndex<admitted, Exact<bool>>,
        age -> Ciphertext<age>,
        age_index -> BlindIndex<age, CaseFolded>,
        plain -> Integer,
    }
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct OfAnotherColumn {
    #[sensitive(index = nickname_index)]
    name: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct MaybeNull {
    #[sensitive(index = nickname_index)]
    nickname: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct NoIndex {
    #[sensitive(index = plain)]
    name: String,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct InAnotherOrder {
    #[sensitive(index = both_index)]
    nickname: Option<String>,
    #[sensitive(index = both_index)]
    name: String,
}

fn the_index_of_another_column_in_an_assignment() {
    let _ = encfield::Indexed::new(people::name, people::nickname_index, "Ann");
}

fn none_where_the_index_is_not_null() {
    let _ = encfield::Indexed::new(people::nickname, people::nickname_index, None::<&str>);
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct FewValues {
    #[sensitive(index = admitted_index)]
    admitted: bool,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = people)]
struct ForAnotherType {
    #[sensitive(index = age_index)]
    age: u32,
}

fn main() {}
