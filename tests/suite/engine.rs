//! What is done to every row of a table: encrypt, re-encrypt, index, verify.

use std::collections::HashMap;
use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{
    Census, Count, FieldType, IndexFill, Job, Limits, Outcome, TargetTable, Task,
};
use encfield::{Error, ErrorKind, IndexExpressionMethods, Key, Keyring};

use crate::backend::{Conn, Database, TAG};
use crate::database::ddl;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::CaseFolded;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    members (id) {
        id -> Integer,
        name -> Nullable<Text>,
        born -> Nullable<Integer>,
        name_sealed -> Nullable<Ciphertext<name_sealed>>,
        name_index -> Nullable<BlindIndex<name_sealed, CaseFolded>>,
        born_sealed -> Nullable<Ciphertext<born_sealed>>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, Clone, PartialEq)]
#[diesel(table_name = members, treat_none_as_null = true)]
pub(crate) struct Member {
    pub(crate) id: i32,
    #[sensitive(index = name_index)]
    pub(crate) name_sealed: Option<String>,
    #[sensitive(bind = id)]
    pub(crate) born_sealed: Option<i32>,
}

pub(crate) const TABLE: &str = "members";

pub(crate) fn create() -> Database {
    let database = Database::create();
    let table = "CREATE TABLE members (id INTEGER NOT NULL PRIMARY KEY, name {text}, born INTEGER,
                     name_sealed {bytes}, name_index {tag}, born_sealed {bytes})";
    let table = ddl(&table.replace("{tag}", TAG));
    database.open().batch_execute(&table).unwrap();
    database
}

pub(crate) fn name(id: i32) -> String {
    format!("Meier {id}")
}

pub(crate) fn plain_rows(conn: &mut Conn, rows: i32) {
    for ids in (1..=rows).collect::<Vec<_>>().chunks(200) {
        let rows: Vec<_> = ids
            .iter()
            .map(|&id| {
                (
                    members::id.eq(id),
                    members::name.eq((id % 7 != 0).then(|| name(id))),
                    members::born.eq(Some(1900 + id % 100)),
                )
            })
            .collect();
        diesel::insert_into(members::table)
            .values(rows)
            .execute(conn)
            .unwrap();
    }
}

pub(crate) fn sealed_rows(conn: &mut Conn, rows: i32) {
    for ids in (1..=rows).collect::<Vec<_>>().chunks(200) {
        let rows: Vec<_> = ids.iter().map(|&id| member(id)).collect();
        diesel::insert_into(members::table)
            .values(rows)
            .execute(conn)
            .unwrap();
    }
}

pub(crate) fn member(id: i32) -> Member {
    Member {
        id,
        name_sealed: (id % 7 != 0).then(|| name(id)),
        born_sealed: Some(1900 + id % 100),
    }
}

pub(crate) fn stored(conn: &mut Conn) -> QueryResult<Vec<Member>> {
    members::table
        .order(members::id)
        .select(Member::as_select())
        .load(conn)
}

pub(crate) fn table() -> TargetTable {
    TargetTable::new(TABLE, ["id"])
}

pub(crate) fn of(name: &str) -> FieldType {
    FieldType::named(name).unwrap()
}

pub(crate) fn name_index() -> IndexFill {
    IndexFill::of::<members::name_index, String>()
}

pub(crate) fn encrypt() -> Job {
    Job::new("encrypt members", table())
        .with(Task::encrypt(TABLE, "name_sealed", "name", of("String")).filling(name_index()))
        .with(Task::encrypt(TABLE, "born_sealed", "born", of("i32")).bound_to("id", of("i32")))
        .with_limits(small())
}

pub(crate) fn rotate(to: &Keyring) -> Job {
    Job::new(format!("rotate to {}", to.primary_id().unwrap()), table())
        .with(Task::reencrypt(TABLE, "name_sealed"))
        .with(Task::reencrypt(TABLE, "born_sealed").bound_to("id", of("i32")))
        .with_limits(small())
}

