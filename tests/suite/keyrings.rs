//! Tables and columns with keyrings of their own.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    Encrypted, Error, ErrorKind, FormerName, IndexExpressionMethods, Key, Keyring, Sealed,
};

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
            type Text = Encrypted<String>;
            type Number = Encrypted<u64>;
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

/// The name of the second database's canteen, which is no name that a database knows.
const SECOND: &str = "second_database.canteen";

#[derive(Debug)]
pub struct SecondDish;

impl FormerName for SecondDish {
    const TABLE: &'static str = SECOND;
    const COLUMN: &'static str = "dish";
}

/// The second database, in which tables have the names of the first one's.
mod second {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::{Renamed, sql_types::Ciphertext};
        use crate::keyrings::SecondDish;

        canteen (id) {
            id -> Integer,
            dish -> Ciphertext<Renamed<dish, SecondDish>>,
        }
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = second::canteen)]
struct SecondMeal {
    id: i32,
    #[sensitive]
    dish: String,
}

fn two_databases_with_tables_of_the_same_name_have_keyrings_of_their_own() {
    let (first, second) = (create(), create());
    let (conn, other) = (&mut first.open(), &mut second.open());
    let keyring = Keyring::generate();
    keyring.clone().install_for_table(SECOND).unwrap();
    let meal = Meal {
        id: 1,
        dish: "soup".into(),
    };
    diesel::insert_into(canteen::table)
        .values(&meal)
        .execute(conn)
        .unwrap();
    let meal = SecondMeal {
        id: 1,
        dish: "stew".into(),
    };
    diesel::insert_into(second::canteen::table)
        .values(&meal)
        .execute(other)
        .unwrap();
    let loaded = second::canteen::table
        .select(SecondMeal::as_select())
        .first(other)
        .unwrap();
    assert_eq!((loaded.id, loaded.dish.as_str()), (1, "stew"));
    let loaded = canteen::table
        .select(Meal::as_select())
        .first(conn)
        .unwrap();
    assert_eq!((loaded.id, loaded.dish.as_str()), (1, "soup"));
    // Each under its own keyring, and what one database has the other does not open.
    let stew: Sealed<String> = second::canteen::table
        .select(second::canteen::dish)
        .first(other)
        .unwrap();
    assert_eq!(
        stew.as_bytes()[2..10],
        keyring.primary_id().unwrap().to_bytes()
    );
    diesel::sql_query(crate::backend::sql("UPDATE canteen SET dish = ?"))
        .bind::<diesel::sql_types::Binary, _>(stew.as_bytes())
        .execute(conn)
        .unwrap();
    let moved = canteen::table
        .select(canteen::dish)
        .first::<Encrypted<String>>(conn);
    assert_eq!(kind(moved), ErrorKind::UnknownKey);
}

crate::harness::claims![
    two_databases_with_tables_of_the_same_name_have_keyrings_of_their_own,
    a_table_and_a_column_have_keyrings_of_their_own
];
