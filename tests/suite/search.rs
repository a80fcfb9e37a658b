//! Ten thousand people, looked up by their indexes and by plain columns beside them.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{IndexExpressionMethods, tokens};

use crate::backend::{Conn, Database, uses_index};
use crate::people::{Person, create, ids, name_prefixes, name_runs, people};
use crate::plan::plan;

const PEOPLE: i32 = 10_000;

/// How many of them are looked up in each way.
const SAMPLE: usize = 40;

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        // Knuth's MMIX generator; its upper bits are good enough to make people up.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(limit)).unwrap()
    }

    /// Small numbers are more frequent, as some names are.
    fn skewed(&mut self, limit: u32) -> u32 {
        let below = self.below(limit) + 1;
        self.below(below)
    }
}

fn name(numbers: &mut Numbers) -> String {
    const FIRST: [&str; 8] = [
        "Asha", "Ben", "Chitra", "Dev", "Esha", "Farid", "Gita", "Hari",
    ];
    const SYLLABLES: [&str; 12] = [
        "ka", "ru", "me", "sho", "van", "ti", "der", "lin", "po", "gu", "as", "ne",
    ];
    let surname = numbers.skewed(1_728) as usize;
    let syllable = |place: usize| SYLLABLES[surname / 12_usize.pow(place as u32) % 12];
    let first = FIRST[numbers.below(8) as usize];
    format!("{}{}{} {first}", syllable(0), syllable(1), syllable(2))
}

fn someone(id: i32, numbers: &mut Numbers) -> Person {
    let plain_name = name(numbers);
    let name = match numbers.below(3) {
        0 => plain_name.to_uppercase(),
        1 => format!(" {} ", plain_name.replace(' ', "  ")),
        _ => plain_name.clone(),
    };
    let phone = (numbers.below(20) > 0).then(|| {
        format!(
            "+919{:04}{:05}",
            numbers.below(10_000),
            numbers.below(100_000)
        )
    });
    let born = (numbers.below(20) > 0).then(|| {
        NaiveDate::from_ymd_opt(1940 + numbers.below(60) as i32, 1 + numbers.below(12), 5).unwrap()
    });
    let passport = (numbers.below(10) > 0).then(|| format!("K{id:07}"));
    Person {
        id,
        plain_name: plain_name.to_lowercase(),
        plain_phone: phone.clone(),
        plain_passport: passport.clone(),
        plain_year: born.map(|born| chrono::Datelike::year(&born)),
        name,
        birth_date: born,
        phone_number: phone.map(|phone| phone.parse().unwrap()),
        passport_number: passport,
    }
}

/// The people, stored once for the module.
fn with_people(run: impl FnOnce(&mut Conn, &[Person])) {
    static STORED: OnceLock<(Mutex<Database>, Vec<Person>)> = OnceLock::new();
    let (database, all) = STORED.get_or_init(|| {
        let database = create();
        let conn = &mut database.open();
        let mut numbers = Numbers(20_261_123);
        let all: Vec<Person> = (1..=PEOPLE).map(|id| someone(id, &mut numbers)).collect();
        conn.transaction(|conn| store(conn, &all)).unwrap();
        (Mutex::new(database), all)
    });
    let database = database.lock().unwrap_or_else(PoisonError::into_inner);
    run(&mut database.open(), all);
}

fn store(conn: &mut Conn, all: &[Person]) -> QueryResult<()> {
    for some in all.chunks(500) {
        diesel::insert_into(people::table)
            .values(some)
            .execute(conn)?;
        let mut rows = Vec::new();
        for one in some {
            let prefixes = tokens(name_prefixes::token, one.name.as_str()).unwrap();
            rows.extend(prefixes.into_iter().map(|token| {
                (
                    name_prefixes::person_id.eq(one.id),
                    name_prefixes::token.eq(token),
                )
            }));
        }
        diesel::insert_into(name_prefixes::table)
            .values(rows)
            .execute(conn)?;
    }
    let mut rows = Vec::new();
    for one in &all[..1_000] {
        let runs = tokens(name_runs::token, one.name.as_str()).unwrap();
        rows.extend(
            runs.into_iter()
                .map(|token| (name_runs::person_id.eq(one.id), name_runs::token.eq(token))),
        );
    }
    diesel::insert_into(name_runs::table)
        .values(rows)
        .execute(conn)?;
    Ok(())
}

/// Some of the people, far apart.
fn sample(all: &[Person]) -> impl Iterator<Item = &Person> {
    all.iter().step_by(all.len() / SAMPLE)
}

