//! `RETURNING`, on the backends that have it.

use diesel::prelude::*;
use encfield::Encrypted;

use crate::database::fresh;
use crate::schema::accounts;

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq)]
#[diesel(table_name = accounts)]
struct Account {
    profile_id: i32,
    #[sensitive]
    iban: String,
    #[sensitive]
    note: u32,
}

fn account() -> Account {
    Account {
        profile_id: 7,
        iban: "DE02120300000000202051".into(),
        note: 7,
    }
}

fn a_model_comes_back_from_insert_update_and_delete() {
    let conn = &mut fresh();
    let inserted = diesel::insert_into(accounts::table)
        .values(&account())
        .returning(Account::as_returning())
        .get_result(conn)
        .unwrap();
    assert!(inserted == account());

    let batch = diesel::insert_into(accounts::table)
        .values(vec![account(), account()])
        .returning(Account::as_returning())
        .get_results(conn)
        .unwrap();
    assert!(batch == [account(), account()]);

    let changed = Account {
        note: 8,
        ..account()
    };
    let updated = diesel::update(accounts::table)
        .set(&changed)
        .returning(Account::as_returning())
        .get_results(conn)
        .unwrap();
    assert_eq!(updated.len(), 3);
    assert!(updated.iter().all(|account| *account == changed));

    let deleted: Vec<Account> = diesel::delete(accounts::table)
        .returning(Account::as_returning())
        .get_results(conn)
        .unwrap();
    assert!(deleted.iter().all(|account| *account == changed));
}

fn an_explicit_value_comes_back() {
    let conn = &mut fresh();
    let iban = Encrypted::new("DE02120300000000202051".to_owned());
    let returned: Encrypted<String> = diesel::insert_into(accounts::table)
        .values((
            accounts::profile_id.eq(7),
            accounts::iban.eq(&iban),
            accounts::note.eq(Encrypted::new(7_u32)),
        ))
        .returning(accounts::iban)
        .get_result(conn)
        .unwrap();
    assert_eq!(returned, iban);
}

crate::harness::claims![
    a_model_comes_back_from_insert_update_and_delete,
    an_explicit_value_comes_back,
];
