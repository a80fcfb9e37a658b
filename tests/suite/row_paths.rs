//! Values that are bound to their row and sealed in its scope, on every way in and out of the database.
//!
//! What needs `RETURNING` or `ON CONFLICT` is in `row_returning`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Codec, Error, ErrorKind, Keyring};

use crate::backend::{Backend, Conn, Database};
use crate::database::ddl;
use crate::scopes;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    letters (id) {
        id -> Integer,
        tenant_id -> Integer,
        author_id -> Integer,
        subject -> Ciphertext<subject>,
        body -> Nullable<Ciphertext<body>>,
        mood -> Ciphertext<mood>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    authors (id) {
        id -> Integer,
        tenant_id -> Integer,
        name -> Ciphertext<name>,
    }
}

diesel::joinable!(letters -> authors (author_id));
diesel::allow_tables_to_appear_in_same_query!(letters, authors);

/// Bound and scoped in every way there is: with and without NULL, padded, hidden.
#[encfield::model]
#[derive(
    Queryable,
    Selectable,
    QueryableByName,
    Identifiable,
    Associations,
    Insertable,
    AsChangeset,
    Clone,
    PartialEq,
)]
#[diesel(belongs_to(Author))]
pub(crate) struct Letter {
    pub(crate) id: i32,
    #[diesel(skip_update)]
    pub(crate) tenant_id: i32,
    pub(crate) author_id: i32,
    #[sensitive(bind = id, bind = tenant_id, scope = tenant_id)]
    pub(crate) subject: String,
    #[sensitive(bind = id, scope = tenant_id, pad = 64)]
    pub(crate) body: Option<String>,
    #[sensitive(bind = id, scope = tenant_id, hide_null)]
    pub(crate) mood: Option<u8>,
}

#[encfield::model]
#[derive(
    Queryable, Selectable, QueryableByName, Identifiable, Insertable, AsChangeset, Clone, PartialEq,
)]
pub(crate) struct Author {
    pub(crate) id: i32,
    pub(crate) tenant_id: i32,
    #[sensitive(bind = id, scope = tenant_id)]
    pub(crate) name: String,
}

pub(crate) fn letter(id: i32) -> Letter {
    Letter {
        id,
        tenant_id: 1 + id % 2,
        author_id: 1,
        subject: format!("subject {id}"),
        body: (id % 3 == 0).then(|| format!("body {id}")),
        mood: (id % 3 == 0).then_some(7),
    }
}

pub(crate) fn author(id: i32) -> Author {
    Author {
        id,
        tenant_id: 1,
        name: format!("author {id}"),
    }
}

pub(crate) fn create() -> Database {
    let database = scopes::create();
    let tables = "CREATE TABLE letters (id {counter}, tenant_id INTEGER NOT NULL, author_id INTEGER NOT NULL, \
                      subject {bytes} NOT NULL, body {bytes}, mood {bytes} NOT NULL);
                  CREATE TABLE authors (id {counter}, tenant_id INTEGER NOT NULL, name {bytes} NOT NULL);";
    database.open().batch_execute(&ddl(tables)).unwrap();
    database
}

/// With letters 1 to 3 of author 1, and author 2 who wrote none.
fn with_letters(test: impl FnOnce(&mut Conn)) {
    let (database, keyring) = (create(), Keyring::generate());
    scopes::afresh(&keyring, &database, |conn| {
        diesel::insert_into(authors::table)
            .values(&vec![author(1), author(2)])
            .execute(conn)
            .unwrap();
        let letters: Vec<_> = (1..=3).map(letter).collect();
        diesel::insert_into(letters::table)
            .values(&letters)
            .execute(conn)
            .unwrap();
    });
    // As a process that begins now: nothing is in memory.
    scopes::afresh(&keyring, &database, test);
}

pub(crate) fn stored(conn: &mut Conn) -> QueryResult<Vec<Letter>> {
    letters::table
        .order(letters::id)
        .select(Letter::as_select())
        .load(conn)
}

/// Puts the subject of letter 1 in the place of letter 3's, which is of the same tenant.
pub(crate) fn swap_in(conn: &mut Conn) {
    let first: encfield::Sealed<String> = letters::table
        .find(1)
        .select(letters::subject)
        .first(conn)
        .unwrap();
    diesel::sql_query(crate::backend::sql(
        "UPDATE letters SET subject = ? WHERE id = 3",
    ))
    .bind::<diesel::sql_types::Binary, _>(first.as_bytes())
    .execute(conn)
    .unwrap();
}

pub(crate) fn refused<T>(result: QueryResult<T>) {
    let error = result.err().unwrap();
    let error = Error::cause_of(&error).unwrap();
    assert_eq!(
        (error.kind(), error.column()),
        (ErrorKind::NotAuthentic, Some("subject"))
    );
}

