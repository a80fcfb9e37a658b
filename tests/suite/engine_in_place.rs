//! A column of bytes that is encrypted where it is.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::engine::{Job, TargetTable, Task};
use encfield::{Encrypted, Error, ErrorKind, Keyring, Sealed};

use crate::backend::{Conn, Database, TAG};
use crate::database::ddl;
use crate::engine::{of, run};

fn a_column_is_encrypted_in_place_and_nothing_is_guessed() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(&ddl(
        "CREATE TABLE blobs (id INTEGER NOT NULL PRIMARY KEY, body {bytes})",
    ))
    .unwrap();
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;
        blobs (id) { id -> Integer, body -> Nullable<Ciphertext<body>> }
    }
    let literal = |hex: &str| match TAG {
        "BYTEA" => format!("'\\x{hex}'"),
        _ => format!("X'{hex}'"),
    };
    for (id, hex) in [(1, "00ff"), (2, "fe01aabb"), (3, "fe")] {
        conn.batch_execute(&format!(
            "INSERT INTO blobs VALUES ({id}, {})",
            literal(hex)
        ))
        .unwrap();
    }
    let job = || {
        Job::new("blobs", TargetTable::new("blobs", ["id"])).with(Task::encrypt(
            "blobs",
            "body",
            "body",
            of("Vec<u8>"),
        ))
    };
    keyring.override_within(|| {
        let outcome = run(&job(), conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (2, 1));
        assert_eq!(outcome.failures[0].key.to_string(), "2");
        let bodies: Vec<Option<Sealed<Vec<u8>>>> = blobs::table
            .order(blobs::id)
            .select(blobs::body)
            .load(conn)
            .unwrap();
        let open = |at: usize| {
            bodies[at]
                .as_ref()
                .unwrap()
                .open()
                .map(Encrypted::into_exposed)
        };
        assert_eq!(open(0).unwrap(), [0, 0xFF]);
        assert_eq!(open(2).unwrap(), [0xFE]);
        assert!(open(1).is_err());
        // A second time nothing is encrypted twice.
        Job::forget(conn, "blobs").unwrap();
        assert_eq!(run(&job(), conn).unwrap().progress.changed, 0);
    });
}

fn a_program_reads_both_while_its_schema_says_so_and_no_longer() {
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    conn.batch_execute(&ddl(
        "CREATE TABLE letters (id INTEGER NOT NULL PRIMARY KEY, body {bytes}, number {bytes})",
    ))
    .unwrap();
    mod before {
        diesel::table! {
            use diesel::sql_types::*;
            letters (id) { id -> Integer, body -> Nullable<Binary>, number -> Nullable<Binary> }
        }
    }
    mod during {
        diesel::table! {
            use diesel::sql_types::*;
            use encfield::{Migrating, sql_types::Ciphertext};
            letters (id) {
                id -> Integer,
                body -> Nullable<Ciphertext<Migrating<body>>>,
                number -> Nullable<Ciphertext<Migrating<number>>>,
            }
        }
    }
    mod after {
        diesel::table! {
            use diesel::sql_types::*;
            use encfield::sql_types::Ciphertext;
            letters (id) { id -> Integer, body -> Nullable<Ciphertext<body>> }
        }
    }
    use before::letters as plain;
    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
    #[diesel(table_name = during::letters)]
    struct Letter {
        id: i32,
        #[sensitive]
        body: Option<String>,
    }
    let letter = |id, body: &str| Letter {
        id,
        body: Some(body.to_owned()),
    };
    for (id, body) in [(1, &b"one"[..]), (2, b"two"), (3, &[0xFE, 1, 7])] {
        diesel::insert_into(plain::table)
            .values((
                plain::id.eq(id),
                plain::body.eq(body),
                plain::number.eq(b"1234"),
            ))
            .execute(conn)
            .unwrap();
    }
    keyring.override_within(|| {
        let load = |conn: &mut Conn, id: i32| -> QueryResult<Letter> {
            during::letters::table
                .find(id)
                .select(Letter::as_select())
                .first(conn)
        };
        assert!(load(conn, 1).unwrap() == letter(1, "one"));
        // What it stores is sealed, and what looks like a ciphertext is never taken for plaintext.
        diesel::update(during::letters::table.find(2))
            .set(&letter(2, "changed"))
            .execute(conn)
            .unwrap();
        assert!(load(conn, 2).unwrap() == letter(2, "changed"));
        let raw: Option<Vec<u8>> = plain::table
            .find(2)
            .select(plain::body)
            .first(conn)
            .unwrap();
        assert!(raw.unwrap().starts_with(&[0xFE, 1]));
        let error = load(conn, 3).err().unwrap();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::Truncated
        );
        let lazy: Option<Sealed<String>> = during::letters::table
            .find(1)
            .select(during::letters::body)
            .first(conn)
            .unwrap();
        assert_eq!(lazy.unwrap().open().unwrap().expose(), "one");
        // A number of four bytes is not four digits.
        let number: QueryResult<Option<Encrypted<u32>>> = during::letters::table
            .find(1)
            .select(during::letters::number)
            .first(conn);
        let error = number.err().unwrap();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::NotCiphertext
        );

        let job = Job::new("letters", TargetTable::new("letters", ["id"])).with(Task::encrypt(
            "letters",
            "body",
            "body",
            of("String"),
        ));
        let outcome = run(&job, conn).unwrap();
        assert_eq!((outcome.progress.changed, outcome.progress.failed), (1, 1));
        let closed = |conn: &mut Conn, id: i32| {
            let query = after::letters::table.find(id).select(after::letters::body);
            query.first::<Option<Encrypted<String>>>(conn)
        };
        assert_eq!(closed(conn, 1).unwrap().unwrap().expose(), "one");
        assert_eq!(closed(conn, 2).unwrap().unwrap().expose(), "changed");
        // Planted afterwards, it is refused.
        diesel::update(plain::table.find(1))
            .set(plain::body.eq(&b"planted"[..]))
            .execute(conn)
            .unwrap();
        let error = closed(conn, 1).err().unwrap();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::NotCiphertext
        );
    });
}

crate::harness::claims![
    a_column_is_encrypted_in_place_and_nothing_is_guessed,
    a_program_reads_both_while_its_schema_says_so_and_no_longer,
];
