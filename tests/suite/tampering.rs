//! Whatever is done to a stored value, it is refused with the error that it must give: every bit, every
//! length, every other place. At least 50,000 changes a database.

use diesel::prelude::*;
use encfield::{
    Context, ErrorKind, IndexExpressionMethods, Key, KeyState, Keyring, RowValues, Scope, Sealed,
};

use crate::backend::Conn;
use crate::scopes::{Note, afresh, create, insert, kind_of, note, notes, stored};

/// The same table for whoever has no key.
mod raw {
    diesel::table! {
        #[sql_name = "notes"]
        cells (id) {
            id -> Integer,
            tenant_id -> Integer,
            title -> Binary,
            title_index -> Binary,
            body -> Nullable<Binary>,
            rating -> Binary,
            shared -> Binary,
        }
    }
}
use raw::cells;

#[derive(Queryable, Insertable, Clone)]
#[diesel(table_name = cells)]
struct Cells {
    id: i32,
    tenant_id: i32,
    title: Vec<u8>,
    title_index: Vec<u8>,
    body: Option<Vec<u8>>,
    rating: Vec<u8>,
    shared: Vec<u8>,
}

/// The fewest changes that count as all of them.
const FLOOR: usize = 50_000;

/// How many rows are written and read at once.
const ROWS: usize = 250;

/// A changed value, and what must be said of it.
struct Changed {
    value: Vec<u8>,
    kind: ErrorKind,
}

fn flipped(value: &[u8]) -> impl Iterator<Item = Changed> {
    (0..value.len() * 8).map(|bit| {
        let mut changed = value.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        let kind = match bit / 8 {
            0 => ErrorKind::NotCiphertext,
            1 => ErrorKind::UnsupportedFormat,
            2..10 => ErrorKind::UnknownKey,
            _ => ErrorKind::NotAuthentic,
        };
        Changed {
            value: changed,
            kind,
        }
    })
}

fn cut_and_extended(value: &[u8]) -> impl Iterator<Item = Changed> {
    let cut = (0..value.len()).map(|length| Changed {
        value: value[..length].to_vec(),
        kind: match length {
            0..50 => ErrorKind::Truncated,
            _ => ErrorKind::NotAuthentic,
        },
    });
    let extended = (1..=32).map(move |more| Changed {
        value: [value, &vec![0xA5; more]].concat(),
        kind: ErrorKind::NotAuthentic,
    });
    // What the front is cut off begins with a byte of the header or of the nonce.
    let beheaded = (1..value.len())
        .filter(|from| value[*from] != value[0])
        .map(|from| Changed {
            value: value[from..].to_vec(),
            kind: ErrorKind::NotCiphertext,
        });
    cut.chain(extended).chain(beheaded)
}

fn cells(conn: &mut Conn) -> Vec<Cells> {
    cells::table.order(cells::id).load(conn).unwrap()
}

/// Writes each changed value into the column that `put` fills, and opens it as `open` does.
fn each_is_refused(
    conn: &mut Conn,
    like: &Cells,
    changed: &[Changed],
    put: impl Fn(&mut Cells, Vec<u8>),
    open: impl Fn(&mut Conn) -> Vec<(i32, Result<(), ErrorKind>)>,
) -> usize {
    let mut refused = 0;
    for changed in changed.chunks(ROWS) {
        diesel::delete(cells::table).execute(conn).unwrap();
        let rows: Vec<_> = changed
            .iter()
            .zip(1..)
            .map(|(changed, id)| {
                let mut row = Cells { id, ..like.clone() };
                put(&mut row, changed.value.clone());
                row
            })
            .collect();
        diesel::insert_into(cells::table)
            .values(&rows)
            .execute(conn)
            .unwrap();
        let opened = open(conn);
        assert_eq!(opened.len(), changed.len());
        for ((id, opened), changed) in opened.into_iter().zip(changed) {
            assert_eq!(
                opened,
                Err(changed.kind),
                "row {id}: {:02x?}",
                changed.value
            );
            refused += 1;
        }
    }
    refused
}