fn by_phone_in_five_spellings() {
    with_people(|conn, all| {
        for one in sample(all) {
            let Some(phone) = &one.plain_phone else {
                continue;
            };
            let expected = ids!(conn, people::plain_phone.eq(phone));
            assert!(expected.contains(&one.id));
            let (area, rest) = phone.strip_prefix("+91").unwrap().split_at(5);
            for spelling in [
                format!("+91{area}{rest}"),
                format!("+91 {area}-{rest}"),
                format!("0091 ({area}) {rest}"),
                format!("0{area} {rest}"),
                format!("{area} {rest}"),
            ] {
                let found = ids!(conn, people::phone_index.matches(&spelling));
                assert_eq!(found, expected, "{spelling}");
            }
            let number = one.phone_number.as_ref().unwrap();
            assert_eq!(ids!(conn, people::phone_index.matches(number)), expected);
        }
        assert_eq!(
            ids!(conn, people::phone_index.matches("+91 12345 67890")),
            [0; 0]
        );
    });
}

fn by_passport() {
    with_people(|conn, all| {
        let some: Vec<&str> = sample(all)
            .filter_map(|one| one.plain_passport.as_deref())
            .collect();
        for passport in &some {
            let expected = ids!(conn, people::plain_passport.eq(passport));
            assert_eq!(
                ids!(conn, people::passport_index.matches(*passport)),
                expected
            );
        }
        let expected = ids!(conn, people::plain_passport.eq_any(&some));
        assert_eq!(
            ids!(
                conn,
                people::passport_index.matches_any(some.iter().copied())
            ),
            expected
        );
        let expected = ids!(conn, people::plain_passport.ne(some[0]));
        assert_eq!(
            ids!(conn, people::passport_index.does_not_match(some[0])),
            expected
        );
        assert!(expected.len() > 8_000);
    });
}

fn by_the_last_four_digits() {
    with_people(|conn, all| {
        for one in sample(all) {
            let Some(phone) = &one.plain_phone else {
                continue;
            };
            let last = &phone[phone.len() - 4..];
            let expected = ids!(conn, people::plain_phone.like(format!("%{last}")));
            let found = ids!(conn, people::phone_last_four.matches(last));
            assert_eq!(found, expected, "{last}");
        }
    });
}

fn by_name_and_by_name_and_year() {
    with_people(|conn, all| {
        let mut together = 0;
        for one in sample(all) {
            let expected = ids!(conn, people::plain_name.eq(&one.plain_name));
            assert_eq!(ids!(conn, people::name_index.matches(&one.name)), expected);
            assert_eq!(
                ids!(conn, people::name_index.matches(&one.plain_name)),
                expected
            );
            let Some(year) = one.plain_year else { continue };
            let same = people::plain_name
                .eq(&one.plain_name)
                .and(people::plain_year.eq(year));
            let expected = ids!(conn, same);
            assert!(expected.contains(&one.id));
            let found = people::name_year_index.matches((&one.plain_name, &year));
            assert_eq!(ids!(conn, found), expected);
            let found = people::name_year_index.matches((&one.name, &one.birth_date.unwrap()));
            assert_eq!(ids!(conn, found), expected);
            together += expected.len();
        }
        assert!(together >= SAMPLE / 2);
    });
}

fn by_bucket_with_what_is_wrong_dropped() {
    with_people(|conn, all| {
        for one in sample(all).take(10) {
            let expected = ids!(conn, people::plain_name.eq(&one.plain_name));
            let found: Vec<Person> = people::table
                .filter(people::name_bucket.may_match(&one.plain_name))
                .order(people::id)
                .select(Person::as_select())
                .load(conn)
                .unwrap();
            assert!(found.len() > expected.len(), "no other name in the bucket");
            let kept = people::name_bucket
                .keep_matching(found, &one.plain_name, |person| Some(&person.name));
            assert_eq!(kept.iter().map(|one| one.id).collect::<Vec<_>>(), expected);
        }
    });
}

fn by_prefix() {
    with_people(|conn, all| {
        let people_with = |conn: &mut Conn, prefix: &str| -> Vec<Person> {
            let with = name_prefixes::table
                .filter(name_prefixes::token.may_start_with(prefix))
                .select(name_prefixes::person_id);
            people::table
                .filter(people::id.eq_any(with))
                .order(people::id)
                .select(Person::as_select())
                .load(conn)
                .unwrap()
        };
        for one in sample(all).take(12) {
            for length in [2, 3, 6, 8] {
                let prefix = &one.plain_name[..length];
                let expected = ids!(conn, people::plain_name.like(format!("{prefix}%")));
                let found = people_with(conn, &prefix.to_uppercase());
                let kept = name_prefixes::token
                    .keep_holding(found, prefix, |person| Some(person.name.as_str()));
                assert_eq!(
                    kept.iter().map(|one| one.id).collect::<Vec<_>>(),
                    expected,
                    "{prefix}"
                );
            }
        }
        // Too short for any token.
        let query = name_prefixes::table
            .filter(name_prefixes::token.may_start_with("k"))
            .select(name_prefixes::person_id);
        let error = query.load::<i32>(conn).unwrap_err();
        let cause = encfield::Error::cause_of(&error).unwrap();
        assert_eq!(cause.kind(), encfield::ErrorKind::NotIndexable);
    });
}

