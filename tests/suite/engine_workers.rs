//! Jobs that are shared, killed, broken off and disturbed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write, stdin};
use std::ops::ControlFlow;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use encfield::engine::{Census, Job, Limits, Task};
use encfield::{Key, Keyring};

use crate::backend::{Conn, Database};
use crate::engine::{
    Member, TABLE, create, encrypt, member, members, name, name_index, of, plain_rows, rotate, run,
    sealed_rows, small, stored, table,
};

const CHILD: &str = "ENCFIELD_TEST_ENGINE_CHILD";

fn no_update_is_lost_to_writers_that_go_on() {
    let (database, old) = (create(), Keyring::generate());
    const ROWS: i32 = 300;
    old.override_within(|| sealed_rows(&mut database.open(), ROWS));
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let stop = AtomicBool::new(false);
    let last = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut last = HashMap::new();
            let conn = &mut database.open();
            // It still seals under the old key: each of its writes must be seen or redone.
            old.override_within(|| {
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) && round > ROWS {
                        break;
                    }
                    let id = 1 + round * 7 % ROWS;
                    let changed = Member {
                        name_sealed: Some(format!("changed {round}")),
                        ..member(id)
                    };
                    diesel::update(members::table.find(id))
                        .set(&changed)
                        .execute(conn)
                        .unwrap();
                    last.insert(id, changed);
                }
            });
            last
        });
        let conn = &mut database.open();
        for round in 0..3 {
            let job = Job::new(format!("round {round}"), table())
                .with(Task::reencrypt(TABLE, "name_sealed"))
                .with(Task::reencrypt(TABLE, "born_sealed").bound_to("id", of("i32")))
                .with_limits(small());
            new.override_within(|| assert!(run(&job, conn).unwrap().complete));
        }
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    let conn = &mut database.open();
    new.override_within(|| {
        assert!(run(&rotate(&new), conn).unwrap().complete);
        for found in stored(conn).unwrap() {
            let expected = last
                .get(&found.id)
                .cloned()
                .unwrap_or_else(|| member(found.id));
            assert!(found == expected, "{}", found.id);
        }
        let old = old.primary_id().unwrap();
        assert_eq!(
            Census::of(conn, &table(), "name_sealed")
                .unwrap()
                .under(old),
            0
        );
    });
}

/// Whether this process is to work on a job of another one.
pub(crate) fn is_another_process() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// A job of each kind, by what it does.
pub(crate) fn job(kind: &str, keyring: &Keyring) -> Job {
    let names = |task: Task| Job::new(kind, table()).with(task);
    let text = || of("String");
    let job = match kind {
        "encrypt" => encrypt(),
        "in place" => {
            let task = Task::encrypt(TABLE, "name_sealed", "name_sealed", text());
            names(task.filling(name_index()))
        }
        "rotate" => rotate(keyring),
        "reindex" => names(Task::index(TABLE, "name_sealed").filling(name_index())),
        "clear" => names(Task::clear(TABLE, "name_sealed", "name", text())),
        "decrypt" => names(Task::decrypt(TABLE, "name_sealed", "name", text())),
        kind => panic!("no job is called {kind}"),
    };
    job.with_limits(Limits {
        chunk: CHUNK,
        ..Limits::default()
    })
}

/// The rows that a job of this kind finds when it begins.
pub(crate) fn fill(kind: &str, conn: &mut Conn, keyring: &Keyring, rows: i32) {
    diesel::table! {
        #[sql_name = "members"]
        raw (id) {
            id -> Integer,
            name_sealed -> Nullable<Binary>,
        }
    }
    match kind {
        "encrypt" => plain_rows(conn, rows),
        "in place" => {
            for ids in (1..=rows).collect::<Vec<_>>().chunks(200) {
                let plain = |id: i32| (id % 7 != 0).then(|| name(id).into_bytes());
                let row = |&id: &i32| (raw::id.eq(id), raw::name_sealed.eq(plain(id)));
                diesel::insert_into(raw::table)
                    .values(ids.iter().map(row).collect::<Vec<_>>())
                    .execute(conn)
                    .unwrap();
            }
        }
        "clear" => {
            plain_rows(conn, rows);
            keyring.override_within(|| assert!(run(&encrypt(), conn).unwrap().complete));
            Job::forget(conn, encrypt().name()).unwrap();
        }
        _ => keyring.override_within(|| sealed_rows(conn, rows)),
    }
}