fn every_changed_bit_and_length_is_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    let refused = afresh(&keyring, &database, |conn| {
        // In plain columns each length once, up to four blocks of the cipher.
        let originals: Vec<Note> = (0..=64)
            .map(|length| Note {
                shared: "é".repeat(length / 2) + &"x".repeat(length % 2),
                ..note(length as i32 + 2, 1)
            })
            .collect();
        insert(conn, &originals);
        let stored = cells(conn);
        let all = |values: Vec<&[u8]>| -> Vec<Changed> {
            let changed = |value: &&[u8]| flipped(value).chain(cut_and_extended(value)).collect();
            values
                .iter()
                .flat_map(changed as fn(&&[u8]) -> Vec<Changed>)
                .collect()
        };

        let shared = all(stored.iter().map(|row| &*row.shared).collect());
        // A key that is not known is not asked for where there are no data keys.
        let mut refused = keyring.override_within(|| {
            each_is_refused(
                conn,
                &stored[0],
                &shared,
                |row, value| row.shared = value,
                |conn| {
                    let column = notes::table
                        .order(notes::id)
                        .select((notes::id, notes::shared));
                    let loaded: Vec<(i32, Sealed<String>)> = column.load(conn).unwrap();
                    let opened = |(id, value): (i32, Sealed<String>)| {
                        (id, value.open().map(drop).map_err(|error| error.kind()))
                    };
                    loaded.into_iter().map(opened).collect()
                },
            )
        });
        // Under a data key of its tenant, and under one and bound to its row.
        let titles = all(stored[..2].iter().map(|row| &*row.title).collect());
        refused += each_is_refused(
            conn,
            &stored[0],
            &titles,
            |row, value| row.title = value,
            |conn| {
                let column = notes::table
                    .order(notes::id)
                    .select((notes::id, notes::title));
                let loaded: Vec<(i32, Sealed<String>)> = column.load(conn).unwrap();
                let opened = |(id, value): (i32, Sealed<String>)| {
                    (id, value.open().map(drop).map_err(|error| error.kind()))
                };
                loaded.into_iter().map(opened).collect()
            },
        );
        let (row, body) = (&stored[0], stored[0].body.as_deref().unwrap());
        let bound = row.id;
        refused += each_is_refused(
            conn,
            row,
            &all(vec![body]),
            |row, value| row.body = Some(value),
            |conn| {
                let column = notes::table
                    .order(notes::id)
                    .select((notes::id, notes::body.assume_not_null()));
                let loaded: Vec<(i32, Sealed<String>)> = column.load(conn).unwrap();
                let opened = |(id, value): (i32, Sealed<String>)| {
                    let place = RowValues::of(&bound).in_scope(Scope::new("tenant_id", &1));
                    (
                        id,
                        value
                            .open_in(&place)
                            .map(drop)
                            .map_err(|error| error.kind()),
                    )
                };
                loaded.into_iter().map(opened).collect()
            },
        );
        // As they were, they open.
        diesel::delete(cells::table).execute(conn).unwrap();
        diesel::insert_into(cells::table)
            .values(&stored)
            .execute(conn)
            .unwrap();
        assert!(crate::scopes::stored(conn).unwrap() == originals);
        refused
    });
    println!("tampering: {refused} changed bits and lengths, each refused as it must be");
    assert!(refused >= FLOOR, "{refused} changes");
}

/// Writes one row as changed, loads the model, and puts the row back.
fn loaded_with(
    conn: &mut Conn,
    row: &Cells,
    change: impl FnOnce(&mut Cells),
) -> QueryResult<Vec<Note>> {
    let replace = |conn: &mut Conn, row: &Cells| {
        diesel::delete(cells::table.find(row.id))
            .execute(conn)
            .unwrap();
        diesel::insert_into(cells::table)
            .values(row)
            .execute(conn)
            .unwrap();
    };
    let mut changed = row.clone();
    change(&mut changed);
    replace(conn, &changed);
    let loaded = stored(conn);
    replace(conn, row);
    loaded
}