pub(crate) fn small() -> Limits {
    Limits {
        chunk: 40,
        ..Limits::default()
    }
}

pub(crate) fn run(job: &Job, conn: &mut Conn) -> Result<Outcome, Error> {
    job.run(conn, |_| ControlFlow::Continue(()))
}

fn counts(conn: &mut Conn, column: &str) -> HashMap<Count, u64> {
    Census::of(conn, &table(), column)
        .unwrap()
        .counts()
        .collect()
}

fn a_plain_column_is_encrypted_indexed_and_cleared() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 250);
    keyring.override_within(|| {
        let dry = run(&encrypt().dry_run(), conn).unwrap();
        assert_eq!((dry.progress.rows, dry.progress.changed), (250, 250));
        assert!(
            stored(conn)
                .unwrap()
                .iter()
                .all(|member| member.born_sealed.is_none())
        );

        let outcome = run(&encrypt(), conn).unwrap();
        assert!(outcome.complete);
        assert_eq!(outcome.progress.rows, 250);
        assert_eq!(
            (outcome.progress.changed, outcome.progress.failed),
            (250, 0)
        );
        let all: Vec<_> = (1..=250).map(member).collect();
        assert!(stored(conn).unwrap() == all);
        let found: Member = members::table
            .filter(members::name_index.matches("MEIER 31"))
            .select(Member::as_select())
            .first(conn)
            .unwrap();
        assert_eq!(found.id, 31);

        // Done is done; and done anew there is nothing to write.
        assert!(run(&encrypt(), conn).unwrap().complete);
        Job::forget(conn, encrypt().name()).unwrap();
        let again = run(&encrypt(), conn).unwrap();
        assert_eq!((again.progress.rows, again.progress.changed), (250, 0));

        // A program that knows the plain column alone still writes to it; it is the truth till the end.
        diesel::update(members::table.find(8))
            .set(members::name.eq("New"))
            .execute(conn)
            .unwrap();
        diesel::update(members::table.find(9))
            .set(members::name.eq(None::<String>))
            .execute(conn)
            .unwrap();
        Job::forget(conn, encrypt().name()).unwrap();
        // Whether it was emptied or cleared cannot be told from NULL, so somebody has to say.
        let unclear = run(&encrypt(), conn).unwrap();
        assert_eq!((unclear.progress.changed, unclear.progress.failed), (1, 1));
        assert_eq!(unclear.failures[0].key.to_string(), "9");
        assert!(stored(conn).unwrap()[8] == member(9));
        Job::forget(conn, encrypt().name()).unwrap();
        let emptying = Job::new(encrypt().name(), table()).with(
            Task::encrypt(TABLE, "name_sealed", "name", of("String"))
                .filling(name_index())
                .emptying(),
        );
        assert_eq!(run(&emptying, conn).unwrap().progress.changed, 1);
        let after = stored(conn).unwrap();
        assert_eq!(after[7].name_sealed.as_deref(), Some("New"));
        assert_eq!(after[8].name_sealed, None);

        let clear = |name: &str| {
            Job::new(name, table())
                .with(Task::clear(TABLE, "name_sealed", "name", of("String")))
                .with_limits(small())
        };
        diesel::update(members::table.find(10))
            .set(members::name.eq("not encrypted yet"))
            .execute(conn)
            .unwrap();
        let cleared = run(&clear("clear"), conn).unwrap();
        assert_eq!(cleared.failures.len(), 1);
        assert_eq!(cleared.failures[0].key.to_string(), "10");
        let left: Vec<i32> = members::table
            .filter(members::name.is_not_null())
            .select(members::id)
            .load(conn)
            .unwrap();
        assert_eq!(left, [10]);
    });
}

