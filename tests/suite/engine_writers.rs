//! Programs that write all along, while jobs of every kind go on: no operation fails and no update is lost.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use encfield::engine::{Census, Failure, IndexCensus, Job, Task};
use encfield::{IndexExpressionMethods, Key, KeyState, Keyring};

use crate::backend::{Conn, Database, TAG};
use crate::database::ddl;
use crate::engine::{TABLE, create, members, name, name_index, of, run, stored, table};
use crate::engine_workers::{Worker, fill, job};

const ROWS: i32 = 200;
const WRITERS: usize = 3;
/// How many operations a writer does before it says that it did some.
const EACH: usize = 15;

/// The same table while its schema says that a column holds both.
mod during {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::{BlindIndex, Ciphertext};
        use encfield::{CaseFolded, Migrating};

        members (id) {
            id -> Integer,
            name_sealed -> Nullable<Ciphertext<Migrating<name_sealed>>>,
            name_index -> Nullable<BlindIndex<name_sealed, CaseFolded>>,
        }
    }
}

/// A version of the program, as `docs/guide/migrating.md` has them.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    /// It knows the plain column alone.
    Before,
    /// The same, and somebody forgot to end it when plain columns were cleared.
    Forgotten,
    /// It writes both columns and reads the plain one.
    Both,
    /// It writes both and reads the encrypted one.
    Switched,
    /// It writes the encrypted one, and NULL into the plain one.
    Emptying,
    /// It knows the encrypted column alone.
    After,
    /// Its schema says `Migrating`.
    InPlace,
}

/// A version under a keyring.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step(Version, usize);

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = members, treat_none_as_null = true)]
struct PlainName<'n> {
    id: i32,
    name: Option<&'n str>,
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = members, treat_none_as_null = true)]
struct BothNames {
    id: i32,
    name: Option<String>,
    #[sensitive(index = name_index)]
    name_sealed: Option<String>,
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = members, treat_none_as_null = true)]
struct SealedName {
    id: i32,
    #[sensitive(index = name_index)]
    name_sealed: Option<String>,
}

#[encfield::model]
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = during::members, treat_none_as_null = true)]
struct NameInPlace {
    id: i32,
    #[sensitive(index = name_index)]
    name_sealed: Option<String>,
}

impl Version {
    fn store(self, conn: &mut Conn, id: i32, value: &str, is_new: bool) -> QueryResult<usize> {
        let both = |name: Option<&str>| BothNames {
            id,
            name: name.map(str::to_owned),
            name_sealed: Some(value.to_owned()),
        };
        macro_rules! store {
            ($table:path, $row:expr) => {{
                use $table as at;
                let row = $row;
                if is_new {
                    diesel::insert_into(at::table).values(&row).execute(conn)
                } else {
                    diesel::update(at::table.find(id)).set(&row).execute(conn)
                }
            }};
        }
        let name_sealed = Some(value.to_owned());
        match self {
            Self::Before | Self::Forgotten => {
                let name = Some(value);
                store!(members, PlainName { id, name })
            }
            Self::Both | Self::Switched => store!(members, both(Some(value))),
            Self::Emptying => store!(members, both(None)),
            Self::After => store!(members, SealedName { id, name_sealed }),
            Self::InPlace => store!(during::members, NameInPlace { id, name_sealed }),
        }
    }

    fn load(self, conn: &mut Conn, id: i32) -> QueryResult<Option<String>> {
        let find = || members::table.find(id);
        match self {
            Self::Before | Self::Forgotten | Self::Both => find().select(members::name).first(conn),
            Self::InPlace => {
                let find = during::members::table.find(id);
                let row: NameInPlace = find.select(NameInPlace::as_select()).first(conn)?;
                Ok(row.name_sealed)
            }
            Self::Switched | Self::Emptying | Self::After => {
                let row: SealedName = find().select(SealedName::as_select()).first(conn)?;
                if let Some(name) = &row.name_sealed {
                    // The index was filled along with it.
                    let by_name = find().filter(members::name_index.matches(name));
                    by_name.select(members::id).first::<i32>(conn)?;
                }
                Ok(row.name_sealed)
            }
        }
    }
}

/// What a row holds that nobody wrote to.
fn at_first(id: i32) -> Option<String> {
    (id <= ROWS && id % 7 != 0).then(|| name(id))
}

/// The programs that write.
struct Writers {
    steps: Vec<AtomicUsize>,
    all: Vec<Step>,
    said: Vec<Receiver<usize>>,
}

