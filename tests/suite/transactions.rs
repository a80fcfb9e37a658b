//! Large values, statements used again, transactions that end badly.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use encfield::{Encrypted, Error, ErrorKind, Keyring};

use crate::database::{create, ddl, fresh};
use crate::schema::accounts;

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, PartialEq, Clone)]
#[diesel(table_name = accounts)]
struct Account {
    profile_id: i32,
    #[sensitive]
    iban: String,
    #[sensitive]
    note: Vec<u8>,
}

fn account(profile_id: i32) -> Account {
    Account {
        profile_id,
        iban: "DE02120300000000202051".into(),
        note: vec![7],
    }
}

fn count(conn: &mut crate::backend::Conn) -> i64 {
    accounts::table.count().get_result(conn).unwrap()
}

fn a_value_of_1_mib_comes_back() {
    let conn = &mut fresh();
    let large = Account {
        iban: "a".repeat(1 << 20),
        note: (0..1 << 20).map(|at: u32| at.to_le_bytes()[1]).collect(),
        ..account(1)
    };
    diesel::insert_into(accounts::table)
        .values(&large)
        .execute(conn)
        .unwrap();
    let loaded = accounts::table
        .select(Account::as_select())
        .first(conn)
        .unwrap();
    assert!(loaded == large);
}

fn a_prepared_statement_is_used_again_with_other_values() {
    let conn = &mut fresh();
    for round in 0..50 {
        let account = Account {
            iban: format!("DE{round:020}"),
            ..account(round)
        };
        diesel::insert_into(accounts::table)
            .values(&account)
            .execute(conn)
            .unwrap();
        let found = accounts::table
            .filter(accounts::profile_id.eq(round))
            .select(Account::as_select())
            .first(conn)
            .unwrap();
        assert!(found == account);
    }
}

fn a_transaction_that_is_rolled_back_leaves_nothing() {
    let conn = &mut fresh();
    let rolled_back = conn.transaction(|conn| {
        diesel::insert_into(accounts::table)
            .values(&account(1))
            .execute(conn)?;
        assert_eq!(count(conn), 1);
        Err::<(), _>(QueryError::RollbackTransaction)
    });
    assert!(matches!(rolled_back, Err(QueryError::RollbackTransaction)));
    assert_eq!(count(conn), 0);
}

fn a_value_that_cannot_be_sealed_rolls_its_batch_back() {
    /// Refuses one value.
    #[derive(Debug)]
    struct NotSeven(u8);
    impl encfield::Codec for NotSeven {
        fn encoded_len(&self) -> usize {
            1
        }
        fn encode(&self, out: &mut encfield::Encoder<'_>) -> Result<(), encfield::CodecError> {
            match self.0 {
                7 => Err(encfield::CodecError::new("seven has no encoding")),
                other => other.encode(out),
            }
        }
        fn decode(plaintext: &[u8]) -> Result<Self, encfield::CodecError> {
            u8::decode(plaintext).map(Self)
        }
    }

    let conn = &mut fresh();
    let rows: Vec<_> = (0..10)
        .map(|number| {
            (
                accounts::profile_id.eq(1),
                accounts::iban.eq(Encrypted::new(NotSeven(number))),
                accounts::note.eq(Encrypted::new(vec![number])),
            )
        })
        .collect();
    let error = diesel::insert_into(accounts::table)
        .values(rows)
        .execute(conn)
        .unwrap_err();
    assert_eq!(
        Error::cause_of(&error).unwrap().kind(),
        ErrorKind::NotEncodable
    );
    assert_eq!(count(conn), 0);
    // The connection is as good as before.
    diesel::insert_into(accounts::table)
        .values(&account(1))
        .execute(conn)
        .unwrap();
}

fn a_value_that_does_not_open_ends_the_load_and_not_the_connection() {
    let conn = &mut fresh();
    diesel::insert_into(accounts::table)
        .values(&account(1))
        .execute(conn)
        .unwrap();
    Keyring::generate().override_within(|| {
        diesel::insert_into(accounts::table)
            .values(&account(2))
            .execute(conn)
            .unwrap();
    });
    let all = accounts::table
        .order(accounts::profile_id)
        .select(Account::as_select());
    let Err(error) = all.load(conn) else {
        panic!("a value opened without its key")
    };
    assert_eq!(
        Error::cause_of(&error).unwrap().kind(),
        ErrorKind::UnknownKey
    );
    let good = accounts::table
        .filter(accounts::profile_id.eq(1))
        .select(Account::as_select());
    assert!(good.load(conn).unwrap() == [account(1)]);
}

fn a_table_that_holds_text_or_numbers_where_bytes_are_expected_is_an_error() {
    let database = create();
    let conn = &mut database.open();
    for wrong in ["{text}", "INTEGER"] {
        conn.batch_execute(&ddl(&format!(
            "DROP TABLE accounts;
             CREATE TABLE accounts (
                 id {{counter}}, profile_id INTEGER NOT NULL, iban {wrong}, note {wrong}
             );"
        )))
        .unwrap();
        let wrong_value = if wrong == "INTEGER" {
            "12345"
        } else {
            "'DE02120300000000202051'"
        };
        conn.batch_execute(&format!(
            "INSERT INTO accounts (profile_id, iban, note) VALUES (1, {wrong_value}, {wrong_value})"
        ))
        .unwrap();
        let loaded = accounts::table.select(Account::as_select()).first(conn);
        let Err(error) = loaded else {
            panic!("{wrong} was read as a value")
        };
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("DE0212") && !text.contains("12345"),
            "{text}"
        );
    }
    // Not an error of the whole program: the next table is as it should be.
    let conn = &mut fresh();
    diesel::insert_into(accounts::table)
        .values(&account(1))
        .execute(conn)
        .unwrap();
}

crate::harness::claims![
    a_value_of_1_mib_comes_back,
    a_prepared_statement_is_used_again_with_other_values,
    a_transaction_that_is_rolled_back_leaves_nothing,
    a_value_that_cannot_be_sealed_rolls_its_batch_back,
    a_value_that_does_not_open_ends_the_load_and_not_the_connection,
    a_table_that_holds_text_or_numbers_where_bytes_are_expected_is_an_error,
];
