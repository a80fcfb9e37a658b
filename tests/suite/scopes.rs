//! Values that are sealed under the data key of their tenant, which can be destroyed.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::process::{Command, ExitCode};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use encfield::{
    DataKeyTable, DataKeys, Encrypted, Error, ErrorKind, IndexExpressionMethods, Inventory,
    Keyring, RowValues, Scope, Sealed,
};

use crate::backend::{Conn, Database, TAG, sql};
use crate::database::ddl;

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::{BlindIndex, Ciphertext};

    notes (id) {
        id -> Integer,
        tenant_id -> Integer,
        title -> Ciphertext<title>,
        title_index -> BlindIndex<title>,
        body -> Nullable<Ciphertext<body>>,
        rating -> Ciphertext<rating>,
        shared -> Ciphertext<shared>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use encfield::sql_types::Ciphertext;

    tenants (id) {
        id -> Integer,
        parent -> Nullable<Text>,
        name -> Ciphertext<name>,
        motto -> Nullable<Ciphertext<motto>>,
    }
}

#[encfield::model]
#[derive(Queryable, Selectable, Identifiable, Insertable, AsChangeset, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) id: i32,
    #[diesel(skip_update)]
    pub(crate) tenant_id: i32,
    #[sensitive(scope = tenant_id, index = title_index)]
    pub(crate) title: String,
    #[sensitive(scope = tenant_id, pad = 64, bind = id)]
    pub(crate) body: Option<String>,
    #[sensitive(scope = tenant_id, hide_null)]
    pub(crate) rating: Option<u8>,
    #[sensitive]
    pub(crate) shared: String,
}

/// Its own id is the scope, by the name that the notes know it by.
#[encfield::model]
#[derive(Queryable, Selectable, Insertable, Clone, PartialEq)]
pub(crate) struct Tenant<'a> {
    pub(crate) id: i32,
    pub(crate) parent: Option<String>,
    #[sensitive(scope = id as tenant_id)]
    pub(crate) name: String,
    #[sensitive(scope = parent)]
    #[diesel(skip_insertion)]
    pub(crate) motto: Option<std::borrow::Cow<'a, str>>,
}

/// Its scope may be missing.
#[encfield::model]
#[derive(Insertable)]
#[diesel(table_name = tenants)]
pub(crate) struct NewTenant<'a> {
    pub(crate) id: i32,
    pub(crate) parent: Option<&'a str>,
    #[sensitive(scope = id as tenant_id)]
    pub(crate) name: &'a str,
    #[sensitive(scope = parent)]
    pub(crate) motto: Option<&'a str>,
}

pub(crate) fn create() -> Database {
    let database = Database::create();
    let conn = &mut database.open();
    let tables = "CREATE TABLE notes (id {counter}, tenant_id INTEGER NOT NULL, title {bytes} NOT NULL,
                      title_index {tag} NOT NULL, body {bytes}, rating {bytes} NOT NULL, shared {bytes} NOT NULL);
                  CREATE TABLE tenants (id {counter}, parent {text}, name {bytes} NOT NULL, motto {bytes});";
    conn.batch_execute(&ddl(&tables.replace("{tag}", TAG)))
        .unwrap();
    DataKeys::create_table(conn).unwrap();
    // Once more does no harm.
    DataKeys::create_table(conn).unwrap();
    database
}

/// The data keys of a process that begins now.
pub(crate) fn data_keys(database: &Database) -> DataKeys {
    let name = database.name();
    let connect = move || Ok::<_, Infallible>(Database::open_named(&name));
    DataKeys::new(DataKeyTable::new(connect))
}

/// Runs with a keyring as a process has it that begins now.
pub(crate) fn afresh<R>(
    keyring: &Keyring,
    database: &Database,
    run: impl FnOnce(&mut Conn) -> R,
) -> R {
    keyring
        .with_data_keys(&data_keys(database))
        .override_within(|| run(&mut database.open()))
}

pub(crate) fn note(id: i32, tenant_id: i32) -> Note {
    Note {
        id,
        tenant_id,
        title: format!("title {id}"),
        body: (id % 2 == 0).then(|| format!("body {id}")),
        rating: (id % 2 == 0).then_some(5),
        shared: "for all".into(),
    }
}

pub(crate) fn tenant(id: i32) -> Scope {
    Scope::new("tenant_id", &id)
}

pub(crate) fn insert(conn: &mut Conn, notes: &[Note]) {
    diesel::insert_into(notes::table)
        .values(notes.to_vec())
        .execute(conn)
        .unwrap();
}

