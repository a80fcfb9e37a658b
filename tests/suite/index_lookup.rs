//! What a blind index finds, and what it says of a value that it cannot find.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use encfield::{Error, ErrorKind, IndexExpressionMethods, Key, KeyState, Keyring, Tag};

use crate::backend::{self, Conn};
use crate::people::{Person, create, ids, people, person, stored};

/// Three people with passports, and one without.
fn four(conn: &mut Conn) {
    let four = vec![
        person(1, "Meier", Some("K1")),
        person(2, "Özil", Some("K2")),
        person(3, "Ng", Some("K3")),
        person(4, "Nobody", None),
    ];
    diesel::insert_into(people::table)
        .values(four)
        .execute(conn)
        .unwrap();
}

fn kind<T>(result: QueryResult<T>) -> ErrorKind {
    let error = result.err().unwrap();
    Error::cause_of(&error).unwrap().kind()
}

fn a_value_is_found_and_another_is_not() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    assert_eq!(ids!(conn, people::passport_index.matches("K2")), [2]);
    assert_eq!(
        ids!(conn, people::passport_index.matches(&"K2".to_owned())),
        [2]
    );
    assert_eq!(ids!(conn, people::passport_index.matches("k2")), [0; 0]);
    assert_eq!(ids!(conn, people::passport_index.matches("K4")), [0; 0]);
}

fn any_of_several_values_is_found_and_none_of_none() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    assert_eq!(
        ids!(conn, people::passport_index.matches_any(["K3", "K1", "K9"])),
        [1, 3]
    );
    let owned = vec!["K2".to_owned()];
    assert_eq!(ids!(conn, people::passport_index.matches_any(&owned)), [2]);
    assert_eq!(
        ids!(conn, people::passport_index.matches_any([] as [&str; 0])),
        [0; 0]
    );
}

fn others_are_found_and_null_is_not_among_them() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    assert_eq!(
        ids!(conn, people::passport_index.does_not_match("K2")),
        [1, 3]
    );
    assert_eq!(
        ids!(conn, diesel::dsl::not(people::passport_index.matches("K2"))),
        [1, 3]
    );
    assert_eq!(ids!(conn, people::passport_index.is_null()), [4]);
}

/// SQLite and MySQL read `a = b = c` as `(a = b) = c`.
fn a_lookup_is_one_operand() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    let is_two = people::id.eq(2).nullable();
    let both_or_neither = is_two.eq(people::passport_index.matches("K2"));
    assert_eq!(ids!(conn, both_or_neither), [1, 2, 3]);
}

/// Whatever is asked, NULL is neither found nor among the others.
fn a_value_without_a_tag_is_asked_for_like_any_other() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    let phone: phonenumber::PhoneNumber = "+91 98765 43210".parse().unwrap();
    diesel::update(people::table.find(2))
        .set(
            encfield::Indexed::new(people::phone_number, people::phone_index, &phone)
                .and(people::phone_last_four),
        )
        .execute(conn)
        .unwrap();
    let none = "no phone number";
    let matches = || people::phone_index.matches(none);
    assert_eq!(ids!(conn, matches()), [0; 0]);
    assert_eq!(ids!(conn, diesel::dsl::not(matches())), [2]);
    assert_eq!(ids!(conn, people::phone_index.does_not_match(none)), [2]);
    let not = diesel::dsl::not(people::phone_index.does_not_match(none));
    assert_eq!(ids!(conn, not), [0; 0]);
    let nothing = || people::phone_index.matches_any([] as [&str; 0]);
    assert_eq!(ids!(conn, nothing()), [0; 0]);
    assert_eq!(ids!(conn, diesel::dsl::not(nothing())), [2]);
    for (id, answer) in [(1, None), (2, Some(false))] {
        let query = people::table.find(id).select(matches());
        assert_eq!(query.first::<Option<bool>>(conn), Ok(answer));
    }
}

