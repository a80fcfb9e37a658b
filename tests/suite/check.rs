//! An inventory, held against a database and a keyring.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{
    CiphertextExpressionMethods, DataKeys, ErrorKind, Inventory, Key, KeyState, Keyring, Role,
    check, inventory,
};

use crate::backend::{BYTES, Conn, Database, TAG, drop_index};
use crate::database::{ddl, install_keyring};
use crate::inventory::whole;
use crate::people::{self, Person, person};
use crate::scopes::{self, Note, note};

/// The kinds and columns of the problems.
fn problems(conn: &mut Conn, inventory: &Inventory) -> Vec<(ErrorKind, String)> {
    let report = check(conn, inventory);
    let problem = |error: &encfield::Error| (error.kind(), error.column().unwrap().to_owned());
    report.problems().iter().map(problem).collect()
}

fn of(kind: ErrorKind, column: &str) -> (ErrorKind, String) {
    (kind, column.to_owned())
}

fn insert(conn: &mut Conn, ids: impl IntoIterator<Item = i32>) {
    let rows = ids
        .into_iter()
        .map(|id| person(id, "Meier", Some(&format!("K{id}"))));
    diesel::insert_into(people::people::table)
        .values(rows.collect::<Vec<_>>())
        .execute(conn)
        .unwrap();
}

fn a_database_is_held_against_an_inventory() {
    let database = people::create();
    let conn = &mut database.open();
    let inventory = inventory![Person].unwrap();
    assert_eq!(problems(conn, &inventory), []);
    insert(conn, [1]);
    let report = check(conn, &inventory).into_result().unwrap();
    assert_eq!(report.to_string(), "4 columns, 0 problems, 0 warnings");

    // A keyring without the key.
    Keyring::generate().override_within(|| {
        let unknown = |column| of(ErrorKind::UnknownKey, column);
        let expected = [unknown("name"), unknown("passport_number")];
        assert_eq!(problems(conn, &inventory), expected);
        let report = check(conn, &inventory).into_result().unwrap_err();
        assert!(report.to_string().contains("people.name: the key is not"));
    });
    // A keyring that is not there to open.
    for role in [Role::Seal, Role::LookUp] {
        let keyring = Keyring::generate().only(role).unwrap();
        keyring.override_within(|| assert_eq!(problems(conn, &inventory), []));
    }
    // Tables that are not there, and columns that are not.
    let missing = problems(conn, &whole());
    assert_eq!(missing.len(), 4);
    assert!(
        missing
            .iter()
            .all(|(kind, _)| *kind == ErrorKind::ColumnInvalid)
    );
    conn.batch_execute("ALTER TABLE people DROP COLUMN phone_number")
        .unwrap();
    let gone = of(ErrorKind::ColumnInvalid, "phone_number");
    assert_eq!(problems(conn, &inventory), [gone]);
}

fn an_empty_column_of_a_wrong_type_is_a_problem() {
    install_keyring();
    let database = Database::create();
    let conn = &mut database.open();
    let table = "CREATE TABLE people (id {counter}, plain_name {text}, name {bytes}, \
                 name_index {tag}, name_bucket {tag}, birth_date {text}, name_year_index {text}, \
                 phone_number {bytes}, phone_index {tag}, phone_last_four INTEGER, \
                 passport_number INTEGER, passport_index {tag})";
    conn.batch_execute(&ddl(&table.replace("{tag}", TAG)))
        .unwrap();
    let inventory = inventory![Person].unwrap();
    let expected = [
        "name_year_index",
        "birth_date",
        "phone_last_four",
        "passport_number",
    ]
    .map(|column| of(ErrorKind::ColumnInvalid, column));
    assert_eq!(problems(conn, &inventory), expected);
    // Nor does a row change that in which they are NULL.
    conn.batch_execute("INSERT INTO people (id, plain_name) VALUES (1, 'Meier')")
        .unwrap();
    assert_eq!(problems(conn, &inventory), expected);
    let report = check(conn, &inventory);
    let said = report.problems()[3].to_string().to_ascii_lowercase();
    assert!(
        said.contains("people.passport_number") && said.contains("of the type int"),
        "{said}"
    );
}

fn a_blind_index_that_no_index_of_the_database_begins_with_is_a_warning() {
    let database = people::create();
    let conn = &mut database.open();
    let inventory = inventory![Person].unwrap();
    assert!(check(conn, &inventory).warnings().is_empty());
    conn.batch_execute(&drop_index("people_name", "people"))
        .unwrap();
    // One in which it comes second does not help a lookup; one in which it is followed by another does.
    conn.batch_execute("CREATE INDEX id_and_name ON people (id, name_index)")
        .unwrap();
    conn.batch_execute(&drop_index("people_phone", "people"))
        .unwrap();
    conn.batch_execute("CREATE INDEX phone_and_id ON people (phone_index, id)")
        .unwrap();
    let report = check(conn, &inventory);
    assert!(report.problems().is_empty(), "{report}");
    let [warning] = report.warnings() else {
        panic!("{report}");
    };
    assert_eq!(
        (warning.kind(), warning.column()),
        (ErrorKind::IndexMissing, Some("name_index"))
    );
    // It says the statement to run, and this is it.
    let said = warning.to_string();
    let (_, statement) = said.split_once(" (CREATE").unwrap();
    let (statement, _) = statement.split_once("); run the statement").unwrap();
    conn.batch_execute(&format!("CREATE{statement}")).unwrap();
    assert!(check(conn, &inventory).warnings().is_empty());
}