fn every_value_comes_under_the_primary_key() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 250));
    let before = old.primary_id().unwrap();
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let today = new.primary_id().unwrap();
    new.override_within(|| {
        // Some are under the new key already.
        diesel::update(members::table.find(1))
            .set(member(1))
            .execute(conn)
            .unwrap();
        assert_eq!(
            counts(conn, "born_sealed")[&Count::SealedUnder(before)],
            249
        );
        let outcome = run(&rotate(&new), conn).unwrap();
        assert!(outcome.complete && outcome.failures.is_empty());
        assert_eq!(
            (outcome.progress.rows, outcome.progress.changed),
            (250, 249)
        );
        assert_eq!(
            counts(conn, "born_sealed"),
            HashMap::from([(Count::SealedUnder(today), 250)])
        );
        let names = Census::of(conn, &table(), "name_sealed").unwrap();
        assert_eq!((names.under(before), names.under(today)), (0, 215));
        assert_eq!(names.counts().next(), Some((Count::Null, 35)));
    });
    // The old key is needed no more, and no index changed.
    let without = new.retire(before).unwrap().remove(before, 0).unwrap();
    without.override_within(|| {
        let all: Vec<_> = (1..=250).map(member).collect();
        assert!(stored(conn).unwrap() == all);
        let found = members::table
            .filter(members::name_index.matches("meier 250"))
            .count();
        assert_eq!(found.get_result(conn), Ok(1_i64));
    });
}

fn a_compromised_key_opens_to_the_engine_alone() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 50));
    let stolen = old.primary_id().unwrap();
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let new = new.mark_compromised(stolen).unwrap();
    new.override_within(|| {
        let error = stored(conn).err().unwrap();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::CompromisedKey
        );
        let verify = Job::new("verify", table()).with(Task::verify(TABLE, "name_sealed", None));
        let failures = run(&verify, conn).unwrap().failures;
        assert!(
            failures
                .iter()
                .all(|failure| failure.kind == ErrorKind::CompromisedKey)
        );
        assert_eq!(failures.len(), 43);
        assert_eq!(run(&rotate(&new), conn).unwrap().progress.changed, 50);
        assert!(stored(conn).is_ok());
    });
}

fn an_index_is_made_anew_under_another_key() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    old.override_within(|| sealed_rows(conn, 100));
    let before = old.index_keys().next().unwrap().0;
    let new = old
        .with_primary_index_key(Key::generate().unwrap())
        .unwrap();
    let reindex = Job::new("reindex", table())
        .with(Task::index(TABLE, "name_sealed").filling(name_index()))
        .with_limits(small());
    let verify = Job::new("verify", table())
        .with(Task::verify(TABLE, "name_sealed", Some(of("String"))).filling(name_index()));
    new.override_within(|| {
        assert_eq!(run(&verify, conn).unwrap().failures.len(), 86);
        assert_eq!(run(&reindex, conn).unwrap().progress.changed, 86);
        assert_eq!(run(&verify, conn).unwrap().failures, []);
    });
    let without = new.retire(before).unwrap().remove(before, 0).unwrap();
    without.override_within(|| {
        let found = members::table
            .filter(members::name_index.matches("meier 50"))
            .count();
        assert_eq!(found.get_result(conn), Ok(1_i64));
        // A tag of another row is found out, and mended.
        conn.batch_execute("UPDATE members SET name_index = NULL WHERE id = 50")
            .unwrap();
        let failures = run(&verify, conn).unwrap().failures;
        assert_eq!(
            (failures.len(), failures[0].key.to_string().as_str()),
            (1, "50")
        );
        Job::forget(conn, reindex.name()).unwrap();
        assert_eq!(run(&reindex, conn).unwrap().progress.changed, 1);
    });
}