fn every_kind_of_statement_takes_a_lookup() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    let k1 = || people::passport_index.matches("K1");
    let boxed = people::table.filter(k1()).into_boxed::<backend::Backend>();
    let boxed = boxed.or_filter(people::passport_index.matches("K3"));
    assert_eq!(boxed.count().get_result(conn), Ok(2_i64));

    let and = people::name_index.matches("meier").and(k1());
    assert_eq!(ids!(conn, and), [1]);
    let or = people::name_index.matches(" NG ").or(k1());
    assert_eq!(ids!(conn, or), [1, 3]);

    let other = diesel::alias!(people as other);
    let pairs: Vec<(i32, i32)> = people::table
        .inner_join(other.on(other.field(people::passport_index).matches("K2")))
        .filter(k1())
        .select((people::id, other.field(people::id)))
        .load(conn)
        .unwrap();
    assert_eq!(pairs, [(1, 2)]);

    let answer = people::table
        .find(4)
        .select(k1())
        .first::<Option<bool>>(conn);
    assert_eq!(answer, Ok(None));
    let named = people::table.filter(people::name_index.matches("NG"));
    assert_eq!(
        diesel::update(named)
            .set(people::plain_year.eq(1984))
            .execute(conn),
        Ok(1)
    );
    let set = diesel::update(people::table)
        .filter(k1())
        .set(people::plain_year.eq(1985));
    assert_eq!(set.execute(conn), Ok(1));
    assert_eq!(
        diesel::delete(people::table.filter(k1())).execute(conn),
        Ok(1)
    );
    assert_eq!(
        diesel::delete(people::table)
            .filter(people::passport_index.matches("K2"))
            .execute(conn),
        Ok(1)
    );
    assert_eq!(
        stored(conn).iter().map(|one| one.id).collect::<Vec<_>>(),
        [3, 4]
    );
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{Email, Shared};
    use super::Addresses;

    accounts (id) {
        id -> Integer,
        email -> Ciphertext<email>,
        email_index -> BlindIndex<Shared<email, Addresses>, Email>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};
    use encfield::{Email, Shared};
    use super::Addresses;

    invitations (id) {
        id -> Integer,
        email -> Nullable<Ciphertext<email>>,
        email_index -> Nullable<BlindIndex<Shared<email, Addresses>, Email>>,
        own_index -> Nullable<BlindIndex<email, Email>>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(accounts, invitations);

#[derive(Debug)]
#[allow(unreachable_pub, reason = "`table!` is public, and it names this")]
pub struct Addresses;

impl encfield::IndexDomain for Addresses {
    const NAME: &'static str = "addresses";
}

#[encfield::model]
#[derive(Insertable)]
struct Account {
    id: i32,
    #[sensitive(index = email_index)]
    email: String,
}

#[encfield::model]
#[derive(Insertable)]
struct Invitation {
    id: i32,
    #[sensitive(index = email_index, index = own_index)]
    email: Option<String>,
}

fn columns_of_one_domain_are_joined_by_equal_values() {
    let database = create();
    let conn = &mut database.open();
    let tables = "CREATE TABLE accounts (id INTEGER, email {bytes} NOT NULL, email_index {tag} NOT NULL);
                  CREATE TABLE invitations (id INTEGER, email {bytes}, email_index {tag}, own_index {tag});";
    let tables = crate::database::ddl(&tables.replace("{tag}", backend::TAG));
    conn.batch_execute(&tables).unwrap();
    let account = |id, email: &str| Account {
        id,
        email: email.into(),
    };
    let invitation = |id, email: Option<&str>| Invitation {
        id,
        email: email.map(str::to_owned),
    };
    diesel::insert_into(accounts::table)
        .values(vec![
            account(1, "Ann@Example.org"),
            account(2, "bo@example.org"),
        ])
        .execute(conn)
        .unwrap();
    diesel::insert_into(invitations::table)
        .values(vec![
            invitation(7, Some(" ann@example.ORG ")),
            invitation(8, Some("cy@example.org")),
            invitation(9, None),
        ])
        .execute(conn)
        .unwrap();
    let pairs: Vec<(i32, i32)> = accounts::table
        .inner_join(
            invitations::table.on(accounts::email_index.matches_index_of(invitations::email_index)),
        )
        .select((accounts::id, invitations::id))
        .load(conn)
        .unwrap();
    assert_eq!(pairs, [(1, 7)]);
    // An index of one column alone has other tags for the same values.
    let tags: (Option<Tag>, Option<Tag>) = invitations::table
        .find(7)
        .select((invitations::email_index, invitations::own_index))
        .first(conn)
        .unwrap();
    assert!(tags.0 != tags.1);
}

fn a_value_that_normalises_to_nothing_finds_nothing() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    assert_eq!(ids!(conn, people::name_index.matches(" ")), [0; 0]);
    assert_eq!(ids!(conn, people::phone_index.matches("no number")), [0; 0]);
    assert_eq!(ids!(conn, people::name_index.matches_any([" ", "ng"])), [3]);
    assert_eq!(
        ids!(conn, people::name_index.does_not_match(" ")),
        [1, 2, 3, 4]
    );
}