fn a_view_is_not_asked_for_indexes() {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::{BlindIndex, Ciphertext};
        use crate::people::people;

        shown (id) {
            id -> Integer,
            passport_number -> Nullable<Ciphertext<people::passport_number>>,
            passport_index -> Nullable<BlindIndex<people::passport_number>>,
        }
    }

    #[encfield::model]
    #[derive(Queryable, Selectable)]
    #[diesel(table_name = shown)]
    #[expect(dead_code, reason = "it is looked at, not loaded")]
    struct Shown {
        #[sensitive(index = passport_index)]
        passport_number: Option<String>,
    }

    let database = people::create();
    let conn = &mut database.open();
    insert(conn, 1..=3);
    let view = "CREATE VIEW shown AS SELECT id, passport_number, passport_index FROM people";
    conn.batch_execute(view).unwrap();
    let report = check(conn, &inventory![Shown].unwrap());
    assert_eq!(report.to_string(), "1 column, 0 problems, 0 warnings");
    Keyring::generate().override_within(|| {
        assert_eq!(check(conn, &inventory![Shown].unwrap()).problems().len(), 1);
    });
}

fn the_keys_at_both_ends_of_a_table_are_looked_at() {
    let database = people::create();
    let conn = &mut database.open();
    let inventory = inventory![Person].unwrap();
    let (old, index) = (Key::generate().unwrap(), Key::generate().unwrap());
    let old = Keyring::new(old)
        .with_index_key(index, KeyState::Primary)
        .unwrap();
    let other = old.with_primary(Key::generate().unwrap()).unwrap();
    old.override_within(|| insert(conn, 1..=600));
    // Not among the first 500 values, nor among the last 16, which are opened.
    other.override_within(|| insert(conn, [50_000]));
    old.override_within(|| insert(conn, 50_001..=50_100));
    let under_it = people::people::passport_number.sealed_under(other.primary_id().unwrap());
    let count = people::people::table.filter(under_it).count();
    assert_eq!(count.get_result(conn), Ok(1_i64));
    old.override_within(|| {
        let report = check(conn, &inventory);
        let names: Vec<_> = report
            .problems()
            .iter()
            .map(|problem| problem.key_id())
            .collect();
        assert_eq!(names, [Some(other.primary_id().unwrap()); 2], "{report}");
    });
    other.override_within(|| assert_eq!(problems(conn, &inventory), []));
    let stolen = other.mark_compromised(old.primary_id().unwrap()).unwrap();
    stolen.override_within(|| {
        let compromised = |column| of(ErrorKind::CompromisedKey, column);
        let expected = [compromised("name"), compromised("passport_number")];
        assert_eq!(problems(conn, &inventory), expected);
    });
}

fn plaintext_is_a_problem_where_no_migration_is_declared() {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::{Migrating, sql_types::Ciphertext};

        letters (id) {
            id -> Integer,
            body -> Ciphertext<Migrating<body>>,
            subject -> Ciphertext<subject>,
        }
    }

    #[encfield::model]
    #[derive(Insertable)]
    struct Letter {
        id: i32,
        #[sensitive]
        body: String,
        #[sensitive]
        subject: String,
    }

    install_keyring();
    let database = Database::create();
    let conn = &mut database.open();
    let table =
        format!("CREATE TABLE letters (id INTEGER PRIMARY KEY, body {BYTES}, subject {BYTES})");
    conn.batch_execute(&table).unwrap();
    let letter = |id| Letter {
        id,
        body: "Dear Ann".into(),
        subject: "Hello".into(),
    };
    diesel::insert_into(letters::table)
        .values(vec![letter(1), letter(2)])
        .execute(conn)
        .unwrap();
    let inventory = inventory![Letter].unwrap();
    assert_eq!(problems(conn, &inventory), []);
    let plain = "UPDATE letters SET body = ?, subject = ? WHERE id = 2";
    diesel::sql_query(crate::backend::sql(plain))
        .bind::<diesel::sql_types::Binary, _>(b"plaintext in full".as_slice())
        .bind::<diesel::sql_types::Binary, _>(b"plaintext in full".as_slice())
        .execute(conn)
        .unwrap();
    assert_eq!(
        problems(conn, &inventory),
        [of(ErrorKind::NotCiphertext, "subject")]
    );
}