fn joins_load_bound_values() {
    with_letters(|conn| {
        let inner = letters::table
            .inner_join(authors::table)
            .order(letters::id)
            .select((Letter::as_select(), Author::as_select()));
        let joined: Vec<(Letter, Author)> = inner.load(conn).unwrap();
        assert!(joined == [1, 2, 3].map(|id| (letter(id), author(1))));
        let left = authors::table
            .left_join(letters::table)
            .order((authors::id, letters::id))
            .select((Author::as_select(), Option::<Letter>::as_select()));
        let all: Vec<(Author, Option<Letter>)> = left.load(conn).unwrap();
        let written = [1, 2, 3].map(|id| (author(1), Some(letter(id))));
        assert!(all[..3] == written && all[3..] == [(author(2), None)]);
        swap_in(conn);
        refused(inner.load::<(Letter, Author)>(conn));
        refused(left.load::<(Author, Option<Letter>)>(conn));
    });
}

fn belonging_to_loads_bound_values() {
    with_letters(|conn| {
        let authors: Vec<Author> = authors::table
            .order(authors::id)
            .select(Author::as_select())
            .load(conn)
            .unwrap();
        let load = |conn: &mut Conn| {
            Letter::belonging_to(&authors)
                .order(letters::id)
                .select(Letter::as_select())
                .load::<Letter>(conn)
        };
        let of_each = load(conn).unwrap().grouped_by(&authors);
        assert!(of_each == [vec![letter(1), letter(2), letter(3)], vec![]]);
        swap_in(conn);
        refused(load(conn));
    });
}

fn raw_sql_loads_bound_values() {
    with_letters(|conn| {
        let load = |conn: &mut Conn| {
            diesel::sql_query("SELECT * FROM letters ORDER BY id").load::<Letter>(conn)
        };
        assert!(load(conn).unwrap() == [1, 2, 3].map(letter));
        swap_in(conn);
        refused(load(conn));
    });
}

fn has_query_loads_bound_values() {
    #[encfield::model]
    #[derive(HasQuery)]
    #[diesel(table_name = letters)]
    struct Subject {
        id: i32,
        tenant_id: i32,
        #[sensitive(bind = id, bind = tenant_id, scope = tenant_id)]
        subject: String,
    }

    with_letters(|conn| {
        let load = |conn: &mut Conn| Subject::query().order(letters::id).load(conn);
        let all = load(conn).unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|one| (one.id, one.tenant_id, one.subject.as_str()))
            .collect();
        assert_eq!(
            all,
            [
                (1, 2, "subject 1"),
                (2, 1, "subject 2"),
                (3, 2, "subject 3")
            ]
        );
        swap_in(conn);
        refused(load(conn));
    });
}

fn tuples_boxed_queries_and_whole_rows_load_bound_values() {
    with_letters(|conn| {
        // The model out of a tuple of its columns, and out of the whole row.
        let columns = (
            letters::id,
            letters::tenant_id,
            letters::author_id,
            letters::subject,
            letters::body,
            letters::mood,
        );
        let by_columns: Letter = letters::table.find(3).select(columns).first(conn).unwrap();
        let by_row: Letter = letters::table.find(3).first(conn).unwrap();
        let mut boxed = letters::table
            .select(Letter::as_select())
            .into_boxed::<Backend>();
        boxed = boxed.filter(letters::id.eq(3));
        let by_box: Letter = boxed.first(conn).unwrap();
        assert!(
            [by_columns, by_row, by_box]
                .iter()
                .all(|one| *one == letter(3))
        );
        swap_in(conn);
        refused(letters::table.find(3).select(columns).first::<Letter>(conn));
        refused(letters::table.find(3).first::<Letter>(conn));
    });
}

fn updates_store_bound_values() {
    #[encfield::model]
    #[derive(AsChangeset)]
    #[diesel(table_name = letters)]
    struct NewSubject<'a> {
        #[diesel(skip_update)]
        id: i32,
        #[diesel(skip_update)]
        tenant_id: i32,
        #[sensitive(bind = id, bind = tenant_id, scope = tenant_id)]
        subject: &'a str,
        #[sensitive(bind = id, scope = tenant_id, pad = 64)]
        body: Option<&'a str>,
    }

    with_letters(|conn| {
        // What is `None` stays.
        let change = NewSubject {
            id: 3,
            tenant_id: 2,
            subject: "new",
            body: None,
        };
        diesel::update(letters::table.find(3))
            .set(&change)
            .execute(conn)
            .unwrap();
        let mut expected = Letter {
            subject: "new".into(),
            ..letter(3)
        };
        assert!(stored(conn).unwrap()[2] == expected);
        let change = NewSubject {
            body: Some("new"),
            ..change
        };
        diesel::update(letters::table.find(3))
            .set(change)
            .execute(conn)
            .unwrap();
        expected.body = Some("new".into());
        assert!(stored(conn).unwrap()[2] == expected);
        // Given to the wrong row it does not open there.
        let change = NewSubject {
            id: 1,
            tenant_id: 2,
            subject: "new",
            body: None,
        };
        diesel::update(letters::table.find(3))
            .set(change)
            .execute(conn)
            .unwrap();
        refused(stored(conn));
    });
}

