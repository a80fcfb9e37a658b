//! Lengths and NULLs that do not show.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable};
use encfield::{
    Encrypted, Error, ErrorKind, HiddenOption, IndexExpressionMethods, MultipleOf, Padded,
};

use crate::backend::{Conn, Database, TAG};
use crate::database::{ddl, install_keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    letters (id) {
        id -> Integer,
        subject -> Ciphertext<subject>,
        body -> Nullable<Ciphertext<body>>,
        diagnosis -> Ciphertext<diagnosis>,
        diagnosis_index -> BlindIndex<diagnosis>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone, PartialEq)]
struct Letter {
    id: i32,
    #[sensitive(pad = 64)]
    subject: String,
    #[sensitive(pad = padme)]
    body: Option<String>,
    #[sensitive(hide_null, index = diagnosis_index)]
    diagnosis: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = letters, treat_none_as_null = true)]
struct Diagnosis {
    #[sensitive(hide_null, index = diagnosis_index)]
    diagnosis: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = letters)]
struct DiagnosisIfAny {
    #[sensitive(hide_null, index = diagnosis_index)]
    diagnosis: Option<Option<String>>,
}

fn create() -> Database {
    install_keyring();
    let database = Database::create();
    let table = "CREATE TABLE letters (id {counter}, subject {bytes} NOT NULL, body {bytes}, \
                 diagnosis {bytes} NOT NULL, diagnosis_index {tag} NOT NULL UNIQUE)";
    database
        .open()
        .batch_execute(&ddl(&table.replace("{tag}", TAG)))
        .unwrap();
    database
}

fn letter(id: i32, subject: &str, body: Option<&str>, diagnosis: Option<&str>) -> Letter {
    Letter {
        id,
        subject: subject.into(),
        body: body.map(str::to_owned),
        diagnosis: diagnosis.map(str::to_owned),
    }
}

fn stored(conn: &mut Conn) -> Vec<Letter> {
    letters::table
        .order(letters::id)
        .select(Letter::as_select())
        .load(conn)
        .unwrap()
}

fn insert(conn: &mut Conn, letters: &[Letter]) {
    diesel::insert_into(letters::table)
        .values(letters)
        .execute(conn)
        .unwrap();
}

/// The bytes of a column, in the order of the ids.
fn raw(conn: &mut Conn, column: &str) -> Vec<Option<Vec<u8>>> {
    #[derive(QueryableByName)]
    struct Cell {
        #[diesel(sql_type = Nullable<Binary>)]
        cell: Option<Vec<u8>>,
    }
    let query = format!("SELECT {column} AS cell FROM letters ORDER BY id");
    let cells: Vec<Cell> = diesel::sql_query(query).load(conn).unwrap();
    cells.into_iter().map(|cell| cell.cell).collect()
}

fn lengths(conn: &mut Conn, column: &str) -> Vec<Option<usize>> {
    raw(conn, column)
        .into_iter()
        .map(|cell| Some(cell?.len()))
        .collect()
}

fn padded_values_come_back_and_have_one_length() {
    let database = create();
    let conn = &mut database.open();
    let body = "x".repeat(1_000);
    let all = [
        letter(1, "", None, None),
        letter(2, "to you", Some(""), Some("A")),
        letter(3, &"s".repeat(63), Some(&body[..993]), Some("B")),
        letter(4, &"s".repeat(64), Some(&body), Some("C")),
    ];
    insert(conn, &all);
    assert!(stored(conn) == all);
    let block = 50 + 64;
    assert_eq!(
        lengths(conn, "subject"),
        [Some(block), Some(block), Some(block), Some(block + 64)]
    );
    // Padmé: 994 bytes and 1,001 with the mark are both 1,024.
    assert_eq!(
        lengths(conn, "body"),
        [None, Some(51), Some(1_074), Some(1_074)]
    );
}