impl Writers {
    /// Brings one of them to the next step, and comes back when it has done something there.
    fn bring(&self, writer: usize, step: Step) {
        let step = self.all.iter().position(|other| *other == step).unwrap();
        self.steps[writer].store(step, Ordering::SeqCst);
        // It says nothing any more when an operation of it failed.
        while self.said[writer].recv().unwrap() != step {}
    }

    fn bring_all(&self, step: Step) {
        (0..WRITERS).for_each(|writer| self.bring(writer, step));
    }
}

/// One that writes to rows of its own until it is told to stop, and reads what it wrote. The last value of
/// each row.
struct Writer<'w> {
    number: usize,
    database: &'w Database,
    keyrings: &'w [Keyring],
    all: &'w [Step],
    step: &'w AtomicUsize,
    stop: &'w AtomicBool,
    say: Sender<usize>,
}

impl Writer<'_> {
    fn write(self) -> HashMap<i32, String> {
        let conn = &mut self.database.open();
        let own = |number: usize| i32::try_from(number * WRITERS + self.number + 1).unwrap();
        let first_rows = ROWS as usize / WRITERS;
        let mut last = HashMap::new();
        let (mut inserted, mut at, mut done) = (0, usize::MAX, 0);
        for round in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let step = self.step.load(Ordering::SeqCst);
            if step != at {
                (at, done) = (step, 0);
            }
            let Step(version, keyring) = self.all[step];
            let is_new = round % 8 == 7;
            inserted += usize::from(is_new);
            let id = match is_new {
                true => own(1_000 + inserted),
                false => own(round * 7 % first_rows),
            };
            let value = format!("writer {} wrote {round}", self.number);
            let other = own(round * 5 % first_rows);
            self.keyrings[keyring].override_within(|| {
                assert_eq!(
                    version.store(conn, id, &value, is_new),
                    Ok(1),
                    "{version:?}"
                );
                assert_eq!(version.load(conn, id).unwrap().as_ref(), Some(&value));
                last.insert(id, value);
                if version != Version::Forgotten {
                    let expected = last.get(&other).cloned().or_else(|| at_first(other));
                    assert_eq!(version.load(conn, other).unwrap(), expected, "{version:?}");
                }
            });
            done += 1;
            if done % EACH == 0 {
                let _ = self.say.send(step);
            }
        }
        last
    }
}

/// Runs the closure while programs write, which begin with the first of these steps. What they wrote last.
fn beside_writers(
    database: &Database,
    keyrings: &[Keyring],
    all: &[Step],
    run: impl FnOnce(&Writers),
) -> HashMap<i32, String> {
    struct StopAtTheEnd<'s>(&'s AtomicBool);
    impl Drop for StopAtTheEnd<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = AtomicBool::new(false);
    let (say, said): (Vec<_>, Vec<_>) = (0..WRITERS).map(|_| channel()).unzip();
    let writers = Writers {
        steps: (0..WRITERS).map(|_| AtomicUsize::new(0)).collect(),
        all: all.to_vec(),
        said,
    };
    thread::scope(|scope| {
        let end = StopAtTheEnd(&stop);
        let threads: Vec<_> = say
            .into_iter()
            .enumerate()
            .map(|(number, say)| {
                let writer = Writer {
                    number,
                    database,
                    keyrings,
                    all,
                    step: &writers.steps[number],
                    stop: &stop,
                    say,
                };
                scope.spawn(|| writer.write())
            })
            .collect();
        writers.bring_all(all[0]);
        run(&writers);
        drop(end);
        let last = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        last.collect()
    })
}

/// Does the job anew, by two workers, and gives the rows that it left.
fn by_two(database: &Database, keyring: &Keyring, job: &Job) -> Vec<Failure> {
    let conn = &mut database.open();
    Job::forget(conn, job.name()).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let conn = &mut database.open();
                keyring.override_within(|| drop(run(job, conn).unwrap()));
            });
        }
    });
    assert!(Job::state(conn, job.name()).unwrap().1);
    Job::failures(conn, job.name()).unwrap()
}

