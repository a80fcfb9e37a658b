//! A value that is bound to its row opens there alone.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Encrypted, Error, ErrorKind, IndexExpressionMethods, Indexed, RowValues, Sealed};

use crate::backend::{Conn, Database, TAG};
use crate::database::{ddl, install_keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    cards (id) {
        id -> Integer,
        owner -> Text,
        number -> Ciphertext<number>,
        number_index -> Nullable<BlindIndex<number>>,
        note -> Nullable<Ciphertext<note>>,
        limit -> Ciphertext<limit>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Clone, PartialEq)]
struct Card {
    id: i32,
    #[diesel(skip_update)]
    owner: String,
    #[sensitive(bind = id, bind = owner, index = number_index)]
    number: String,
    #[sensitive(bind = owner, pad = 64)]
    note: Option<String>,
    #[sensitive(bind = id, hide_null)]
    limit: Option<u32>,
}

#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = cards)]
struct NewCard<'a> {
    id: i32,
    owner: &'a str,
    #[sensitive(bind = id, bind = owner, index = number_index)]
    number: &'a str,
    #[sensitive(bind = owner, pad = 64)]
    note: Option<&'a str>,
    #[sensitive(bind = id, hide_null)]
    limit: Option<u32>,
}

/// With the owner in a changeset, whatever is bound to it is written as well.
#[encfield::model]
#[derive(AsChangeset)]
#[diesel(table_name = cards)]
struct Handover {
    id: i32,
    owner: String,
    #[sensitive(bind = id, bind = owner, index = number_index)]
    number: String,
    #[sensitive(bind = owner, pad = 64)]
    #[diesel(treat_none_as_null = true)]
    note: Option<String>,
}

fn create() -> Database {
    install_keyring();
    let database = Database::create();
    let table = "CREATE TABLE cards (id {counter}, owner {text} NOT NULL, number {bytes} NOT NULL, \
                 number_index {tag}, note {bytes}, {limit} {bytes} NOT NULL)";
    let table = table
        .replace("{tag}", TAG)
        .replace("{limit}", &crate::backend::quoted("limit"));
    database.open().batch_execute(&ddl(&table)).unwrap();
    database
}

fn card(id: i32, owner: &str) -> Card {
    Card {
        id,
        owner: owner.to_owned(),
        number: format!("4111{id}"),
        note: (id > 1).then(|| format!("note {id}")),
        limit: (id > 1).then_some(500),
    }
}

fn stored(conn: &mut Conn) -> QueryResult<Vec<Card>> {
    cards::table
        .order(cards::id)
        .select(Card::as_select())
        .load(conn)
}

fn is_refused<T>(result: QueryResult<T>) -> bool {
    let error = result.err().unwrap();
    Error::cause_of(&error).unwrap().kind() == ErrorKind::NotAuthentic
}

fn bound_values_come_back_on_every_path() {
    let database = create();
    let conn = &mut database.open();
    let insert = || diesel::insert_into(cards::table);
    insert().values(card(1, "ann")).execute(conn).unwrap();
    insert().values(&card(2, "ann")).execute(conn).unwrap();
    insert()
        .values(vec![card(3, "bo"), card(4, "bo")])
        .execute(conn)
        .unwrap();
    let five = card(5, "cy");
    let new = NewCard {
        id: 5,
        owner: "cy",
        number: &five.number,
        note: five.note.as_deref(),
        limit: five.limit,
    };
    insert().values(&new).execute(conn).unwrap();
    let all = [
        card(1, "ann"),
        card(2, "ann"),
        card(3, "bo"),
        card(4, "bo"),
        five,
    ];
    assert!(stored(conn).unwrap() == all);

    let changed = Card {
        number: "5222".into(),
        note: Some("new".into()),
        ..card(2, "ann")
    };
    diesel::update(&changed)
        .set(&changed)
        .execute(conn)
        .unwrap();
    let one = cards::table.filter(cards::number_index.matches("5222"));
    assert!(one.select(Card::as_select()).first(conn).unwrap() == changed);
    let all: Vec<Card> = cards::table
        .select((
            cards::id,
            cards::owner,
            cards::number,
            cards::note,
            cards::limit,
        ))
        .filter(cards::id.eq(2))
        .load(conn)
        .unwrap();
    assert!(all == [changed]);
}