fn save_changes_stores_and_loads_bound_values() {
    with_letters(|conn| {
        let changed = Letter {
            subject: "saved".into(),
            ..letter(3)
        };
        let saved: Letter = changed.save_changes(conn).unwrap();
        assert!(
            saved
                == Letter {
                    body: letter(3).body,
                    ..changed
                }
        );
    });
}

fn generic_and_embedded_models_bind_too() {
    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
    #[diesel(table_name = letters)]
    struct Generic<T: Codec, M>
    where
        M: Codec,
    {
        id: i32,
        #[diesel(skip_update)]
        tenant_id: i32,
        author_id: i32,
        #[sensitive(bind = id, bind = tenant_id, scope = tenant_id)]
        subject: T,
        #[sensitive(bind = id, scope = tenant_id)]
        mood: M,
    }

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, PartialEq)]
    #[diesel(table_name = letters)]
    struct InATuple(
        #[diesel(column_name = id)] i32,
        #[diesel(column_name = tenant_id)] i32,
        #[diesel(column_name = author_id)] i32,
        #[diesel(column_name = subject)]
        #[sensitive(bind = 0, bind = 1, scope = 1 as tenant_id)]
        String,
        #[diesel(column_name = mood)]
        #[sensitive(bind = 0, scope = 1 as tenant_id)]
        u16,
    );

    /// The fields that are bound together stand together.
    #[derive(Queryable, Selectable, Insertable, PartialEq)]
    #[diesel(table_name = letters)]
    struct Outer {
        author_id: i32,
        #[diesel(embed)]
        secrets: Secrets,
    }

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, PartialEq)]
    #[diesel(table_name = letters)]
    struct Secrets {
        id: i32,
        tenant_id: i32,
        #[sensitive(bind = id, bind = tenant_id, scope = tenant_id)]
        subject: String,
        #[sensitive(bind = id, scope = tenant_id)]
        mood: u16,
    }

    with_letters(|conn| {
        let insert = || diesel::insert_into(letters::table);
        let generic = || Generic {
            id: 11,
            tenant_id: 1,
            author_id: 1,
            subject: "generic".to_owned(),
            mood: 11_u16,
        };
        insert().values(&generic()).execute(conn).unwrap();
        insert()
            .values(InATuple(12, 1, 1, "tuple".into(), 12))
            .execute(conn)
            .unwrap();
        let outer = Outer {
            author_id: 1,
            secrets: Secrets {
                id: 13,
                tenant_id: 1,
                subject: "embedded".into(),
                mood: 13,
            },
        };
        insert().values(&outer).execute(conn).unwrap();

        let row = |id| letters::table.find(id);
        let one: Generic<String, u16> = row(11).select(Generic::as_select()).first(conn).unwrap();
        assert!(one == generic());
        let one = row(12).select(InATuple::as_select()).first(conn).unwrap();
        assert_eq!((one.0, one.3.as_str(), one.4), (12, "tuple", 12));
        assert!(row(13).select(Outer::as_select()).first(conn).unwrap() == outer);
        // One and the same value, whatever reads it.
        let same: Generic<String, u16> = row(13).select(Generic::as_select()).first(conn).unwrap();
        assert_eq!((same.subject.as_str(), same.mood), ("embedded", 13));
        let change = Generic {
            subject: "changed".to_owned(),
            ..generic()
        };
        diesel::update(row(11)).set(&change).execute(conn).unwrap();
        let one: Generic<String, u16> = row(11).select(Generic::as_select()).first(conn).unwrap();
        assert!(one == change);
    });
}

fn a_value_of_another_scope_is_refused_on_every_path() {
    with_letters(|conn| {
        // Bound to its id, which stays. The row says that it is another tenant's.
        diesel::sql_query("UPDATE authors SET tenant_id = 2 WHERE id = 1")
            .execute(conn)
            .unwrap();
        let raw = diesel::sql_query("SELECT * FROM authors").load::<Author>(conn);
        let whole = authors::table.find(1).first::<Author>(conn);
        let inner = letters::table
            .inner_join(authors::table)
            .select(Author::as_select());
        let left = letters::table
            .left_join(authors::table)
            .select(Option::<Author>::as_select());
        for result in [
            raw.map(drop),
            whole.map(drop),
            inner.load(conn).map(drop),
            left.load(conn).map(drop),
        ] {
            let error = result.unwrap_err();
            let error = Error::cause_of(&error).unwrap();
            assert_eq!(
                (error.kind(), error.column()),
                (ErrorKind::NotAuthentic, Some("name"))
            );
        }
    });
}

crate::harness::claims![
    joins_load_bound_values,
    belonging_to_loads_bound_values,
    raw_sql_loads_bound_values,
    has_query_loads_bound_values,
    tuples_boxed_queries_and_whole_rows_load_bound_values,
    updates_store_bound_values,
    save_changes_stores_and_loads_bound_values,
    generic_and_embedded_models_bind_too,
    a_value_of_another_scope_is_refused_on_every_path,
];
