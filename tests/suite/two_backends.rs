//! One program, two backends: Diesel's `MultiConnection`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::HasSqlType;
use encfield::sql_types::Ciphertext;
use encfield::{CellBackend, Encrypted, Error, ErrorKind};

use crate::backend::Database;
use crate::database::create;
use crate::schema::accounts;

#[derive(diesel::MultiConnection)]
enum AnyConnection {
    Server(crate::backend::Conn),
    Sqlite(SqliteConnection),
}

// Diesel's derive knows its own SQL types; any other is made known like this.
impl<C: 'static> HasSqlType<Ciphertext<C>> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<Ciphertext<C>>(lookup)
    }
}

impl CellBackend for MultiBackend {}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = accounts)]
struct Account {
    profile_id: i32,
    #[sensitive]
    iban: String,
    #[sensitive]
    note: Vec<u8>,
}

fn both(database: &Database) -> [AnyConnection; 2] {
    let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
    sqlite
        .batch_execute(
            "CREATE TABLE accounts (id INTEGER PRIMARY KEY, profile_id INTEGER, iban BLOB, note BLOB)",
        )
        .unwrap();
    [
        AnyConnection::Server(database.open()),
        AnyConnection::Sqlite(sqlite),
    ]
}

fn a_model_works_on_either_backend_of_one_program() {
    let database = create();
    for conn in &mut both(&database) {
        let account = || Account {
            profile_id: 7,
            iban: "DE02".into(),
            note: vec![0, 255],
        };
        diesel::insert_into(accounts::table)
            .values(account())
            .execute(conn)
            .unwrap();
        diesel::update(accounts::table)
            .set(&account())
            .execute(conn)
            .unwrap();
        diesel::update(accounts::table)
            .set(accounts::iban.eq(Encrypted::new("DE03".to_owned())))
            .execute(conn)
            .unwrap();
        let loaded = accounts::table
            .select(Account::as_select())
            .first(conn)
            .unwrap();
        assert!(
            loaded
                == Account {
                    iban: "DE03".into(),
                    ..account()
                }
        );

        conn.batch_execute("UPDATE accounts SET iban = note")
            .unwrap();
        let error = accounts::table
            .select(Account::as_select())
            .first(conn)
            .err()
            .unwrap();
        assert_eq!(
            Error::cause_of(&error).unwrap().kind(),
            ErrorKind::NotAuthentic
        );
    }
}

crate::harness::claims![a_model_works_on_either_backend_of_one_program];