/// Works on the job when it is told to, and prints how many rows it did itself.
pub(crate) fn as_another_process() -> ExitCode {
    let variable = std::env::var(CHILD).unwrap();
    let [name, kind, json]: [&str; 3] = variable
        .splitn(3, '\n')
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let keyring = Keyring::from_json(json).unwrap();
    let job = job(kind, &keyring);
    let conn = &mut Database::open_named(name);
    println!("ready");
    let line = || {
        let mut line = String::new();
        stdin().read_line(&mut line).unwrap();
        line
    };
    let at_most: u64 = line().trim().parse().unwrap();
    let mut rows = 0;
    let count = |progress: encfield::engine::Progress| {
        rows = progress.rows;
        if rows >= at_most {
            // Until it is killed.
            line();
        }
        ControlFlow::Continue(())
    };
    keyring.override_within(|| drop(job.run(conn, count).unwrap()));
    println!("{rows}");
    ExitCode::SUCCESS
}

/// Rows in a chunk of another process.
const CHUNK: u32 = 20;

/// A process of its own that works on a job.
pub(crate) struct Worker {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Worker {
    /// It has a connection, and waits.
    pub(crate) fn ready(database: &Database, kind: &str, keyring: &Keyring) -> Self {
        let json = keyring.to_json().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, format!("{}\n{kind}\n{}", database.name(), *json))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        let mut worker = Self { child, says };
        assert_eq!(worker.line(), "ready\n");
        worker
    }

    pub(crate) fn go(&mut self) {
        self.go_as_far_as(u32::MAX);
    }

    /// The same, to wait after so many rows: it is never done when it is killed, however slow that is.
    fn go_as_far_as(&mut self, rows: u32) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{rows}").unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line
    }

    /// How many rows it did.
    pub(crate) fn done(mut self) -> u32 {
        let rows = self.line().trim().parse().unwrap();
        assert!(self.child.wait().unwrap().success());
        rows
    }
}

fn four_processes_share_a_job_and_no_row_is_done_twice() {
    let (database, old) = (create(), Keyring::generate());
    const ROWS: u32 = 2_000;
    old.override_within(|| sealed_rows(&mut database.open(), ROWS as i32));
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let mut workers: [_; 4] = std::array::from_fn(|_| Worker::ready(&database, "rotate", &new));
    workers.iter_mut().for_each(Worker::go);
    let done = workers.map(Worker::done);
    assert_eq!(done.iter().sum::<u32>(), ROWS, "{done:?}");
    if crate::backend::ROWS_ARE_LOCKED {
        assert!(done.iter().all(|rows| *rows > 0), "{done:?}");
    }
    let conn = &mut database.open();
    let (progress, complete) = Job::state(conn, rotate(&new).name()).unwrap();
    assert!(complete);
    assert_eq!(
        (progress.rows, progress.changed),
        (ROWS.into(), ROWS.into())
    );
    new.override_within(|| {
        let all: Vec<_> = (1..=ROWS as i32).map(member).collect();
        assert!(stored(conn).unwrap() == all);
    });
}

/// How often a job is killed; a script does it more often.
fn kills() -> u32 {
    std::env::var("ENCFIELD_TEST_KILLS").map_or(3, |kills| kills.parse().unwrap())
}

/// How many rows a process does that is to be killed.
const AT_MOST: u32 = 400;