pub(crate) fn stored(conn: &mut Conn) -> QueryResult<Vec<Note>> {
    notes::table
        .order(notes::id)
        .select(Note::as_select())
        .load(conn)
}

pub(crate) fn stored_of(conn: &mut Conn, tenant: i32) -> QueryResult<Vec<Note>> {
    notes::table
        .filter(notes::tenant_id.eq(tenant))
        .order(notes::id)
        .select(Note::as_select())
        .load(conn)
}

pub(crate) fn kind_of<T>(result: QueryResult<T>) -> ErrorKind {
    let error = result.err().unwrap();
    Error::cause_of(&error)
        .unwrap_or_else(|| panic!("{error:?}"))
        .kind()
}

/// A row of the table of data keys.
#[derive(QueryableByName, Clone)]
pub(crate) struct Row {
    #[diesel(sql_type = Text)]
    pub(crate) key_id: String,
    #[diesel(sql_type = Text)]
    pub(crate) scope: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<Binary>)]
    pub(crate) wrapped_key: Option<Vec<u8>>,
    #[diesel(sql_type = diesel::sql_types::Nullable<BigInt>)]
    pub(crate) shredded_at: Option<i64>,
}

pub(crate) fn rows(conn: &mut Conn) -> Vec<Row> {
    diesel::sql_query(
        "SELECT key_id, scope, wrapped_key, shredded_at FROM encfield_data_keys ORDER BY scope",
    )
    .load(conn)
    .unwrap()
}

pub(crate) fn put_back(conn: &mut Conn, row: &Row) {
    let query =
        "UPDATE encfield_data_keys SET wrapped_key = ?, shredded_at = NULL WHERE key_id = ?";
    let changed = diesel::sql_query(sql(query))
        .bind::<Binary, _>(row.wrapped_key.as_deref().unwrap())
        .bind::<Text, _>(&row.key_id)
        .execute(conn)
        .unwrap();
    assert_eq!(changed, 1);
}

fn values_of_scopes_come_back_on_every_path() {
    let (database, keyring) = (create(), Keyring::generate());
    let all = [note(1, 1), note(2, 1), note(3, 2), note(4, 3), note(5, 3)];
    afresh(&keyring, &database, |conn| {
        let insert = || diesel::insert_into(notes::table);
        insert().values(all[0].clone()).execute(conn).unwrap();
        insert().values(&all[1]).execute(conn).unwrap();
        insert().values(all[2..].to_vec()).execute(conn).unwrap();
        assert!(stored(conn).unwrap() == all);
    });
    let changed = Note {
        title: "new".into(),
        body: Some("new".into()),
        rating: Some(1),
        ..all[2].clone()
    };
    afresh(&keyring, &database, |conn| {
        assert!(stored(conn).unwrap() == all);
        diesel::update(&changed)
            .set(&changed)
            .execute(conn)
            .unwrap();
    });
    afresh(&keyring, &database, |conn| {
        let one: Note = notes::table
            .filter(notes::title_index.matches("new"))
            .select(Note::as_select())
            .first(conn)
            .unwrap();
        assert!(one == changed);
        // In a tuple, in which nothing says whose value it is.
        type Tuple = (i32, Encrypted<String>, Option<Sealed<String>>);
        let (tenant_id, title, body): Tuple = notes::table
            .find(2)
            .select((notes::tenant_id, notes::title, notes::body))
            .first(conn)
            .unwrap();
        assert_eq!((tenant_id, title.expose().as_str()), (1, "title 2"));
        assert!(body.is_some());
        // Without being told whose it is.
        let title: Encrypted<String> = notes::table
            .find(4)
            .select(notes::title)
            .first(conn)
            .unwrap();
        assert_eq!(title.expose(), "title 4");
        let sealed: Sealed<String> = notes::table
            .find(5)
            .select(notes::title)
            .first(conn)
            .unwrap();
        assert_eq!(sealed.open().unwrap().expose(), "title 5");
    });
}

fn the_explicit_style_seals_in_a_scope() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        diesel::insert_into(tenants::table)
            .values((
                tenants::id.eq(7),
                tenants::name.eq(Encrypted::new("seven".to_owned()).in_scope(tenant(7))),
            ))
            .execute(conn)
            .unwrap();
        let name: Encrypted<String> = tenants::table.select(tenants::name).first(conn).unwrap();
        assert_eq!(name.expose(), "seven");
        let sealed: Sealed<String> = tenants::table.select(tenants::name).first(conn).unwrap();
        let open = |scope| sealed.open_in(&RowValues::none().in_scope(scope));
        assert_eq!(open(tenant(7)).unwrap().expose(), "seven");
        assert_eq!(open(tenant(8)).unwrap_err().kind(), ErrorKind::NotAuthentic);
        let same: Tenant<'_> = tenants::table
            .select(Tenant::as_select())
            .first(conn)
            .unwrap();
        assert_eq!(same.name, "seven");
    });
}