fn a_lookup_without_an_index_key_says_what_to_do() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    Keyring::new(Key::generate().unwrap()).override_within(|| {
        let query = people::table
            .filter(people::passport_index.matches("K1"))
            .select(people::id);
        let error = query.load::<i32>(conn).unwrap_err();
        let cause = Error::cause_of(&error).unwrap();
        assert_eq!(cause.kind(), ErrorKind::NoIndexKey);
        assert_eq!(
            cause.to_string(),
            "encfield: people.passport_number: the keyring has no index key; make one with \
             `Keyring::with_primary_index_key`, or use `Keyring::generate`, which does"
        );
        let insert = diesel::insert_into(people::table).values(person(5, "Ek", Some("K5")));
        assert_eq!(kind(insert.execute(conn)), ErrorKind::NoIndexKey);
    });
    assert_eq!(stored(conn).len(), 4);
}

fn a_lookup_asks_under_every_live_index_key() {
    let database = create();
    let conn = &mut database.open();
    let (old, new) = (Key::generate().unwrap(), Key::generate().unwrap());
    let before = Keyring::installed()
        .unwrap()
        .with_primary_index_key(old.clone())
        .unwrap();
    let during = before.with_primary_index_key(new.clone()).unwrap();
    before
        .override_within(|| {
            diesel::insert_into(people::table)
                .values(person(1, "Meier", Some("K1")))
                .execute(conn)
        })
        .unwrap();
    during.override_within(|| {
        diesel::insert_into(people::table)
            .values(person(2, "Meier", Some("K2")))
            .execute(conn)
            .unwrap();
        assert_eq!(ids!(conn, people::name_index.matches("Meier")), [1, 2]);
        assert_eq!(
            ids!(conn, people::passport_index.matches_any(["K1", "K2"])),
            [1, 2]
        );
        assert_eq!(
            ids!(conn, people::name_index.does_not_match("Meier")),
            [0; 0]
        );
        let changed = person(1, "Meier", Some("K1"));
        diesel::update(people::table.find(1))
            .set(changed)
            .execute(conn)
            .unwrap();
    });
    // What was written anew is found under the new key alone, and the old key can go.
    let after = Keyring::new(Key::generate().unwrap());
    let after = after.with_primary_index_key(new).unwrap();
    after.override_within(|| {
        assert_eq!(
            ids!(conn, people::passport_index.matches_any(["K1", "K2"])),
            [1, 2]
        );
    });
}

fn an_index_under_a_key_that_is_gone_finds_nothing() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    let keyring = Keyring::new(Key::generate().unwrap());
    let other = keyring
        .with_primary_index_key(Key::generate().unwrap())
        .unwrap();
    other.override_within(|| {
        assert_eq!(ids!(conn, people::passport_index.matches("K1")), [0; 0]);
        // It cannot know that the first row has the value: each tag is another one.
        let others = people::passport_index.does_not_match("K1");
        assert_eq!(ids!(conn, others), [1, 2, 3]);
    });
    // A compromised key is not asked under: whoever has it could plant tags.
    let old = Key::generate().unwrap();
    let with = |state| other.with_index_key(old.clone(), state).unwrap();
    let planted = keyring.with_primary_index_key(old.clone()).unwrap();
    planted.override_within(|| {
        diesel::insert_into(people::table)
            .values(person(5, "Ek", Some("K5")))
            .execute(conn)
            .unwrap();
    });
    for (state, found) in [
        (KeyState::Active, &[5][..]),
        (KeyState::Retired, &[5]),
        (KeyState::Compromised, &[]),
    ] {
        with(state).override_within(|| {
            assert_eq!(
                ids!(conn, people::passport_index.matches("K5")),
                found,
                "{state}"
            );
        });
    }
}

fn a_column_shorter_than_the_tag_loses_nothing_unseen() {
    let database = create();
    let conn = &mut database.open();
    conn.batch_execute(&backend::limited_column("people", "name_index", 16))
        .unwrap();
    let result = diesel::insert_into(people::table)
        .values(person(1, "Meier", None))
        .execute(conn);
    // Where the database keeps to the length, nothing is written.
    assert!(result.is_err());
    assert_eq!(stored(conn).len(), 0);
}