/// Kills a job of this kind again and again, resumes it, and holds its rows against those of the same job that
/// nobody disturbed.
fn killed(kind: &str) {
    let (database, old) = (create(), Keyring::generate());
    let conn = &mut database.open();
    let rows = kills() * AT_MOST + 500;
    fill(kind, conn, &old, rows as i32);
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let new = new
        .with_primary_index_key(Key::generate().unwrap())
        .unwrap();
    let resumed = job(kind, &new);
    let (mut seen, mut random) = (0, 7_u32);
    for _ in 0..kills() {
        let mut worker = Worker::ready(&database, kind, &new);
        worker.go_as_far_as(AT_MOST);
        // Until it has done some more chunks, and then at any point of those that follow: it goes from one
        // transaction to the next without a pause.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let more = seen + u64::from(random >> 30) * 20 + 20;
        loop {
            let (progress, complete) = Job::state(conn, resumed.name()).unwrap();
            if complete || progress.rows >= more {
                break;
            }
            (0..random >> 24).for_each(|_| std::thread::yield_now());
        }
        worker.child.kill().unwrap();
        worker.child.wait().unwrap();
        let (progress, complete) = Job::state(conn, resumed.name()).unwrap();
        assert!(progress.rows >= seen && !complete);
        seen = progress.rows;
    }
    // Beside it, the same rows and the same job, undisturbed.
    let undisturbed = create();
    let beside = &mut undisturbed.open();
    fill(kind, beside, &old, rows as i32);
    new.override_within(|| {
        let whole = run(&resumed, beside).unwrap();
        assert!(whole.complete);
        let outcome = run(&resumed, conn).unwrap();
        assert!(outcome.complete);
        assert_eq!(outcome.progress.rows, u64::from(rows));
        assert_eq!(outcome.progress.changed, whole.progress.changed);
        assert_eq!(outcome.progress.failed, 0);
        let census = |conn: &mut Conn, column: &str| {
            let counts = Census::of(conn, &table(), column).unwrap();
            counts.counts().collect::<Vec<_>>()
        };
        assert!(stored(conn).unwrap() == stored(beside).unwrap());
        for column in ["name_sealed", "born_sealed"] {
            assert_eq!(census(conn, column), census(beside, column));
        }
        let rest = |conn: &mut Conn| -> Vec<(Option<String>, Option<i32>, Option<encfield::Tag>)> {
            let query = members::table.order(members::id);
            let query = query.select((members::name, members::born, members::name_index));
            query.load(conn).unwrap()
        };
        assert!(rest(conn) == rest(beside));
    });
    println!(
        "{kind}: killed {} times at {rows} rows, and resumed to the rows of an undisturbed job",
        kills()
    );
}

fn a_job_to_encrypt_that_is_killed_goes_on_where_it_was() {
    killed("encrypt");
}

fn a_job_in_place_that_is_killed_goes_on_where_it_was() {
    killed("in place");
}

fn a_job_to_rotate_that_is_killed_goes_on_where_it_was() {
    killed("rotate");
}

fn a_job_to_reindex_that_is_killed_goes_on_where_it_was() {
    killed("reindex");
}

fn a_job_to_clear_that_is_killed_goes_on_where_it_was() {
    killed("clear");
}

fn a_job_that_is_broken_off_goes_on_where_it_was() {
    let (database, keyring) = (create(), Keyring::generate());
    let conn = &mut database.open();
    plain_rows(conn, 250);
    keyring.override_within(|| {
        let mut chunks = 0;
        let outcome = encrypt()
            .run(conn, |_| {
                chunks += 1;
                if chunks == 3 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .unwrap();
        assert!(!outcome.complete);
        assert_eq!(outcome.progress.rows, 120);
        let mut more = 0;
        let outcome = encrypt()
            .run(conn, |progress| {
                more = progress.rows;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(outcome.complete);
        assert_eq!((more, outcome.progress.rows), (130, 250));
    });
}

crate::harness::claims![
    no_update_is_lost_to_writers_that_go_on,
    four_processes_share_a_job_and_no_row_is_done_twice,
    a_job_to_encrypt_that_is_killed_goes_on_where_it_was,
    a_job_in_place_that_is_killed_goes_on_where_it_was,
    a_job_to_rotate_that_is_killed_goes_on_where_it_was,
    a_job_to_reindex_that_is_killed_goes_on_where_it_was,
    a_job_to_clear_that_is_killed_goes_on_where_it_was,
    a_job_that_is_broken_off_goes_on_where_it_was,
];