/// Holds what is stored against what was written, and the index against it.
fn nothing_is_lost(conn: &mut Conn, keyring: &Keyring, last: &HashMap<i32, String>) {
    keyring.override_within(|| {
        let rows: Vec<SealedName> = members::table
            .order(members::id)
            .select(SealedName::as_select())
            .load(conn)
            .unwrap();
        let new = last.keys().filter(|id| **id > ROWS).count();
        assert_eq!(rows.len(), ROWS as usize + new);
        for row in rows {
            let expected = last.get(&row.id).cloned().or_else(|| at_first(row.id));
            assert_eq!(row.name_sealed, expected, "row {}", row.id);
        }
        let verify = Job::new("verify", table())
            .with(Task::verify(TABLE, "name_sealed", Some(of("String"))).filling(name_index()));
        assert_eq!(run(&verify, conn).unwrap().failures, []);
    });
}

fn the_path_from_a_plain_column_to_an_encrypted_one_loses_no_update() {
    use Version::{After, Before, Both, Emptying, Switched};
    let (database, keyring) = (Database::create(), Keyring::generate());
    let conn = &mut database.open();
    let ddl = |sql: &str| ddl(&sql.replace("{tag}", TAG));
    conn.batch_execute(&ddl(
        "CREATE TABLE members (id INTEGER NOT NULL PRIMARY KEY, name {text}, born INTEGER)",
    ))
    .unwrap();
    fill("encrypt", conn, &keyring, ROWS);
    let all = [Before, Both, Switched, Emptying, After].map(|version| Step(version, 0));
    let [_, both, switched, emptying, after] = all;
    let names = |name: &str, task: Task| Job::new(name, table()).with(task);
    let encrypt = Task::encrypt(TABLE, "name_sealed", "name", of("String"));
    let encrypt = job_of_chunks(names("encrypt", encrypt.filling(name_index())));
    let clear = Task::clear(TABLE, "name_sealed", "name", of("String"));
    let clear = job_of_chunks(names("clear", clear));
    let keyrings = [keyring.clone()];
    let last = beside_writers(&database, &keyrings, &all, |writers| {
        // 1. expand
        for column in ["name_sealed {bytes}", "name_index {tag}"] {
            let add = format!("ALTER TABLE members ADD COLUMN {column}");
            conn.batch_execute(&ddl(&add)).unwrap();
        }
        // 2. write both, and 3. backfill: once more when the last program of step 1 has gone.
        writers.bring(0, both);
        assert_eq!(by_two(&database, &keyring, &encrypt), []);
        writers.bring_all(both);
        assert_eq!(by_two(&database, &keyring, &encrypt), []);
        // 4. switch: one after the other.
        writers.bring_all(switched);
        // 5. contract
        writers.bring(0, emptying);
        assert_eq!(by_two(&database, &keyring, &clear), []);
        writers.bring_all(emptying);
        assert_eq!(by_two(&database, &keyring, &clear), []);
        let plain = members::table.filter(members::name.is_not_null()).count();
        assert_eq!(plain.get_result::<i64>(conn), Ok(0));
        writers.bring_all(after);
        conn.batch_execute("ALTER TABLE members DROP COLUMN name")
            .unwrap();
        writers.bring_all(after);
    });
    nothing_is_lost(conn, &keyring, &last);
}

fn job_of_chunks(job: Job) -> Job {
    job.with_limits(crate::engine::small())
}

fn a_column_that_is_encrypted_in_place_loses_no_update() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    fill("in place", conn, &keyring, ROWS);
    let all = [Version::InPlace, Version::After].map(|version| Step(version, 0));
    let last = beside_writers(&database, std::slice::from_ref(&keyring), &all, |writers| {
        let job = job("in place", &keyring);
        assert_eq!(by_two(&database, &keyring, &job), []);
        writers.bring_all(all[1]);
    });
    nothing_is_lost(conn, &keyring, &last);
}

/// The keyrings of a change of keys: the new one known and not used yet, primary, and alone.
fn known_promoted_alone(old: &Keyring) -> [Keyring; 3] {
    let keys = [Key::generate().unwrap(), Key::generate().unwrap()];
    let [key, index_key] = keys.each_ref().map(Key::id);
    let [sealed_by, index_by] = keys;
    let known = old.with_key(sealed_by, KeyState::Active).unwrap();
    let known = known.with_index_key(index_by, KeyState::Active).unwrap();
    let promoted = known.promote(key).unwrap().promote(index_key).unwrap();
    let old_index = old.index_keys().next().unwrap().0;
    let old = old.primary_id().unwrap();
    let alone = promoted.retire(old).unwrap().remove(old, 0).unwrap();
    let alone = alone
        .retire(old_index)
        .unwrap()
        .remove(old_index, 0)
        .unwrap();
    [known, promoted, alone]
}