fn each_scope_has_one_data_key_in_every_table() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(2, 1), note(3, 2)]);
        diesel::insert_into(tenants::table)
            .values(&NewTenant {
                id: 1,
                parent: Some("root"),
                name: "one",
                motto: Some("first"),
            })
            .execute(conn)
            .unwrap();
        let titles: Vec<Sealed<String>> = notes::table
            .order(notes::id)
            .select(notes::title)
            .load(conn)
            .unwrap();
        let name: Sealed<String> = tenants::table.select(tenants::name).first(conn).unwrap();
        let motto: Option<Sealed<String>> =
            tenants::table.select(tenants::motto).first(conn).unwrap();
        let shared: Sealed<String> = notes::table.select(notes::shared).first(conn).unwrap();
        let id = |value: &[u8]| value[2..10].to_vec();
        assert_eq!(id(titles[0].as_bytes()), id(titles[1].as_bytes()));
        assert_eq!(id(titles[0].as_bytes()), id(name.as_bytes()));
        let primary = keyring.primary_id().unwrap().to_bytes().to_vec();
        assert_eq!(id(shared.as_bytes()), primary);
        let different = [
            id(titles[0].as_bytes()),
            id(titles[2].as_bytes()),
            id(motto.unwrap().as_bytes()),
            primary,
        ];
        assert_eq!(different.iter().collect::<HashSet<_>>().len(), 4);
        let scopes: Vec<_> = rows(conn).into_iter().map(|row| row.scope).collect();
        assert_eq!(scopes, ["parent=root", "tenant_id=1", "tenant_id=2"]);
    });
}

fn a_value_moved_to_another_scope_does_not_open() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        insert(conn, &[note(1, 1), note(3, 2)]);
        diesel::update(notes::table.find(1))
            .set(notes::tenant_id.eq(2))
            .execute(conn)
            .unwrap();
        assert_eq!(kind_of(stored(conn)), ErrorKind::NotAuthentic);
        diesel::update(notes::table.find(1))
            .set(notes::tenant_id.eq(1))
            .execute(conn)
            .unwrap();
        assert!(stored(conn).is_ok());
    });
}

fn the_table_can_have_another_name_and_a_keyring_of_its_own() {
    let (database, keyring, wrapping) = (create(), Keyring::generate(), Keyring::generate());
    let conn = &mut database.open();
    let table = format!("keys_of_{}", std::process::id());
    conn.batch_execute(&format!("ALTER TABLE encfield_data_keys RENAME TO {table}"))
        .unwrap();
    wrapping.clone().install_for_table(&table).unwrap();
    keyring.clone().install_for_table("notes").ok();
    let data_keys = data_keys(&database).in_table(&table);
    // Not overridden: each table has the keyring that was installed for it.
    let keyring = keyring.with_data_keys(&data_keys);
    keyring.replace_for_table("notes").unwrap();
    insert(conn, &[note(1, 1)]);
    assert!(stored(conn).unwrap() == [note(1, 1)]);
    let under = |key| data_keys.wrapped_under(&mut database.open(), key).unwrap();
    assert_eq!(under(wrapping.primary_id().unwrap()), 1);
    // A new keyring for the notes takes over the data keys.
    Keyring::generate().replace_for_table("notes").unwrap();
    let title: Encrypted<String> = notes::table.select(notes::title).first(conn).unwrap();
    assert_eq!(title.expose(), "title 1");
}