fn by_a_part_of_the_name() {
    with_people(|conn, all| {
        let parts: BTreeSet<&str> = sample(all)
            .map(|one| one.plain_name[2..7].trim())
            .take(12)
            .collect();
        for part in parts {
            let like = people::plain_name
                .like(format!("%{part}%"))
                .and(people::id.le(1_000));
            let expected = ids!(conn, like);
            let mut query = people::table
                .select(Person::as_select())
                .order(people::id)
                .into_boxed();
            for condition in name_runs::token.may_contain(part) {
                let with = name_runs::table
                    .filter(condition)
                    .select(name_runs::person_id);
                query = query.filter(people::id.eq_any(with));
            }
            let found: Vec<Person> = query.load(conn).unwrap();
            let kept =
                name_runs::token.keep_holding(found, part, |person| Some(person.name.as_str()));
            assert_eq!(
                kept.iter().map(|one| one.id).collect::<Vec<_>>(),
                expected,
                "{part}"
            );
        }
    });
}

fn the_database_uses_the_index() {
    with_people(|conn, all| {
        // Where there is such a statement: what the planner knows of the tables.
        let _ = conn.batch_execute("ANALYZE");
        let one = all
            .iter()
            .find(|one| one.plain_phone.is_some() && one.plain_year.is_some())
            .unwrap();
        let phone = one.plain_phone.as_ref().unwrap();
        let both = people::name_year_index.matches((&one.name, &one.plain_year.unwrap()));
        let rare = all[..50]
            .iter()
            .min_by_key(|one| {
                all.iter()
                    .filter(|other| other.plain_name == one.plain_name)
                    .count()
            })
            .unwrap();
        let table = || people::table;
        let plans = [
            (
                "people_passport",
                plan(
                    conn,
                    table()
                        .filter(people::passport_index.matches("K0000001"))
                        .select(people::id),
                ),
            ),
            (
                "people_phone",
                plan(
                    conn,
                    table()
                        .filter(people::phone_index.matches(phone))
                        .select(people::id),
                ),
            ),
            (
                "people_last_four",
                plan(
                    conn,
                    table()
                        .filter(people::phone_last_four.matches(phone))
                        .select(people::id),
                ),
            ),
            (
                "people_name_year",
                plan(conn, table().filter(both).select(people::id)),
            ),
            (
                "people_passport",
                plan(
                    conn,
                    table()
                        .filter(people::passport_index.matches_any(["K0000001", "K0000002"]))
                        .select(people::id),
                ),
            ),
            (
                "prefixes_token",
                plan(
                    conn,
                    name_prefixes::table
                        .filter(name_prefixes::token.may_start_with(&*one.plain_name))
                        .select(name_prefixes::person_id),
                ),
            ),
            (
                "runs_token",
                plan(
                    conn,
                    name_runs::table
                        .filter(name_runs::token.may_contain(&*rare.plain_name).remove(0))
                        .select(name_runs::person_id),
                ),
            ),
            (
                "people_name",
                plan(
                    conn,
                    table()
                        .filter(people::name_index.matches(&rare.name))
                        .select(people::id),
                ),
            ),
            (
                "people_bucket",
                plan(
                    conn,
                    table()
                        .filter(people::name_bucket.may_match(&rare.name))
                        .select(people::id),
                ),
            ),
            (
                "people_passport",
                plan(
                    conn,
                    diesel::delete(people::table)
                        .filter(people::passport_index.matches("K0000001")),
                ),
            ),
            (
                "people_passport",
                plan(
                    conn,
                    diesel::update(people::table)
                        .filter(people::passport_index.matches("K0000001"))
                        .set(people::plain_year.eq(1984)),
                ),
            ),
        ];
        for (index, plan) in plans {
            assert!(uses_index(&plan, index), "{index} is not used:\n{plan}");
        }
        // What is asked of all rows goes to none by the index, and is not taken for it.
        let all_rows = [
            plan(conn, table().select(people::passport_index)),
            plan(
                conn,
                table()
                    .filter(people::plain_passport.eq("K0000001"))
                    .select(people::passport_index),
            ),
            plan(
                conn,
                table()
                    .filter(people::passport_index.does_not_match("K0000001"))
                    .select(people::plain_name),
            ),
        ];
        for plan in all_rows {
            assert!(!uses_index(&plan, "people_passport"), "it is used:\n{plan}");
        }
        // And by way of two keys, while one is being rotated.
        let keyring = encfield::Keyring::installed().unwrap();
        let key = encfield::Key::generate().unwrap();
        keyring
            .with_primary_index_key(key)
            .unwrap()
            .override_within(|| {
                let query = table()
                    .filter(people::phone_index.matches(phone))
                    .select(people::id);
                let plan = plan(conn, query);
                assert!(uses_index(&plan, "people_phone"), "{plan}");
            });
    });
}

crate::harness::claims![
    by_phone_in_five_spellings,
    by_passport,
    by_the_last_four_digits,
    by_name_and_by_name_and_year,
    by_bucket_with_what_is_wrong_dropped,
    by_prefix,
    by_a_part_of_the_name,
    the_database_uses_the_index,
];