fn a_rotation_and_a_new_index_lose_no_update() {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    fill("rotate", conn, &old, ROWS);
    let keyrings = known_promoted_alone(&old);
    let [_, promoted, alone] = &keyrings;
    let all = [0, 1, 2].map(|keyring| Step(Version::After, keyring));
    let jobs = ["rotate", "reindex"].map(|kind| job(kind, promoted));
    let last = beside_writers(&database, &keyrings, &all, |writers| {
        writers.bring(0, all[1]);
        for job in &jobs {
            assert_eq!(by_two(&database, promoted, job), []);
        }
        // Anew, when the last program has the new keyring.
        writers.bring_all(all[1]);
        for job in &jobs {
            assert_eq!(by_two(&database, promoted, job), []);
        }
        let place = encfield::engine::ColumnPlace::new(TABLE, "name_sealed");
        let old_index = old.index_keys().next().unwrap().0;
        promoted.override_within(|| {
            let tags = IndexCensus::of(conn, &table(), &place, &name_index()).unwrap();
            assert_eq!(tags.under(old_index), 0);
            let values = Census::of(conn, &table(), "name_sealed").unwrap();
            assert_eq!(values.under(old.primary_id().unwrap()), 0);
        });
        writers.bring_all(all[2]);
    });
    nothing_is_lost(conn, alone, &last);
}

fn what_one_program_alone_writes_is_neither_cleared_nor_written_over() {
    use Version::{After, Emptying, Forgotten, Switched};
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    fill("clear", conn, &keyring, ROWS);
    // The first knows the plain column alone; the last the encrypted one, and leaves a plain value behind.
    let all = [Switched, Forgotten, Emptying, After].map(|version| Step(version, 0));
    let writer_of = |id: i32| (id as usize - 1) % WRITERS;
    let last = beside_writers(&database, std::slice::from_ref(&keyring), &all, |writers| {
        (0..WRITERS).for_each(|writer| writers.bring(writer, all[writer + 1]));
        for _ in 0..2 {
            let failures = by_two(&database, &keyring, &job("clear", &keyring));
            let whose = failures.iter().map(|failure| failure.key.to_string());
            let whose: Vec<_> = whose.map(|key| writer_of(key.parse().unwrap())).collect();
            assert!(whose.contains(&0) && whose.contains(&2), "{whose:?}");
            assert!(!whose.contains(&1), "{whose:?}");
        }
        // Which of two values is the newer one cannot be told any more.
        by_two(&database, &keyring, &job("encrypt", &keyring));
    });
    let plain: Vec<(i32, Option<String>)> = members::table
        .select((members::id, members::name))
        .load(conn)
        .unwrap();
    let plain: HashMap<_, _> = plain.into_iter().collect();
    let sealed = keyring.override_within(|| stored(conn).unwrap());
    let sealed = sealed.into_iter().map(|row| (row.id, row.name_sealed));
    let sealed: HashMap<_, _> = sealed.collect();
    for (id, value) in last {
        // What the first one wrote when it still wrote both may be cleared.
        let is_sealed = sealed[&id].as_ref() == Some(&value);
        let is_plain = plain[&id].as_ref() == Some(&value);
        let is_kept = is_plain && writer_of(id) == 0 || is_sealed && plain[&id].is_none();
        assert!(is_kept || is_sealed && writer_of(id) == 2, "row {id}");
    }
}

fn four_processes_beside_writers_lose_no_update() {
    let old = Keyring::generate();
    let keyrings = known_promoted_alone(&old);
    let [known, promoted, _] = &keyrings;
    for (kind, version) in [
        ("encrypt", Version::Both),
        ("in place", Version::InPlace),
        ("rotate", Version::After),
        ("reindex", Version::After),
        ("clear", Version::Switched),
    ] {
        let database = create();
        let conn = &mut database.open();
        fill(kind, conn, known, ROWS);
        let all = [Step(version, 1), Step(Version::After, 1)];
        let last = beside_writers(&database, &keyrings, &all, |writers| {
            let mut workers: [_; 4] =
                std::array::from_fn(|_| Worker::ready(&database, kind, promoted));
            workers.iter_mut().for_each(Worker::go);
            let done = workers.map(Worker::done);
            assert!(done.iter().sum::<u32>() >= ROWS as u32, "{kind}: {done:?}");
            assert!(
                Job::state(conn, job(kind, promoted).name()).unwrap().1,
                "{kind}"
            );
            assert_eq!(Job::failures(conn, job(kind, promoted).name()).unwrap(), []);
            writers.bring_all(all[1]);
        });
        let reindex = job("reindex", promoted);
        by_two(&database, promoted, &reindex);
        nothing_is_lost(conn, promoted, &last);
    }
}