fn a_value_copied_to_another_row_does_not_open() {
    let database = create();
    let conn = &mut database.open();
    let all = vec![card(1, "ann"), card(2, "ann"), card(3, "bo")];
    diesel::insert_into(cards::table)
        .values(&all)
        .execute(conn)
        .unwrap();
    let raw: Vec<Sealed<String>> = cards::table
        .order(cards::id)
        .select(cards::number)
        .load(conn)
        .unwrap();
    let mut put = |column: &str, value: &[u8], id: i32| {
        let query = format!("UPDATE cards SET {column} = ? WHERE id = ?");
        diesel::sql_query(crate::backend::sql(&query))
            .bind::<diesel::sql_types::Binary, _>(value)
            .bind::<diesel::sql_types::Integer, _>(id)
            .execute(conn)
            .unwrap();
    };
    // Bound to id and owner: another id of the same owner is another row.
    put("number", raw[0].as_bytes(), 2);
    let conn = &mut database.open();
    assert!(is_refused(stored(conn)));
    assert!(stored_of(conn, 1).is_ok() && stored_of(conn, 3).is_ok());
}

fn stored_of(conn: &mut Conn, id: i32) -> QueryResult<Card> {
    cards::table.find(id).select(Card::as_select()).first(conn)
}

fn a_row_whose_bound_column_was_changed_does_not_open() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(cards::table)
        .values(card(2, "ann"))
        .execute(conn)
        .unwrap();
    diesel::update(cards::table.find(2))
        .set(cards::owner.eq("bo"))
        .execute(conn)
        .unwrap();
    assert!(is_refused(stored_of(conn, 2)));
    diesel::update(cards::table.find(2))
        .set(cards::owner.eq("ann"))
        .execute(conn)
        .unwrap();
    assert!(stored_of(conn, 2).unwrap() == card(2, "ann"));
    // Through the model the values move along.
    let handover = Handover {
        id: 2,
        owner: "bo".into(),
        number: "4111".into(),
        note: Some("for bo".into()),
    };
    diesel::update(cards::table.find(2))
        .set(&handover)
        .execute(conn)
        .unwrap();
    let now = stored_of(conn, 2).unwrap();
    assert_eq!(
        (now.owner.as_str(), now.note.as_deref()),
        ("bo", Some("for bo"))
    );
}

fn an_unbound_value_is_no_bound_one_and_the_other_way() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(cards::table)
        .values(card(2, "ann"))
        .execute(conn)
        .unwrap();
    let one = cards::table
        .find(2)
        .select(cards::number)
        .first::<Encrypted<String>>(conn);
    assert!(is_refused(one));
    let unbound = Indexed::new(cards::number, cards::number_index, "4999");
    diesel::update(cards::table.find(2))
        .set(unbound)
        .execute(conn)
        .unwrap();
    assert!(is_refused(stored_of(conn, 2)));
}

fn the_explicit_style_binds_with_the_same_values() {
    let database = create();
    let conn = &mut database.open();
    diesel::insert_into(cards::table)
        .values(card(2, "ann"))
        .execute(conn)
        .unwrap();
    let row = || RowValues::of(&2_i32).and("ann");
    let number: Sealed<String> = cards::table
        .find(2)
        .select(cards::number)
        .first(conn)
        .unwrap();
    assert_eq!(number.open_in(&row()).unwrap().expose(), "41112");
    assert!(number.open().is_err());
    assert!(number.open_in(&RowValues::of("ann").and(&2_i32)).is_err());
    let assign = Indexed::new(cards::number, cards::number_index, "4999").in_row(row());
    let limit = Encrypted::new(encfield::Padded::<_, encfield::MultipleOf<64>>::new(
        encfield::HiddenOption(Some(7_u32)),
    ));
    diesel::update(cards::table.find(2))
        .set((assign, cards::limit.eq(limit.in_row(RowValues::of(&2_i32)))))
        .execute(conn)
        .unwrap();
    let now = stored_of(conn, 2).unwrap();
    assert_eq!((now.number.as_str(), now.limit), ("4999", Some(7)));
}

fn models_that_bind_to_an_owned_and_to_a_borrowed_text_agree() {
    let inventory = encfield::Inventory::new().with::<Card>().unwrap();
    let inventory = inventory.with::<NewCard<'_>>().unwrap();
    let inventory = inventory.with::<Handover>().unwrap();
    let toml = inventory.to_toml();
    assert!(
        toml.contains("{ column = \"owner\", type = \"String\" }") && !toml.contains('\''),
        "{toml}"
    );
}

crate::harness::claims![
    models_that_bind_to_an_owned_and_to_a_borrowed_text_agree,
    bound_values_come_back_on_every_path,
    a_value_copied_to_another_row_does_not_open,
    a_row_whose_bound_column_was_changed_does_not_open,
    an_unbound_value_is_no_bound_one_and_the_other_way,
    the_explicit_style_binds_with_the_same_values,
];
