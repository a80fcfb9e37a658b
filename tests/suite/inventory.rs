//! The encrypted columns of a program, held against a database.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{ErrorKind, Inventory, Key, Keyring, Role};

use crate::backend::Conn;
use crate::model::{Account, Profile};
use crate::people::{self, Person, person};

fn whole() -> Inventory {
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

/// The kinds and columns of the problems.
fn problems(conn: &mut Conn, inventory: &Inventory) -> Vec<(ErrorKind, String)> {
    let report = inventory.check(conn);
    let problem = |error: &encfield::Error| (error.kind(), error.column().unwrap().to_owned());
    report.problems().iter().map(problem).collect()
}

fn a_database_is_held_against_it() {
    let database = people::create();
    let conn = &mut database.open();
    let inventory = Inventory::new().with::<Person>().unwrap();
    assert_eq!(problems(conn, &inventory), []);
    diesel::insert_into(people::people::table)
        .values(person(1, "Meier", Some("K1")))
        .execute(conn)
        .unwrap();
    assert_eq!(problems(conn, &inventory), []);

    // A keyring without the key.
    Keyring::new(Key::generate().unwrap()).override_within(|| {
        let unknown = |column: &str| (ErrorKind::UnknownKey, column.to_owned());
        let expected = [unknown("name"), unknown("passport_number")];
        assert_eq!(problems(conn, &inventory), expected);
    });
    // A keyring that is not there to open.
    for role in [Role::Seal, Role::LookUp] {
        let keyring = Keyring::generate().only(role).unwrap();
        keyring.override_within(|| assert_eq!(problems(conn, &inventory), []));
    }
    // A table that is not there, and columns that are not.
    let all = whole();
    assert_eq!(problems(conn, &all).len(), 4);
    conn.batch_execute("DROP TABLE people; CREATE TABLE people (id INTEGER, name INTEGER, passport_number INTEGER)").unwrap();
    conn.batch_execute("INSERT INTO people (id, name) VALUES (1, 7)")
        .unwrap();
    let found = problems(conn, &inventory);
    assert!(
        found.contains(&(ErrorKind::ColumnInvalid, "phone_number".to_owned())),
        "{found:?}"
    );
    assert!(
        found.contains(&(ErrorKind::ColumnInvalid, "name_index".to_owned())),
        "{found:?}"
    );
    assert!(
        found.iter().any(|(_, column)| column == "name"),
        "{found:?}"
    );
}

crate::harness::claims![
    models_that_borrow_agree_with_those_that_own,
    an_inventory_names_each_column_once,
    models_that_disagree_are_refused,
    a_database_is_held_against_it,
];