/// A connection on which somebody else does something just before it writes to the table for the first time.
fn disturbed(database: &Database, mut disturb: impl FnMut(&mut Conn) + Send + 'static) -> Conn {
    let (mut conn, mut other) = (database.open(), database.open());
    let mut done = false;
    let meanwhile: Box<dyn Instrumentation> = Box::new(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && !done
            && query
                .to_string()
                .starts_with(&format!("UPDATE {}", crate::backend::quoted(TABLE)))
        {
            done = true;
            disturb(&mut other);
        }
    });
    conn.set_instrumentation(meanwhile);
    conn
}

/// A job of this kind, beside which a program of that version writes between its read and its write. On SQLite
/// the transaction of a chunk keeps everybody else from writing.
fn kept(kind: &str, writes: Version) {
    if !crate::backend::ROWS_ARE_LOCKED {
        return;
    }
    let old = Keyring::generate();
    let [known, promoted, _] = &known_promoted_alone(&old);
    let (database, job) = (create(), job(kind, promoted));
    let conn = &mut database.open();
    fill(kind, conn, known, ROWS);
    let disturb = move |conn: &mut Conn| {
        assert_eq!(writes.store(conn, 5, "meanwhile", false), Ok(1));
    };
    promoted.override_within(|| {
        let mut conn = disturbed(&database, disturb);
        let outcome = job.run(&mut conn, |_| ControlFlow::Continue(()));
        assert!(outcome.unwrap().complete);
    });
    let failures = Job::failures(conn, job.name()).unwrap();
    let plain: Option<String> = members::table
        .find(5)
        .select(members::name)
        .first(conn)
        .unwrap();
    let sealed: SealedName = promoted.override_within(|| {
        let row = members::table.find(5).select(SealedName::as_select());
        row.first(conn).unwrap()
    });
    if matches!(kind, "clear" | "decrypt") {
        assert_eq!(plain.as_deref(), Some("meanwhile"));
        assert_eq!(failures.len(), usize::from(kind == "clear"));
        return;
    }
    assert_eq!(failures, []);
    assert_eq!(sealed.name_sealed.as_deref(), Some("meanwhile"));
    if kind != "rotate" {
        let last = HashMap::from([(5, "meanwhile".to_owned())]);
        nothing_is_lost(conn, promoted, &last);
    }
}

fn a_job_to_encrypt_keeps_a_write_between_its_read_and_its_write() {
    kept("encrypt", Version::Before);
    kept("encrypt", Version::Both);
}

fn a_job_in_place_keeps_a_write_between_its_read_and_its_write() {
    kept("in place", Version::InPlace);
}

fn a_job_to_rotate_keeps_a_write_between_its_read_and_its_write() {
    kept("rotate", Version::After);
}

fn a_job_to_reindex_keeps_a_write_between_its_read_and_its_write() {
    kept("reindex", Version::After);
}

fn a_job_to_clear_keeps_a_write_between_its_read_and_its_write() {
    kept("clear", Version::Before);
}

fn a_job_to_decrypt_keeps_a_write_between_its_read_and_its_write() {
    kept("decrypt", Version::After);
}

crate::harness::claims![
    the_path_from_a_plain_column_to_an_encrypted_one_loses_no_update,
    a_column_that_is_encrypted_in_place_loses_no_update,
    a_rotation_and_a_new_index_lose_no_update,
    what_one_program_alone_writes_is_neither_cleared_nor_written_over,
    four_processes_beside_writers_lose_no_update,
    a_job_to_encrypt_keeps_a_write_between_its_read_and_its_write,
    a_job_in_place_keeps_a_write_between_its_read_and_its_write,
    a_job_to_rotate_keeps_a_write_between_its_read_and_its_write,
    a_job_to_reindex_keeps_a_write_between_its_read_and_its_write,
    a_job_to_clear_keeps_a_write_between_its_read_and_its_write,
    a_job_to_decrypt_keeps_a_write_between_its_read_and_its_write,
];
