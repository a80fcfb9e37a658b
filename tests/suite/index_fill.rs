//! A blind index follows its value on every way to write it.

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, Error, ErrorKind, IndexExpressionMethods, Indexed, Tag};
use phonenumber::PhoneNumber;

use crate::backend::{Conn, TAG};
use crate::database::ddl;
use crate::people::{Person, create, ids, people, person, stored};

fn date(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 3, 9).unwrap()
}

fn kind<T>(result: QueryResult<T>) -> ErrorKind {
    let error = result.err().unwrap();
    Error::cause_of(&error).unwrap().kind()
}

/// That each person is found by the values that the row holds, and no index holds a tag of no value.
fn each_is_found_by_what_is_stored(conn: &mut Conn) {
    for one in stored(conn) {
        let finds = |found: Vec<i32>, index: &str| {
            assert!(found.contains(&one.id), "{} by {index}", one.id);
        };
        finds(ids!(conn, people::name_index.matches(&one.name)), "name");
        let bucket = people::name_bucket.may_match(&one.name);
        finds(ids!(conn, bucket), "name_bucket");
        if let Some(passport) = &one.passport_number {
            let found = ids!(conn, people::passport_index.matches(passport));
            assert_eq!(found, [one.id]);
        } else {
            finds(ids!(conn, people::passport_index.is_null()), "no passport");
        }
        if let Some(phone) = &one.phone_number {
            finds(ids!(conn, people::phone_index.matches(phone)), "phone");
            let last_four = people::phone_last_four.matches(phone);
            finds(ids!(conn, last_four), "last four");
        } else {
            finds(ids!(conn, people::phone_index.is_null()), "no phone");
            finds(ids!(conn, people::phone_last_four.is_null()), "no phone");
        }
        if let Some(born) = &one.birth_date {
            let both = people::name_year_index.matches((&one.name, born));
            finds(ids!(conn, both), "name and year");
        } else {
            finds(ids!(conn, people::name_year_index.is_null()), "no year");
        }
    }
}

fn tag(conn: &mut Conn, id: i32) -> Option<Tag> {
    let query = people::table.find(id).select(people::passport_index);
    query.first(conn).unwrap()
}

fn insert_one_by_reference_and_in_a_batch() {
    let (database, whole) = (create(), |id| Person {
        birth_date: Some(date(1980 + id)),
        ..person(id, &format!("Meier {id}"), Some(&format!("K{id}")))
    });
    let conn = &mut database.open();
    let insert = || diesel::insert_into(people::table);
    insert().values(whole(1)).execute(conn).unwrap();
    insert().values(&whole(2)).execute(conn).unwrap();
    insert()
        .values(vec![whole(3), person(4, "Müller", None)])
        .execute(conn)
        .unwrap();
    insert()
        .values(&vec![whole(5), whole(6)])
        .execute(conn)
        .unwrap();
    insert()
        .values(&[whole(7), whole(8)])
        .execute(conn)
        .unwrap();
    each_is_found_by_what_is_stored(conn);
    assert_eq!(stored(conn).len(), 8);
}

fn a_changeset_moves_the_index_with_the_value() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(people::table)
        .values(person(1, "Meier", Some("K1")))
        .execute(conn)
        .unwrap();
    let married = Person {
        birth_date: Some(date(1990)),
        ..person(1, "Özil", Some("K2"))
    };
    diesel::update(people::table.find(1))
        .set(&married)
        .execute(conn)
        .unwrap();
    each_is_found_by_what_is_stored(conn);
    assert_eq!(ids!(conn, people::name_index.matches("Meier")), [0; 0]);
    assert_eq!(ids!(conn, people::passport_index.matches("K1")), [0; 0]);
    diesel::update(people::table.find(1))
        .set(married)
        .execute(conn)
        .unwrap();
    each_is_found_by_what_is_stored(conn);
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct NewPassport {
    #[sensitive(index = passport_index)]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people, treat_none_as_null = true)]
struct PassportOrNull {
    #[sensitive(index = passport_index)]
    passport_number: Option<String>,
}

fn a_partial_update_touches_both_or_none() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(people::table)
        .values(person(1, "Meier", Some("K1")))
        .execute(conn)
        .unwrap();
    let before = tag(conn, 1);
    let set = |conn: &mut Conn, change: NewPassport| {
        diesel::update(people::table.find(1))
            .set(&change)
            .execute(conn)
    };
    // Diesel has nothing to update, and says so.
    assert!(
        set(
            conn,
            NewPassport {
                passport_number: None
            }
        )
        .is_err()
    );
    assert_eq!(tag(conn, 1), before);
    set(
        conn,
        NewPassport {
            passport_number: Some("K9".into()),
        },
    )
    .unwrap();
    assert_ne!(tag(conn, 1), before);
    each_is_found_by_what_is_stored(conn);
}

