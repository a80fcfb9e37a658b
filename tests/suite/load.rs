//! Loading models: joins, associations, aliases, boxed queries, raw SQL and views.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::Encrypted;
use encfield::sql_types::Ciphertext;

use crate::database::fresh;
use crate::model::{Account, Profile, account, profile, stored};
use crate::schema::{accounts, profiles};

fn joins_associations_and_left_joins_work() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(vec![profile(1), profile(2)])
        .execute(conn)
        .unwrap();
    diesel::insert_into(accounts::table)
        .values(&vec![account(1, 1), account(2, 1)])
        .execute(conn)
        .unwrap();

    let joined: Vec<(Profile, Account)> = profiles::table
        .inner_join(accounts::table)
        .select((Profile::as_select(), Account::as_select()))
        .order(accounts::id)
        .load(conn)
        .unwrap();
    assert!(joined == [(profile(1), account(1, 1)), (profile(1), account(2, 1))]);

    let owners = stored(conn);
    let belonging = Account::belonging_to(&owners)
        .select(Account::as_select())
        .load(conn)
        .unwrap();
    let grouped = belonging.grouped_by(&owners);
    assert_eq!(grouped.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0]);

    let left: Vec<(i32, Option<Account>)> = profiles::table
        .left_join(accounts::table)
        .select((profiles::id, Option::<Account>::as_select()))
        .order((profiles::id, accounts::id))
        .load(conn)
        .unwrap();
    assert!(
        left == [
            (1, Some(account(1, 1))),
            (1, Some(account(2, 1))),
            (2, None)
        ]
    );
}

fn aliases_and_boxed_queries_load_models() {
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(vec![profile(1), profile(2)])
        .execute(conn)
        .unwrap();
    let other = diesel::alias!(profiles as other);
    let pairs: Vec<(Profile, (Option<Encrypted<String>>,))> = profiles::table
        .inner_join(other.on(other.field(profiles::id).ne(profiles::id)))
        .select((
            Profile::as_select(),
            (other.field(profiles::passport_number),),
        ))
        .order(profiles::id)
        .load(conn)
        .unwrap();
    assert_eq!(pairs[0].0, profile(1));
    assert_eq!(pairs[0].1.0.as_ref().unwrap().expose(), "K1234502");

    let mut boxed = profiles::table.select(Profile::as_select()).into_boxed();
    boxed = boxed.filter(profiles::phone_number.is_not_null());
    boxed = boxed.filter(profiles::user_id.eq(20));
    assert_eq!(boxed.load(conn).unwrap(), [profile(2)]);
    // A whole row in the order of the table's columns.
    assert_eq!(
        profiles::table.find(2).first::<Profile>(conn).unwrap(),
        profile(2)
    );
}

fn raw_sql_loads_by_name() {
    #[encfield::model]
    #[derive(QueryableByName)]
    #[diesel(table_name = profiles)]
    struct Named {
        user_id: i32,
        #[sensitive]
        passport_number: Option<String>,
        #[sensitive]
        #[diesel(sql_type = diesel::sql_types::Nullable<Ciphertext<profiles::phone_number>>)]
        phone: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let query = "SELECT user_id, passport_number, phone_number AS phone FROM profiles";
    let named: Named = diesel::sql_query(query).get_result(conn).unwrap();
    assert_eq!(named.user_id, 10);
    assert_eq!((named.passport_number, named.phone), {
        let Profile {
            passport_number,
            phone_number,
            ..
        } = profile(1);
        (passport_number, phone_number)
    });
}

fn has_query_gives_a_query() {
    #[encfield::model]
    #[derive(HasQuery)]
    #[diesel(table_name = profiles)]
    struct Passport {
        id: i32,
        #[sensitive]
        passport_number: Option<String>,
    }
    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    let passport = Passport::query()
        .filter(profiles::id.eq(1))
        .first(conn)
        .unwrap();
    assert_eq!(
        (passport.id, passport.passport_number.as_deref()),
        (1, Some("K1234501"))
    );
}

fn a_view_carries_its_columns_identity() {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;
        use crate::schema::profiles;

        passports (id) {
            id -> Integer,
            number -> Nullable<Ciphertext<profiles::passport_number>>,
        }
    }

    #[encfield::model]
    #[derive(Queryable, Selectable)]
    #[diesel(table_name = passports)]
    struct Passport {
        #[sensitive]
        number: Option<String>,
    }

    let conn = &mut fresh();
    diesel::insert_into(profiles::table)
        .values(profile(1))
        .execute(conn)
        .unwrap();
    conn.batch_execute(
        "CREATE VIEW passports AS SELECT id, passport_number AS number FROM profiles",
    )
    .unwrap();
    let passport = passports::table
        .select(Passport::as_select())
        .first(conn)
        .unwrap();
    assert_eq!(passport.number.as_deref(), Some("K1234501"));
}

crate::harness::claims![
    joins_associations_and_left_joins_work,
    aliases_and_boxed_queries_load_models,
    raw_sql_loads_by_name,
    has_query_gives_a_query,
    a_view_carries_its_columns_identity,
];