fn every_value_in_another_place_is_refused() {
    let (database, keyring) = (create(), Keyring::generate());
    let other = Key::generate().unwrap();
    let keyring = keyring.with_key(other.clone(), KeyState::Active).unwrap();
    let swaps = afresh(&keyring, &database, |conn| {
        let all: Vec<Note> = (1..=12).map(|half| note(half * 2, half % 3)).collect();
        insert(conn, &all);
        let rows = cells(conn);
        let mut swaps = 0;
        let mut refused = |result: QueryResult<Vec<Note>>, what: &str| {
            assert_eq!(kind_of(result), ErrorKind::NotAuthentic, "{what}");
            swaps += 1;
        };
        for row in &rows {
            for from in rows.iter().filter(|from| from.id != row.id) {
                // Another row, of the same tenant or not: what is bound to the row.
                refused(
                    loaded_with(conn, row, |to| to.body = from.body.clone()),
                    "row",
                );
                if from.tenant_id != row.tenant_id {
                    refused(
                        loaded_with(conn, row, |to| to.title = from.title.clone()),
                        "scope",
                    );
                    refused(
                        loaded_with(conn, row, |to| to.rating = from.rating.clone()),
                        "scope",
                    );
                    refused(
                        loaded_with(conn, row, |to| to.tenant_id = from.tenant_id),
                        "owner",
                    );
                }
            }
            // Another column, of the same row.
            refused(
                loaded_with(conn, row, |to| to.shared = row.title.clone()),
                "column",
            );
            refused(
                loaded_with(conn, row, |to| to.title = row.shared.clone()),
                "column",
            );
            refused(
                loaded_with(conn, row, |to| to.rating = row.title.clone()),
                "column",
            );
            refused(
                loaded_with(conn, row, |to| to.body = Some(row.title.clone())),
                "column",
            );
            // Another table or column of the same name, under the same key.
            for (table, column) in [
                ("drafts", "shared"),
                ("notes", "shared_"),
                ("not", "esshared"),
            ] {
                let value = keyring
                    .encrypt(&Context::new(table, column), "for all")
                    .unwrap();
                refused(loaded_with(conn, row, |to| to.shared = value), "table");
            }
            // The id of another key that is in the keyring.
            let mut value = row.shared.clone();
            value[2..10].copy_from_slice(&other.id().to_bytes());
            refused(loaded_with(conn, row, |to| to.shared = value), "key");
        }
        assert!(stored(conn).unwrap() == all);
        swaps
    });
    println!("tampering: {swaps} values in another place, each refused");
    assert!(swaps >= 400, "{swaps} swaps");
}

/// What is not promised, so that nobody takes it for granted.
fn an_old_value_and_a_tag_of_another_row_are_not_noticed() {
    let (database, keyring) = (create(), Keyring::generate());
    afresh(&keyring, &database, |conn| {
        let (one, two) = (note(1, 1), note(2, 1));
        insert(conn, &[one.clone(), two.clone()]);
        let old = cells(conn);
        let changed = Note {
            title: "changed".into(),
            shared: "changed".into(),
            ..one.clone()
        };
        diesel::update(&changed)
            .set(&changed)
            .execute(conn)
            .unwrap();
        // A value from before, at its own place.
        let now = cells(conn);
        let replayed = loaded_with(conn, &now[0], |to| {
            to.title = old[0].title.clone();
            to.shared = old[0].shared.clone();
        });
        assert!(replayed.unwrap()[0] == one);
        // The tag of another row: the lookup finds a row that holds something else, and the program sees it.
        let found = |conn: &mut Conn| -> Vec<Note> {
            let rows = notes::table.filter(notes::title_index.matches("title 2"));
            rows.select(Note::as_select()).load(conn).unwrap()
        };
        assert!(found(conn) == [two.clone()]);
        diesel::update(cells::table.find(1))
            .set(cells::title_index.eq(&old[1].title_index))
            .execute(conn)
            .unwrap();
        let found = found(conn);
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|note| note.title == "changed"));
        // One that was changed in a bit finds nothing.
        for bit in 0..old[1].title_index.len() * 8 {
            let mut tag = old[1].title_index.clone();
            tag[bit / 8] ^= 1 << (bit % 8);
            diesel::update(cells::table)
                .set(cells::title_index.eq(tag))
                .execute(conn)
                .unwrap();
            let rows = notes::table.filter(notes::title_index.matches("title 2"));
            assert_eq!(
                rows.count().get_result::<i64>(conn).unwrap(),
                0,
                "bit {bit}"
            );
        }
    });
}

crate::harness::claims![
    every_changed_bit_and_length_is_refused,
    every_value_in_another_place_is_refused,
    an_old_value_and_a_tag_of_another_row_are_not_noticed,
];
