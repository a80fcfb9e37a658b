//! The encrypted columns of a program, by its models.

use diesel::prelude::*;
use encfield::{ErrorKind, Inventory};

use crate::model::{Account, Profile};
use crate::people::Person;

pub(crate) fn whole() -> Inventory {
    let inventory = Inventory::new().with::<Person>().unwrap();
    inventory
        .with::<Profile>()
        .unwrap()
        .with::<Account>()
        .unwrap()
}

#[encfield::model]
#[derive(Queryable, Selectable)]
#[diesel(table_name = crate::people::people)]
#[expect(dead_code, reason = "it is looked at, not loaded")]
struct ReadsOnly {
    #[sensitive]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = crate::people::people)]
struct StoresInAnotherWay {
    id: i32,
    #[sensitive(index = name_index, index = name_bucket)]
    name: String,
}

#[encfield::model]
#[derive(Selectable, Queryable)]
#[diesel(table_name = crate::people::people)]
#[expect(dead_code, reason = "it is looked at, not loaded")]
struct BindsToAnotherColumn {
    id: i32,
    #[sensitive(bind = id)]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = crate::people::people)]
struct PadsInAnotherWay {
    id: i32,
    #[sensitive(pad = 64, index = passport_index)]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(Selectable, Queryable)]
#[diesel(table_name = crate::people::people)]
#[expect(dead_code, reason = "it is looked at, not loaded")]
struct OfAnotherType {
    #[sensitive]
    passport_number: Option<i64>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = crate::people::people)]
struct Borrows<'a> {
    id: i32,
    #[sensitive(index = passport_index)]
    passport_number: Option<&'a str>,
}

fn models_that_borrow_agree_with_those_that_own() {
    let inventory = Inventory::new().with::<Borrows<'_>>().unwrap();
    let column = &inventory.columns()[0];
    // The name that a manifest is read by.
    assert_eq!(column.field_type(), "Option<String>");
    whole().with::<Borrows<'_>>().unwrap();
}

fn an_inventory_names_each_column_once() {
    let inventory = whole()
        .with::<Person>()
        .unwrap()
        .with::<ReadsOnly>()
        .unwrap();
    let names: Vec<_> = inventory
        .columns()
        .iter()
        .map(|column| format!("{}.{}", column.table(), column.column()))
        .collect();
    assert_eq!(
        names,
        [
            "people.name",
            "people.birth_date",
            "people.phone_number",
            "people.passport_number",
            "profiles.phone_number",
            "profiles.passport_number",
            "accounts.iban",
            "accounts.note",
        ]
    );
    let text = inventory.to_string();
    assert!(
        text.contains("people.passport_number: Option<String>, found by passport_index"),
        "{text}"
    );
    let toml = inventory.to_toml();
    assert!(
        toml.contains("column = \"iban\"") && toml.matches("[[column]]").count() == 8,
        "{toml}"
    );
}

fn a_macro_lists_the_models() {
    let inventory = encfield::inventory![Person, Profile, Account].unwrap();
    assert_eq!(inventory.to_toml(), whole().to_toml());
    assert!(encfield::inventory![].unwrap().columns().is_empty());
    let error = encfield::inventory![Person, OfAnotherType,].unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ModelsDisagree);
}

fn models_that_disagree_are_refused() {
    for error in [
        whole().with::<StoresInAnotherWay>().unwrap_err(),
        whole().with::<BindsToAnotherColumn>().unwrap_err(),
        whole().with::<PadsInAnotherWay>().unwrap_err(),
        whole().with::<OfAnotherType>().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ModelsDisagree);
        assert_eq!(error.table(), Some("people"));
    }
}

crate::harness::claims![
    models_that_borrow_agree_with_those_that_own,
    an_inventory_names_each_column_once,
    models_that_disagree_are_refused,
    a_macro_lists_the_models,
];