fn no_value_of_an_index_gets_into_a_statement_or_its_text() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    let query = people::table
        .filter(people::passport_index.matches_any(["K1234567", "K7654321"]))
        .select(people::id);
    let text = diesel::debug_query::<backend::Backend, _>(&query).to_string();
    assert!(
        text.contains("********") && !text.contains("K1234567"),
        "{text}"
    );
    let insert = diesel::insert_into(people::table).values(person(9, "Ek", Some("K1234567")));
    let text = diesel::debug_query::<backend::Backend, _>(&insert).to_string();
    assert!(text.matches("********").count() >= 5, "{text}");
    let tag = people::table
        .find(1)
        .select(people::passport_index)
        .first::<Option<Tag>>(conn);
    assert_eq!(format!("{:?}", tag.unwrap()), "Some(********)");
}

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

fn a_tag_is_32_bytes_or_as_many_as_were_asked_for() {
    let database = create();
    let conn = &mut database.open();
    four(conn);
    for (column, length) in [
        ("name_index", 32),
        ("passport_index", 32),
        ("name_bucket", 1),
    ] {
        let query = format!("SELECT {column} AS bytes FROM people WHERE id = 1");
        let row: Bytes = diesel::sql_query(query).get_result(conn).unwrap();
        assert_eq!(row.bytes.len(), length, "{column}");
    }
}

fn a_truncated_index_finds_more_and_the_rest_is_dropped() {
    let database = create();
    let conn = &mut database.open();
    let many: Vec<Person> = (1..=600)
        .map(|id| person(id, &format!("Name {}", id % 300), None))
        .collect();
    for some in many.chunks(100) {
        diesel::insert_into(people::table)
            .values(some)
            .execute(conn)
            .unwrap();
    }
    let found: Vec<Person> = people::table
        .filter(people::name_bucket.may_match("NAME  7"))
        .select(Person::as_select())
        .load(conn)
        .unwrap();
    let found_ids: Vec<i32> = found.iter().map(|one| one.id).collect();
    assert!(
        found_ids.contains(&7) && found_ids.contains(&307),
        "{found_ids:?}"
    );
    let kept = people::name_bucket.keep_matching(found, "NAME  7", |one| Some(&one.name));
    assert_eq!(kept.iter().map(|one| one.id).collect::<Vec<_>>(), [7, 307]);
    // 300 values in 256 buckets: some share one.
    let shared = (0..300).any(|number| {
        ids!(
            conn,
            people::name_bucket.may_match(&format!("Name {number}"))
        )
        .len()
            > 2
    });
    assert!(shared);
    // A value without a normal form matches nothing, and keeps nothing.
    let none = people::name_bucket.keep_matching(kept, " ", |one| Some(&one.name));
    assert!(none.is_empty());
}

fn an_index_moved_to_another_column_finds_nothing() {
    let database = create();
    let conn = &mut database.open();
    let same = Person {
        passport_number: Some("Meier".into()),
        ..person(1, "Meier", None)
    };
    diesel::insert_into(people::table)
        .values(same)
        .execute(conn)
        .unwrap();
    conn.batch_execute("UPDATE people SET name_index = passport_index")
        .unwrap();
    assert_eq!(ids!(conn, people::name_index.matches("Meier")), [0; 0]);
    // In its own column it is found.
    assert_eq!(ids!(conn, people::passport_index.matches("Meier")), [1]);
}

crate::harness::claims![
    a_value_is_found_and_another_is_not,
    any_of_several_values_is_found_and_none_of_none,
    others_are_found_and_null_is_not_among_them,
    a_lookup_is_one_operand,
    a_value_without_a_tag_is_asked_for_like_any_other,
    every_kind_of_statement_takes_a_lookup,
    columns_of_one_domain_are_joined_by_equal_values,
    a_value_that_normalises_to_nothing_finds_nothing,
    a_lookup_without_an_index_key_says_what_to_do,
    a_lookup_asks_under_every_live_index_key,
    an_index_under_a_key_that_is_gone_finds_nothing,
    a_column_shorter_than_the_tag_loses_nothing_unseen,
    no_value_of_an_index_gets_into_a_statement_or_its_text,
    a_tag_is_32_bytes_or_as_many_as_were_asked_for,
    a_truncated_index_finds_more_and_the_rest_is_dropped,
    an_index_moved_to_another_column_finds_nothing,
];