fn null_clears_the_index_with_the_value() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(people::table)
        .values(person(1, "Meier", Some("K1")))
        .execute(conn)
        .unwrap();
    let nothing = PassportOrNull {
        passport_number: None,
    };
    diesel::update(people::table.find(1))
        .set(&nothing)
        .execute(conn)
        .unwrap();
    assert_eq!(stored(conn)[0].passport_number, None);
    assert_eq!(tag(conn, 1), None);
    assert_eq!(ids!(conn, people::passport_index.is_null()), [1]);
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct NewName {
    #[sensitive(index = name_index, index = name_bucket, index = name_year_index)]
    name: Option<String>,
    #[sensitive(index = name_year_index)]
    birth_date: Option<NaiveDate>,
}

/// Three states: `None` leaves the value, `Some(None)` sets NULL, `Some(Some(..))` writes.
#[encfield::model]
#[derive(AsChangeset, Default)]
#[diesel(table_name = people)]
struct ThreeStates {
    #[sensitive(index = name_index, index = name_bucket, index = name_year_index)]
    name: Option<String>,
    #[sensitive(index = name_year_index)]
    birth_date: Option<Option<NaiveDate>>,
    #[sensitive(index = phone_index, index = phone_last_four)]
    phone_number: Option<Option<PhoneNumber>>,
    #[sensitive(index = passport_index)]
    passport_number: Option<Option<String>>,
}

fn each_of_three_states_takes_the_indexes_along() {
    let database = create();
    let conn = &mut database.open();
    let phone = |text: &str| text.parse::<PhoneNumber>().unwrap();
    let mut expected = Person {
        birth_date: Some(date(1984)),
        phone_number: Some(phone("+91 98765 43210")),
        ..person(1, "Meier", Some("K1"))
    };
    diesel::insert_into(people::table)
        .values(&expected)
        .execute(conn)
        .unwrap();
    let set = |conn: &mut Conn, change: &ThreeStates| {
        diesel::update(people::table.find(1))
            .set(change)
            .execute(conn)
            .unwrap();
        each_is_found_by_what_is_stored(conn);
    };

    // NULL in one, the others as they were.
    let no_phone = ThreeStates {
        phone_number: Some(None),
        ..ThreeStates::default()
    };
    set(conn, &no_phone);
    expected.phone_number = None;
    assert!(stored(conn) == [expected.clone()]);
    let number = phone("+91 98765 43210");
    assert_eq!(ids!(conn, people::phone_index.matches(&number)), [0; 0]);
    assert_eq!(ids!(conn, people::phone_last_four.is_null()), [1]);

    // A value in one, NULL in the other.
    let values = ThreeStates {
        phone_number: Some(Some(phone("+91 98765 11111"))),
        passport_number: Some(None),
        ..ThreeStates::default()
    };
    set(conn, &values);
    expected.phone_number = Some(phone("+91 98765 11111"));
    expected.passport_number = None;
    assert!(stored(conn) == [expected.clone()]);
    assert_eq!(ids!(conn, people::phone_last_four.matches("1111")), [1]);
    assert_eq!(tag(conn, 1), None);

    // A member of a compound.
    for born in [None, Some(date(1990))] {
        let both = ThreeStates {
            name: Some("Özil".into()),
            birth_date: Some(born),
            ..ThreeStates::default()
        };
        set(conn, &both);
        expected.name = "Özil".into();
        expected.birth_date = born;
        assert!(stored(conn) == [expected.clone()]);
        let found = ids!(conn, people::name_year_index.matches(("Özil", &1990)));
        assert_eq!(found.len(), usize::from(born.is_some()));
        assert_eq!(
            ids!(conn, people::name_year_index.is_null()).len(),
            usize::from(born.is_none())
        );
    }
    let a_part = ThreeStates {
        birth_date: Some(None),
        ..ThreeStates::default()
    };
    let result = diesel::update(people::table.find(1))
        .set(a_part)
        .execute(conn);
    assert_eq!(kind(result), ErrorKind::IndexNotFilled);
    assert!(stored(conn) == [expected], "something was written");
}

