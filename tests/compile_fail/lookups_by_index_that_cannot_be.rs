use diesel::prelude::*;
use encfield::IndexExpressionMethods;
use people::{age_index, name, name_bucket, name_index, name_prefix, passport_index, table};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{CaseFolded, Exact, Prefixes, Truncated};

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

fn several_values_without_a_normaliser() {
    let _ = table.filter(name_index.eq_any(["Meier"]));
}

fn the_index_of_another_column() {
    let _ = table.filter(passport_index.eq(name_index));
}

fn a_join_of_indexes_that_share_nothing() {
    let _ = table.filter(passport_index.matches_index_of(name_index));
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
