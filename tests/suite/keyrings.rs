//! Tables and columns with keyrings of their own.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Error, ErrorKind, IndexExpressionMethods, Key, Keyring};

use crate::backend::{Conn, Database, TAG};
use crate::database::{ddl, install_keyring};

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    payroll (id) {
        id -> Integer,
        iban -> Ciphertext<iban>,
        iban_index -> BlindIndex<iban>,
        salary -> Ciphertext<salary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    canteen (id) {
        id -> Integer,
        dish -> Ciphertext<dish>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, PartialEq, Clone)]
#[diesel(table_name = payroll)]
struct Pay {
    id: i32,
    #[sensitive(index = iban_index)]
    iban: String,
    #[sensitive]
    salary: u64,
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = canteen)]
struct Meal {
    id: i32,
    #[sensitive]
    dish: String,
}

fn create() -> Database {
    install_keyring();
    let database = Database::create();
    let tables = "CREATE TABLE payroll (id {counter}, iban {bytes} NOT NULL, iban_index {tag} NOT NULL, salary {bytes} NOT NULL);
                  CREATE TABLE canteen (id {counter}, dish {bytes} NOT NULL);";
    database
        .open()
        .batch_execute(&ddl(&tables.replace("{tag}", TAG)))
        .unwrap();
    database
}

fn kind<T>(result: QueryResult<T>) -> ErrorKind {
    let error = result.err().unwrap();
    Error::cause_of(&error).unwrap().kind()
}

fn pay(conn: &mut Conn) -> QueryResult<Pay> {
    payroll::table.select(Pay::as_select()).first(conn)
}

/// One test, as the keyrings of a table are for the whole process.
fn a_table_and_a_column_have_keyrings_of_their_own() {
    let database = create();
    let conn = &mut database.open();
    let (of_table, of_column) = (Keyring::generate(), Keyring::generate());
    assert_eq!(
        of_table
            .clone()
            .replace_for_table("payroll")
            .unwrap_err()
            .kind(),
        ErrorKind::NoKeyring
    );
    of_table.clone().install_for_table("payroll").unwrap();
    of_column
        .clone()
        .install_for_column("payroll", "salary")
        .unwrap();
    let again = of_column.clone().install_for_table("payroll").unwrap_err();
    assert_eq!(again.kind(), ErrorKind::KeyringInstalled);
    assert_eq!(again.table(), Some("payroll"));

    // No query says which keyring.
    let one = Pay {
        id: 1,
        iban: "DE02".into(),
        salary: 5_000,
    };
    let meal = Meal {
        id: 1,
        dish: "soup".into(),
    };
    diesel::insert_into(payroll::table)
        .values(&one)
        .execute(conn)
        .unwrap();
    diesel::insert_into(canteen::table)
        .values(&meal)
        .execute(conn)
        .unwrap();
    assert!(pay(conn).unwrap() == one);
    // The tags are made when the query is put together, under the keyring in force then.
    let found = |conn: &mut Conn| -> Vec<i32> {
        let found = payroll::table.filter(payroll::iban_index.matches("DE02"));
        found.select(payroll::id).load(conn).unwrap()
    };
    assert_eq!(found(conn), [1]);

    // Each opens what is its own, and nothing else's.
    let process = Keyring::installed().unwrap();
    for (keyring, iban, salary, dish) in [
        (&process, false, false, true),
        (&of_table, true, false, false),
        (&of_column, false, true, false),
    ] {
        keyring.override_within(|| {
            let opens = |result: QueryResult<()>| match result {
                Ok(()) => true,
                Err(error) => {
                    let cause = Error::cause_of(&error).unwrap();
                    assert_eq!(cause.kind(), ErrorKind::UnknownKey);
                    false
                }
            };
            type Text = encfield::Encrypted<String>;
            type Number = encfield::Encrypted<u64>;
            let stored = payroll::table.select(payroll::iban).first::<Text>(conn);
            assert_eq!(opens(stored.map(drop)), iban);
            let stored = payroll::table.select(payroll::salary).first::<Number>(conn);
            assert_eq!(opens(stored.map(drop)), salary);
            let stored = canteen::table.select(canteen::dish).first::<Text>(conn);
            assert_eq!(opens(stored.map(drop)), dish);
            assert_eq!(found(conn).len(), usize::from(iban));
        });
    }

    // A keyring without the key is no reason to fall back to the process's.
    Keyring::generate().replace_for_table("payroll").unwrap();
    assert_eq!(kind(pay(conn)), ErrorKind::UnknownKey);
    let rotated = of_table.with_primary(Key::generate().unwrap()).unwrap();
    rotated.replace_for_table("payroll").unwrap();
    assert!(pay(conn).unwrap() == one);
}

crate::harness::claims![a_table_and_a_column_have_keyrings_of_their_own];