/// Fields by reference, of types that are no text.
#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct Borrowed<'a> {
    #[sensitive(index = name_index, index = name_bucket, index = name_year_index)]
    name: &'a str,
    #[sensitive(index = name_year_index)]
    #[diesel(treat_none_as_null = true)]
    birth_date: Option<&'a NaiveDate>,
    #[sensitive(index = phone_index, index = phone_last_four)]
    phone_number: Option<&'a PhoneNumber>,
    #[sensitive(index = passport_index)]
    passport_number: Option<Option<&'a str>>,
}

fn a_borrowed_field_fills_its_indexes() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(people::table)
        .values(person(1, "Meier", None))
        .execute(conn)
        .unwrap();
    let phone = "+91 98765 43210".parse::<PhoneNumber>().unwrap();
    let change = Borrowed {
        name: "Özil",
        birth_date: Some(&date(1984)),
        phone_number: Some(&phone),
        passport_number: Some(Some("K2")),
    };
    diesel::update(people::table.find(1))
        .set(&change)
        .execute(conn)
        .unwrap();
    let expected = Person {
        plain_name: "Meier".into(),
        plain_passport: None,
        birth_date: Some(date(1984)),
        phone_number: Some(phone),
        ..person(1, "Özil", Some("K2"))
    };
    assert!(stored(conn) == [expected]);
    each_is_found_by_what_is_stored(conn);
}

fn a_change_of_a_part_of_a_compound_does_not_happen() {
    let database = create();
    let conn = &mut database.open();
    let before = Person {
        birth_date: Some(date(1984)),
        ..person(1, "Meier", Some("K1"))
    };
    diesel::insert_into(people::table)
        .values(&before)
        .execute(conn)
        .unwrap();
    for change in [
        NewName {
            name: Some("Özil".into()),
            birth_date: None,
        },
        NewName {
            name: None,
            birth_date: Some(date(1990)),
        },
    ] {
        let result = diesel::update(people::table.find(1))
            .set(change)
            .execute(conn);
        assert_eq!(kind(result), ErrorKind::IndexNotFilled);
        assert!(stored(conn) == [before.clone()], "something was written");
    }
    let both = NewName {
        name: Some("Özil".into()),
        birth_date: Some(date(1990)),
    };
    diesel::update(people::table.find(1))
        .set(both)
        .execute(conn)
        .unwrap();
    each_is_found_by_what_is_stored(conn);
}

#[encfield::model]
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = people)]
struct Forgetful {
    id: i32,
    #[sensitive]
    passport_number: Option<String>,
}

#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = people)]
struct HalfACompound {
    #[sensitive(index = name_index, index = name_bucket)]
    name: String,
}

fn a_write_that_forgets_an_index_does_not_happen() {
    let database = create();
    let conn = &mut database.open();
    let before = person(1, "Meier", Some("K1"));
    diesel::insert_into(people::table)
        .values(&before)
        .execute(conn)
        .unwrap();

    let forgetful = Forgetful {
        id: 1,
        passport_number: Some("K2".into()),
    };
    let update = || diesel::update(people::table.find(1));
    let half = HalfACompound {
        name: "Özil".into(),
    };
    let results = [
        update().set(&forgetful).execute(conn),
        update().set(&half).execute(conn),
        update()
            .set(people::passport_number.eq(Encrypted::new("K2".to_owned())))
            .execute(conn),
        update()
            .set(people::passport_number.eq(Encrypted::new(None::<String>)))
            .execute(conn),
        diesel::insert_into(people::table)
            .values(&forgetful)
            .execute(conn),
    ];
    for result in results {
        let error = result.unwrap_err();
        let cause = Error::cause_of(&error).unwrap();
        assert_eq!(cause.kind(), ErrorKind::IndexNotFilled);
        let text = cause.to_string();
        assert!(text.starts_with("encfield: people."), "no place in: {text}");
        assert!(text.contains("_index"), "the index is not named: {text}");
    }
    assert!(stored(conn) == [before], "something was written");
}