fn a_hidden_none_looks_like_a_value() {
    let database = create();
    let conn = &mut database.open();
    let all = [
        letter(1, "a", None, None),
        letter(2, "b", None, Some("F32.1")),
        letter(3, "c", None, None),
    ];
    insert(conn, &all);
    assert!(stored(conn) == all);
    assert_eq!(lengths(conn, "diagnosis"), [Some(50 + 64); 3]);
    assert_eq!(lengths(conn, "diagnosis_index"), [Some(32); 3]);
    let tags = raw(conn, "diagnosis_index");
    assert!(
        tags[0] != tags[1] && tags[0] != tags[2],
        "the tags of nothing are alike"
    );
    let found = letters::table
        .filter(letters::diagnosis_index.matches("F32.1"))
        .select(letters::id)
        .load::<i32>(conn);
    assert_eq!(found, Ok(vec![2]));
}

fn a_hidden_none_can_be_set() {
    let database = create();
    let conn = &mut database.open();
    insert(conn, &[letter(1, "a", None, Some("F32.1"))]);
    let set = |conn: &mut Conn, diagnosis: Option<&str>| {
        let diagnosis = diagnosis.map(str::to_owned);
        diesel::update(letters::table.find(1))
            .set(&Diagnosis { diagnosis })
            .execute(conn)
            .unwrap();
    };
    set(conn, None);
    assert_eq!(stored(conn)[0].diagnosis, None);
    assert_eq!(lengths(conn, "diagnosis"), [Some(50 + 64)]);
    let lookup = || {
        letters::table
            .filter(letters::diagnosis_index.matches("F32.1"))
            .count()
    };
    assert_eq!(lookup().get_result(conn), Ok(0_i64));
    set(conn, Some("F32.1"));
    assert_eq!(lookup().get_result(conn), Ok(1_i64));
    // In a struct that leaves `None` as it is, `None` leaves it as it is.
    let untouched = letter(1, "b", None, None);
    diesel::update(letters::table.find(1))
        .set(untouched)
        .execute(conn)
        .unwrap();
    assert_eq!(stored(conn)[0], letter(1, "b", None, Some("F32.1")));
    // With an `Option` of an `Option` there are all three.
    for (diagnosis, expected) in [
        (None, Some("F32.1")),
        (Some(None), None),
        (Some(Some("F33".to_owned())), Some("F33")),
    ] {
        let change = DiagnosisIfAny { diagnosis };
        let update = diesel::update(letters::table.find(1));
        // Diesel has nothing to update where nothing changes, and says so.
        let _ = update.set(&change).execute(conn);
        assert_eq!(stored(conn)[0], letter(1, "b", None, expected));
        let found = letters::diagnosis_index.matches(expected.unwrap_or_default());
        let count = letters::table.filter(found).count().get_result(conn);
        assert_eq!(count, Ok(i64::from(expected.is_some())));
    }
}

fn the_explicit_style_pads_with_the_same_types() {
    let database = create();
    let conn = &mut database.open();
    insert(conn, &[letter(1, "to you", None, None)]);
    let subject: Encrypted<Padded<String, MultipleOf<64>>> =
        letters::table.select(letters::subject).first(conn).unwrap();
    assert_eq!(subject.expose().as_inner(), "to you");
    let diagnosis: Encrypted<Padded<HiddenOption<String>, MultipleOf<64>>> = letters::table
        .select(letters::diagnosis)
        .first(conn)
        .unwrap();
    assert!(diagnosis.expose().as_inner().0.is_none());
    diesel::update(letters::table)
        .set(letters::subject.eq(subject))
        .execute(conn)
        .unwrap();
    assert_eq!(stored(conn)[0].subject, "to you");
}

fn a_value_that_was_stored_without_padding_is_refused() {
    let database = create();
    let conn = &mut database.open();
    insert(conn, &[letter(1, "to you", None, None)]);
    let plain = letters::subject.eq(Encrypted::new("to you".to_owned()));
    diesel::update(letters::table)
        .set(plain)
        .execute(conn)
        .unwrap();
    let error = letters::table
        .select(Letter::as_select())
        .first(conn)
        .err()
        .unwrap();
    assert_eq!(
        Error::cause_of(&error).unwrap().kind(),
        ErrorKind::NotDecodable
    );
}

crate::harness::claims![
    padded_values_come_back_and_have_one_length,
    a_hidden_none_looks_like_a_value,
    a_hidden_none_can_be_set,
    the_explicit_style_pads_with_the_same_types,
    a_value_that_was_stored_without_padding_is_refused,
];
