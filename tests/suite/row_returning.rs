//! `RETURNING` and `ON CONFLICT` with values that are bound to their row and sealed in its scope.

use diesel::prelude::*;
use diesel::upsert::excluded;
use encfield::Keyring;

use crate::backend::Conn;
use crate::row_paths::{Letter, create, letter, letters, refused, stored, swap_in};
use crate::scopes;

fn with_an_empty_table(test: impl FnOnce(&mut Conn)) {
    scopes::afresh(&Keyring::generate(), &create(), test);
}

fn returning_gives_bound_values_back() {
    with_an_empty_table(|conn| {
        let inserted: Letter = diesel::insert_into(letters::table)
            .values(&letter(1))
            .returning(Letter::as_returning())
            .get_result(conn)
            .unwrap();
        assert!(inserted == letter(1));
        // Without `returning` the whole row comes back.
        let inserted: Letter = diesel::insert_into(letters::table)
            .values(letter(2))
            .get_result(conn)
            .unwrap();
        assert!(inserted == letter(2));
        let batch: Vec<Letter> = diesel::insert_into(letters::table)
            .values(vec![letter(3), letter(4)])
            .returning(Letter::as_returning())
            .get_results(conn)
            .unwrap();
        assert!(batch == [letter(3), letter(4)]);
        let changed = Letter {
            subject: "new".into(),
            ..letter(3)
        };
        let updated: Letter = diesel::update(letters::table.find(3))
            .set(&changed)
            .returning(Letter::as_returning())
            .get_result(conn)
            .unwrap();
        assert!(updated == changed);
        let deleted: Letter = diesel::delete(letters::table.find(4))
            .returning(Letter::as_returning())
            .get_result(conn)
            .unwrap();
        assert!(deleted == letter(4));
        swap_in(conn);
        let update = diesel::update(letters::table.find(3)).set(letters::author_id.eq(9));
        refused(
            update
                .returning(Letter::as_returning())
                .get_result::<Letter>(conn),
        );
    });
}

fn an_upsert_binds_to_the_row_that_is_there() {
    with_an_empty_table(|conn| {
        let upsert = || diesel::insert_into(letters::table);
        upsert().values(&letter(3)).execute(conn).unwrap();
        let changed = Letter {
            subject: "new".into(),
            body: Some("new".into()),
            ..letter(3)
        };
        let returned: Letter = upsert()
            .values(&changed)
            .on_conflict(letters::id)
            .do_update()
            .set(&changed)
            .returning(Letter::as_returning())
            .get_result(conn)
            .unwrap();
        assert!(returned == changed && stored(conn).unwrap() == [changed]);
        // What was excluded has the key of the row that is there, which it is bound to.
        let excluded_one = Letter {
            subject: "excluded".into(),
            ..letter(3)
        };
        upsert()
            .values(&excluded_one)
            .on_conflict(letters::id)
            .do_update()
            .set(letters::subject.eq(excluded(letters::subject)))
            .execute(conn)
            .unwrap();
        assert_eq!(stored(conn).unwrap()[0].subject, "excluded");
        let nothing = upsert().values(letter(3)).on_conflict_do_nothing();
        assert_eq!(nothing.execute(conn), Ok(0));
        assert_eq!(stored(conn).unwrap()[0].subject, "excluded");
        // An upsert that is bound to another row than the one that is there does not open.
        let others = Letter { id: 5, ..letter(3) };
        upsert()
            .values(&letter(3))
            .on_conflict(letters::id)
            .do_update()
            .set(&others)
            .execute(conn)
            .unwrap();
        refused(stored(conn));
    });
}

crate::harness::claims![
    returning_gives_bound_values_back,
    an_upsert_binds_to_the_row_that_is_there,
];