fn an_explicit_assignment_fills_the_index() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(people::table)
        .values(vec![person(1, "Meier", None), person(2, "Özil", None)])
        .execute(conn)
        .unwrap();
    let assign = |passport| Indexed::new(people::passport_number, people::passport_index, passport);
    let update = |id: i32| diesel::update(people::table.find(id));
    update(1).set(assign(Some("K1"))).execute(conn).unwrap();
    update(2)
        .set((people::plain_year.eq(1984), assign(Some("K2"))))
        .execute(conn)
        .unwrap();
    each_is_found_by_what_is_stored(conn);
    update(2).set(assign(None)).execute(conn).unwrap();
    assert_eq!(tag(conn, 2), None);
    assert_eq!(ids!(conn, people::passport_index.matches("K1")), [1]);
    assert_eq!(ids!(conn, people::passport_index.matches("K2")), [0; 0]);

    // Without one of two indexes the write is refused, whatever the order.
    let phone: PhoneNumber = "+91 98765 43210".parse().unwrap();
    let alone = Indexed::new(people::phone_number, people::phone_last_four, &phone);
    assert_eq!(
        kind(update(1).set(alone).execute(conn)),
        ErrorKind::IndexNotFilled
    );
    let both = Indexed::new(people::phone_number, people::phone_last_four, &phone)
        .and(people::phone_index);
    update(1).set(both).execute(conn).unwrap();
    assert_eq!(ids!(conn, people::phone_index.matches("098765 43210")), [1]);
}

fn a_value_without_a_normal_form_has_no_tag() {
    let database = create();
    let conn = &mut database.open();
    // The name's index is NOT NULL: nothing is written.
    let blank = diesel::insert_into(people::table)
        .values(person(1, " ", None))
        .execute(conn);
    assert_eq!(kind(blank), ErrorKind::NotIndexable);
    assert_eq!(stored(conn).len(), 0);
    // The empty passport number is a value like any other.
    diesel::insert_into(people::table)
        .values(person(2, "Meier", Some("")))
        .execute(conn)
        .unwrap();
    assert_eq!(ids!(conn, people::passport_index.matches("")), [2]);
}

mod notes {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::{BlindIndex, Ciphertext};
        use encfield::{E164, Nfkc};

        notes (id) {
            id -> Integer,
            text -> Ciphertext<text>,
            text_index -> Nullable<BlindIndex<text, Nfkc>>,
            phone -> Nullable<Ciphertext<phone>>,
            phone_index -> Nullable<BlindIndex<phone, E164>>,
        }
    }

    /// The same table, of a program that has not heard of the indexes.
    pub(super) mod unaware {
        diesel::table! {
            use diesel::sql_types::*;
            use encfield::sql_types::Ciphertext;

            notes (id) {
                id -> Integer,
                text -> Ciphertext<text>,
                phone -> Nullable<Ciphertext<phone>>,
            }
        }
    }
}

use notes::notes as note;

#[encfield::model]
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = note)]
struct Note {
    id: i32,
    #[sensitive(index = text_index)]
    text: &'static str,
    #[sensitive(index = phone_index)]
    phone: Option<&'static str>,
}

fn create_notes() -> crate::backend::Database {
    let database = create();
    let table = "CREATE TABLE notes (id {counter}, text {bytes} NOT NULL, text_index {tag}, \
                 phone {bytes}, phone_index {tag})";
    let conn = &mut database.open();
    conn.batch_execute(&ddl(&table.replace("{tag}", TAG)))
        .unwrap();
    let notes = [(1, "one", Some("+919876543210")), (2, " ", Some("none"))];
    let notes = notes.map(|(id, text, phone)| Note { id, text, phone });
    diesel::insert_into(note::table)
        .values(&notes)
        .execute(conn)
        .unwrap();
    database
}

/// The ids of the notes whose index of the text is NULL, and of those whose index of the phone is.
fn notes_without_tags(conn: &mut Conn) -> [Vec<i32>; 2] {
    let ids = || note::table.select(note::id).order(note::id);
    [
        ids().filter(note::text_index.is_null()).load(conn).unwrap(),
        ids()
            .filter(note::phone_index.is_null())
            .load(conn)
            .unwrap(),
    ]
}