fn an_inventory_knows_the_scopes() {
    let (database, keyring) = (create(), Keyring::generate());
    let inventory = Inventory::new().with::<Note>().unwrap();
    assert!(
        inventory
            .to_string()
            .contains("notes.title: String, found by title_index, sealed per tenant_id")
    );
    assert_eq!(
        inventory
            .to_toml()
            .matches("name = \"tenant_id\" }")
            .count(),
        3
    );
    let problems = |data_keys: DataKeys| {
        keyring.with_data_keys(&data_keys).override_within(|| {
            let report = encfield::check(&mut database.open(), &inventory);
            report
                .problems()
                .iter()
                .map(Error::kind)
                .collect::<Vec<_>>()
        })
    };
    afresh(&keyring, &database, |conn| insert(conn, &[note(2, 1)]));
    assert_eq!(problems(data_keys(&database)), []);
    data_keys(&database)
        .shred(&mut database.open(), &tenant(1))
        .unwrap();
    // What was shredded on purpose is no problem, and hides none of the values behind it.
    assert_eq!(problems(data_keys(&database)), []);
    afresh(&keyring, &database, |conn| insert(conn, &[note(4, 2)]));
    assert_eq!(problems(data_keys(&database)), []);
    let broken = "UPDATE encfield_data_keys SET scope = 'x' WHERE scope = 'tenant_id=2'";
    database.open().batch_execute(broken).unwrap();
    assert_eq!(
        problems(data_keys(&database)),
        [ErrorKind::DataKeyInvalid; 3]
    );
}

/// How many scopes two processes make at once.
const SCOPES: i32 = 1_000;

const CHILD: &str = "ENCFIELD_TEST_SCOPES_CHILD";

/// Whether this process was started by [`two_processes_make_the_same_scopes_at_once`].
pub(crate) fn is_another_process() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Makes the scopes and stores a value in each.
pub(crate) fn as_another_process() -> ExitCode {
    let variable = std::env::var(CHILD).unwrap();
    let (first, rest) = variable.split_once(' ').unwrap();
    let (name, json) = rest.split_once(' ').unwrap();
    let (first, name): (i32, String) = (first.parse().unwrap(), name.to_owned());
    let conn = &mut Database::open_named(&name);
    let connect = move || Ok::<_, Infallible>(Database::open_named(&name));
    let data_keys = DataKeys::new(DataKeyTable::new(connect));
    let keyring = Keyring::from_json(json).unwrap();
    keyring.with_data_keys(&data_keys).install().unwrap();
    // The other process is there as well, before either begins.
    diesel::insert_into(tenants::table)
        .values((
            tenants::id.eq(first),
            tenants::name.eq(Encrypted::new("here".to_owned())),
        ))
        .execute(conn)
        .unwrap();
    while tenants::table.count().get_result(conn) != Ok(2_i64) {
        std::thread::yield_now();
    }
    // Some on first use, through connections of their own; the others ahead of it.
    let (on_use, ahead) = (1..=SCOPES / 10, SCOPES / 10 + 1..=SCOPES);
    let row = |scope| note(first + scope, scope);
    for scope in on_use {
        insert(conn, &[row(scope)]);
    }
    let scopes: Vec<Scope> = ahead.clone().map(tenant).collect();
    data_keys.prepare(conn, &scopes).unwrap();
    for scopes in ahead.collect::<Vec<_>>().chunks(100) {
        let rows: Vec<Note> = scopes.iter().copied().map(row).collect();
        insert(conn, &rows);
    }
    ExitCode::SUCCESS
}

fn two_processes_make_the_same_scopes_at_once() {
    let (database, keyring) = (create(), Keyring::generate());
    let json = keyring.to_json().unwrap();
    let children: Vec<_> = [10_000, 20_000]
        .into_iter()
        .map(|first| {
            Command::new(std::env::current_exe().unwrap())
                .env(CHILD, format!("{first} {} {}", database.name(), *json))
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    afresh(&keyring, &database, |conn| {
        assert_eq!(rows(conn).len(), SCOPES as usize);
        let all = stored(conn).unwrap();
        assert_eq!(all.len(), 2 * SCOPES as usize);
        let titles: Vec<(i32, Sealed<String>)> = notes::table
            .select((notes::tenant_id, notes::title))
            .load(conn)
            .unwrap();
        let mut of_tenant: HashMap<i32, HashSet<[u8; 8]>> = HashMap::new();
        for (tenant, title) in titles {
            let id = title.as_bytes()[2..10].try_into().unwrap();
            of_tenant.entry(tenant).or_default().insert(id);
        }
        assert_eq!(of_tenant.len(), SCOPES as usize);
        assert!(of_tenant.values().all(|ids| ids.len() == 1));
    });
}

crate::harness::claims![
    values_of_scopes_come_back_on_every_path,
    the_explicit_style_seals_in_a_scope,
    each_scope_has_one_data_key_in_every_table,
    a_value_moved_to_another_scope_does_not_open,
    the_table_can_have_another_name_and_a_keyring_of_its_own,
    an_inventory_knows_the_scopes,
    two_processes_make_the_same_scopes_at_once,
];
