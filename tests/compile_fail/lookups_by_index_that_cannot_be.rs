use diesel::prelude::*;
use encfield::IndexExpressionMethods;
use people::{
    age_index, name, name_bucket, name_index, name_prefix, name_shared, passport_index,
    status_index, surname_index, surname_shared, table,
};

pub struct Names;

impl encfield::IndexDomain for Names {
    const NAME: &'static str = "names";
}

/// An enum of few values, with a codec.
pub enum Status {
    Open,
    Closed,
}

impl encfield::Codec for Status {
    fn encoded_len(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut encfield::Encoder<'_>) -> Result<(), encfield::CodecError> {
        out.write(&[matches!(self, Self::Closed).into()]);
        Ok(())
    }

    fn decode(_: &[u8]) -> Result<Self, encfield::CodecError> {
        Ok(Self::Open)
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Exact, Prefixes, Shared, Truncated};
    use super::{Names, Status};

    people (id) {
        id -> Integer,
        name -> Ciphertext<name>,
        name_index -> BlindIndex<name, CaseFolded>,
        name_bucket -> BlindIndex<name, Truncated<CaseFolded, 8>>,
        name_prefix -> BlindIndex<name, Prefixes<CaseFolded, 2, 6>>,
        passport_number -> Nullable<Ciphertext<passport_number>>,
        passport_index -> Nullable<BlindIndex<passport_number>>,
        age -> Ciphertext<age>,
        age_index -> BlindIndex<age, Exact<u32>>,
        surname -> Ciphertext<surname>,
        surname_index -> BlindIndex<surname, CaseFolded>,
        surname_shared -> BlindIndex<Shared<surname, Names>, Truncated<CaseFolded, 8>>,
        name_shared -> BlindIndex<Shared<name, Names>, Truncated<CaseFolded, 8>>,
        status -> Ciphertext<status>,
        status_index -> BlindIndex<status, Exact<Status>>,
    }
}

fn a_value_without_a_normaliser() {
    let _ = table.filter(passport_index.eq("K1234567"));
}

fn an_order_of_tags() {
    let _ = table.filter(name_index.lt("Meier"));
}

fn a_range_of_tags() {
    let _ = table.filter(name_index.between("A", "M"));
}

fn a_pattern() {
    let _ = table.filter(name_index.like("Mei%"));
}

fn an_enum_of_few_values() {
    let _ = table.filter(status_index.matches(&Status::Open));
}

fn several_values_without_a_normaliser() {
    let _ = table.filter(name_index.eq_any(["Meier"]));
}

fn the_index_of_another_column() {
    let _ = table.filter(passport_index.eq(name_index));
}

fn a_join_of_indexes_that_share_nothing() {
    let _ = table.filter(passport_index.matches_index_of(name_index));
}

fn the_index_of_another_column_and_no_other_difference() {
    let _ = table.filter(surname_index.eq(name_index));
}

fn a_join_of_tags_that_do_not_tell_values_apart() {
    let _ = table.filter(surname_shared.matches_index_of(name_shared));
}

fn the_inequality_of_tags() {
    let _ = table.filter(name_index.ne("Meier"));
}

fn other_orders_of_tags() {
    let _ = table.filter(name_index.gt("Meier"));
    let _ = table.filter(name_index.ge("Meier"));
}

fn the_greatest_tag() {
    let _ = table.select(diesel::dsl::max(name_index));
}

fn a_tag_made_by_hand() {
    type Bind = encfield::TagIsStoredNeverCompared<diesel::dsl::SqlTypeOf<name_index>>;
    let _ = diesel::update(table).set(name_index.eq(Bind::of::<name>("Meier")));
}

fn the_ciphertext_itself() {
    let _ = table.filter(name.matches("Meier"));
}

fn a_plain_column() {
    let _ = table.filter(people::id.matches("1"));
}

fn null() {
    let _ = table.filter(passport_index.matches(None::<&str>));
}

fn a_value_that_is_no_reference() {
    let _ = table.filter(passport_index.matches(String::new()));
}

fn a_value_of_another_type() {
    let _ = table.filter(age_index.matches(&7_u64));
}

fn a_number_where_text_is_indexed() {
    let _ = table.filter(name_index.matches(&7));
}

fn an_exact_match_in_a_truncated_index() {
    let _ = table.filter(name_bucket.matches("Meier"));
}

fn what_a_truncated_index_cannot_rule_out() {
    let _ = table.filter(name_bucket.does_not_match("Meier"));
}

fn a_whole_value_in_a_token_index() {
    let _ = table.filter(name_prefix.matches("Meier"));
}

fn a_part_in_an_index_of_whole_values() {
    let _ = table.filter(name_index.may_start_with("Mei"));
}

fn main() {}