fn keys_of_any_type_and_of_several_columns_are_gone_by() {
    let keyring = Keyring::generate();
    let tables = [
        (
            "a BIGINT NOT NULL, b {key} NOT NULL, PRIMARY KEY (a, b)",
            &["a", "b"][..],
        ),
        ("b {key} NOT NULL PRIMARY KEY, a BIGINT NOT NULL", &["b"]),
        (
            "a BIGINT NOT NULL, b {key} NOT NULL, c {binary} NOT NULL PRIMARY KEY",
            &["c"],
        ),
    ];
    for (columns, key) in tables {
        let database = Database::create();
        let conn = &mut database.open();
        let (text_key, binary_key) = match TAG {
            "VARBINARY(32)" => ("VARCHAR(40)", "VARBINARY(16)"),
            tag => ("TEXT", tag),
        };
        let columns = columns
            .replace("{key}", text_key)
            .replace("{binary}", binary_key);
        conn.batch_execute(&ddl(&format!(
            "CREATE TABLE things (plain {{text}}, sealed {{bytes}}, {columns})"
        )))
        .unwrap();
        for number in 0..90_i64 {
            let text = format!("O'Neil \"{}\" ü{number}", number % 9);
            let mut insert = format!(
                "INSERT INTO things (a, b, plain) VALUES ({}, '{}', 'p{number}')",
                number / 9,
                text.replace('\'', "''")
            );
            if key == ["c"] {
                let bytes = match TAG {
                    "BYTEA" => format!("'\\xfe00{number:04x}'"),
                    _ => format!("X'fe00{number:04x}'"),
                };
                insert = insert.replace(
                    "(a, b, plain) VALUES (",
                    &format!("(c, a, b, plain) VALUES ({bytes}, "),
                );
            }
            conn.batch_execute(&insert).unwrap();
        }
        let job = Job::new("things", TargetTable::new("things", key.iter().copied()))
            .with(Task::encrypt("things", "sealed", "plain", of("String")))
            .with_limits(Limits {
                chunk: 7,
                ..Limits::default()
            });
        keyring.override_within(|| {
            let outcome = run(&job, conn).unwrap();
            assert!(outcome.complete);
            assert_eq!(
                (outcome.progress.rows, outcome.progress.changed),
                (90, 90),
                "{key:?}"
            );
            let verify = Job::new("verify", TargetTable::new("things", key.iter().copied()))
                .with(Task::clear("things", "sealed", "plain", of("String")));
            let outcome = run(&verify, conn).unwrap();
            assert_eq!(
                (outcome.progress.changed, outcome.progress.failed),
                (90, 0),
                "{key:?}"
            );
        });
    }
}

fn a_padded_field_is_encrypted_as_its_model_reads_it() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    let sql = "CREATE TABLE padded (id INTEGER NOT NULL PRIMARY KEY, plain {text}, sealed {bytes}, sealed_index {tag})";
    conn.batch_execute(&ddl(&sql.replace("{tag}", TAG)))
        .unwrap();
    conn.batch_execute("INSERT INTO padded (id, plain) VALUES (1, 'short')")
        .unwrap();
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::{BlindIndex, Ciphertext};
        padded (id) {
            id -> Integer,
            sealed -> Nullable<Ciphertext<sealed>>,
            sealed_index -> Nullable<BlindIndex<sealed>>,
        }
    }
    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = padded)]
    struct Row {
        id: i32,
        #[sensitive(pad = 64, index = sealed_index)]
        sealed: Option<String>,
    }
    let field = FieldType::padded::<String, encfield::MultipleOf<64>>();
    let index = IndexFill::of_padded::<padded::sealed_index, String, encfield::MultipleOf<64>>();
    let job = Job::new("padded", TargetTable::new("padded", ["id"]))
        .with(Task::encrypt("padded", "sealed", "plain", field).filling(index));
    keyring.override_within(|| {
        assert_eq!(run(&job, conn).unwrap().progress.changed, 1);
        let row: Row = padded::table
            .filter(padded::sealed_index.matches("short"))
            .select(Row::as_select())
            .first(conn)
            .unwrap();
        assert_eq!((row.id, row.sealed.as_deref()), (1, Some("short")));
    });
}

crate::harness::claims![
    a_padded_field_is_encrypted_as_its_model_reads_it,
    a_plain_column_is_encrypted_indexed_and_cleared,
    every_value_comes_under_the_primary_key,
    a_compromised_key_opens_to_the_engine_alone,
    an_index_is_made_anew_under_another_key,
    keys_of_any_type_and_of_several_columns_are_gone_by,
];