fn a_value_without_a_normal_form_has_a_tag_of_null_where_it_can() {
    let database = create_notes();
    let conn = &mut database.open();
    assert_eq!(notes_without_tags(conn), [[2], [2]]);
    // A change to such a value clears the tag of the one before.
    let blank = Note {
        id: 1,
        text: "  ",
        phone: Some("?"),
    };
    diesel::update(note::table.find(1))
        .set(&blank)
        .execute(conn)
        .unwrap();
    assert_eq!(notes_without_tags(conn), [[1, 2], [1, 2]]);
    let by_text = note::table.filter(note::text_index.matches("one"));
    assert_eq!(by_text.count().get_result(conn), Ok(0_i64));
}

/// What the guide says is the program's to get right: nothing of it is seen.
fn what_the_types_do_not_see_leaves_the_index_behind() {
    let database = create_notes();
    let conn = &mut database.open();
    let count = |conn: &mut Conn, text: &str| {
        let found = note::table.filter(note::text_index.matches(text));
        found.count().get_result::<i64>(conn).unwrap()
    };

    // A table! without the index column.
    use notes::unaware::notes as unaware;
    diesel::update(unaware::table.find(1))
        .set(unaware::text.eq(Encrypted::new("two".to_owned())))
        .execute(conn)
        .unwrap();
    assert_eq!((count(conn, "one"), count(conn, "two")), (1, 0));

    // INSERT .. SELECT without the index column, and with it.
    let of_one = note::table.filter(note::id.eq(1));
    of_one
        .select((note::id + 10, note::text))
        .insert_into(note::table)
        .into_columns((note::id, note::text))
        .execute(conn)
        .unwrap();
    assert_eq!(count(conn, "one"), 1);
    of_one
        .select((note::id + 20, note::text, note::text_index))
        .insert_into(note::table)
        .into_columns((note::id, note::text, note::text_index))
        .execute(conn)
        .unwrap();
    assert_eq!(count(conn, "one"), 2);
}

/// A struct with a field for each column, as `save_changes` wants it.
#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = passports)]
struct Passport {
    id: i32,
    #[sensitive(index = number_index)]
    number: String,
    #[diesel(skip_insertion, skip_update)]
    number_index: Option<Tag>,
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    passports (id) {
        id -> Integer,
        number -> Ciphertext<number>,
        number_index -> Nullable<BlindIndex<number>>,
    }
}

fn a_field_for_the_tag_is_loaded_and_never_written() {
    let database = create();
    let conn = &mut database.open();
    let table =
        "CREATE TABLE passports (id {counter}, number {bytes} NOT NULL, number_index {tag})";
    conn.batch_execute(&ddl(&table.replace("{tag}", TAG)))
        .unwrap();
    let mut passport = Passport {
        id: 1,
        number: "K1".into(),
        number_index: None,
    };
    diesel::insert_into(passports::table)
        .values(&passport)
        .execute(conn)
        .unwrap();
    passport.number = "K2".into();
    let saved: Passport = passport.save_changes(conn).unwrap();
    let tag = saved.number_index.unwrap();
    assert_eq!(format!("{tag:?}"), "********");
    let found = passports::table.filter(passports::number_index.matches("K2"));
    assert_eq!(found.select(passports::id).load::<i32>(conn), Ok(vec![1]));
}

crate::harness::claims![
    insert_one_by_reference_and_in_a_batch,
    a_changeset_moves_the_index_with_the_value,
    a_partial_update_touches_both_or_none,
    null_clears_the_index_with_the_value,
    each_of_three_states_takes_the_indexes_along,
    a_borrowed_field_fills_its_indexes,
    a_change_of_a_part_of_a_compound_does_not_happen,
    a_write_that_forgets_an_index_does_not_happen,
    an_explicit_assignment_fills_the_index,
    a_value_without_a_normal_form_has_no_tag,
    a_value_without_a_normal_form_has_a_tag_of_null_where_it_can,
    what_the_types_do_not_see_leaves_the_index_behind,
    a_field_for_the_tag_is_loaded_and_never_written,
];