fn an_index_without_an_index_key_is_a_problem() {
    let database = people::create();
    let conn = &mut database.open();
    let keyring = Keyring::new(Key::generate().unwrap());
    keyring.override_within(|| {
        let found = problems(conn, &inventory![Person].unwrap());
        assert_eq!(found.len(), 6);
        assert!(found.iter().all(|(kind, _)| *kind == ErrorKind::NoIndexKey));
    });
    // A process that only opens has no use for one.
    keyring.only(Role::Open).unwrap().override_within(|| {
        assert_eq!(problems(conn, &inventory![Person].unwrap()), []);
    });
}

fn scopes_need_data_keys_and_their_table() {
    let (database, keyring) = (scopes::create(), Keyring::generate());
    let inventory = inventory![Note].unwrap();
    let conn = &mut database.open();
    let found =
        |keyring: &Keyring, conn: &mut Conn| keyring.override_within(|| problems(conn, &inventory));
    let without = ["title", "body", "rating"].map(|column| of(ErrorKind::NoDataKeys, column));
    assert_eq!(found(&keyring, conn), without);
    let reached = keyring.with_data_keys(&scopes::data_keys(&database));
    let prepared = keyring.with_data_keys(&DataKeys::prepared_only());
    assert_eq!(found(&reached, conn), []);
    assert_eq!(found(&prepared, conn), []);
    // A role that looks up has no use for them; one that seals has to unwrap them, and may not.
    assert_eq!(found(&reached.only(Role::LookUp).unwrap(), conn), []);
    let sealing = reached.only(Role::Seal).unwrap();
    assert_eq!(
        found(&sealing, conn),
        [of(ErrorKind::Forbidden, "wrapped_key")]
    );

    // Of other types, and a scope that two processes could give two keys.
    conn.batch_execute("DROP TABLE encfield_data_keys").unwrap();
    let table = "CREATE TABLE encfield_data_keys (key_id {key} NOT NULL PRIMARY KEY, scope {key} NOT NULL, \
                 wrapped_key INTEGER, created_at INTEGER NOT NULL, shredded_at BIGINT)";
    conn.batch_execute(&table.replace("{key}", crate::backend::SHORT_TEXT))
        .unwrap();
    let mut expected = vec![of(ErrorKind::DataKeyStore, "wrapped_key")];
    if !crate::backend::EVERY_INTEGER_HAS_64_BITS {
        expected.push(of(ErrorKind::DataKeyStore, "created_at"));
    }
    expected.push(of(ErrorKind::DataKeyStore, "scope"));
    assert_eq!(found(&prepared, conn), expected);
    conn.batch_execute("CREATE UNIQUE INDEX one_a_scope ON encfield_data_keys (scope)")
        .unwrap();
    expected.pop();
    assert_eq!(found(&prepared, conn), expected);

    // Not there at all.
    conn.batch_execute("DROP TABLE encfield_data_keys").unwrap();
    for keyring in [&reached, &prepared] {
        assert_eq!(found(keyring, conn), [of(ErrorKind::DataKeyStore, "*")]);
    }
    // In a database of its own it answers.
    let apart = scopes::create();
    let reached = keyring.with_data_keys(&scopes::data_keys(&apart));
    assert_eq!(found(&reached, conn), []);
    // Tombstones that are lost are noticed when the program starts, too.
    let folder = tempfile::tempdir().unwrap();
    let lost = encfield::Tombstones::at(folder.path().join("tombstones.json"));
    let lost = scopes::data_keys(&apart).with_tombstones(lost);
    let lost = keyring.with_data_keys(&lost);
    assert_eq!(found(&lost, conn), [of(ErrorKind::Tombstones, "*")]);
}

fn a_data_key_that_is_gone_is_a_problem_of_its_values() {
    let (database, keyring) = (scopes::create(), Keyring::generate());
    scopes::afresh(&keyring, &database, |conn| {
        scopes::insert(conn, &(1..=40).map(|id| note(id, 1)).collect::<Vec<_>>());
        scopes::insert(conn, &[note(41, 2)]);
        scopes::insert(conn, &(42..=90).map(|id| note(id, 1)).collect::<Vec<_>>());
    });
    let conn = &mut database.open();
    conn.batch_execute("DELETE FROM encfield_data_keys WHERE scope = 'tenant_id=2'")
        .unwrap();
    scopes::afresh(&keyring, &database, |conn| {
        let unknown = |column| of(ErrorKind::UnknownKey, column);
        let expected = [unknown("title"), unknown("rating")];
        assert_eq!(problems(conn, &inventory![Note].unwrap()), expected);
    });
}

crate::harness::claims![
    a_database_is_held_against_an_inventory,
    an_empty_column_of_a_wrong_type_is_a_problem,
    a_blind_index_that_no_index_of_the_database_begins_with_is_a_warning,
    a_view_is_not_asked_for_indexes,
    the_keys_at_both_ends_of_a_table_are_looked_at,
    plaintext_is_a_problem_where_no_migration_is_declared,
    an_index_without_an_index_key_is_a_problem,
    scopes_need_data_keys_and_their_table,
    a_data_key_that_is_gone_is_a_problem_of_its_values,
];
