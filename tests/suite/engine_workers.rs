//! Jobs that are shared, killed, broken off and disturbed.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::prelude::*;
use encfield::engine::{Census, Job, Limits, Task};
use encfield::{Key, Keyring};

use crate::backend::{Conn, Database};
use crate::engine::{
    Member, TABLE, create, encrypt, member, members, of, plain_rows, rotate, run, sealed_rows,
    small, stored, table,
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

/// Works on the job, and prints how many rows it did itself.
pub(crate) fn as_another_process() -> ExitCode {
    let variable = std::env::var(CHILD).unwrap();
    let mut parts = variable.splitn(3, ' ');
    let mut part = || parts.next().unwrap();
    let (pace, name, json) = (part(), part(), part());
    let keyring = Keyring::from_json(json).unwrap();
    let mut job = rotate(&keyring);
    if let Ok(rows_per_second) = pace.parse() {
        job = job.with_limits(Limits {
            chunk: 20,
            rows_per_second: Some(rows_per_second),
        });
    }
    let conn = &mut Database::open_named(name);
    let mut rows = 0;
    let count = |progress: encfield::engine::Progress| {
        rows = progress.rows;
        ControlFlow::Continue(())
    };
    keyring.override_within(|| drop(job.run(conn, count).unwrap()));
    println!("{rows}");
    ExitCode::SUCCESS
}

fn another_process(pace: &str, database: &Database, keyring: &Keyring) -> Child {
    let json = keyring.to_json().unwrap();
    Command::new(std::env::current_exe().unwrap())
        .env(CHILD, format!("{pace} {} {}", database.name(), *json))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn four_processes_share_a_job_and_no_row_is_done_twice() {
    let (database, old) = (create(), Keyring::generate());
    const ROWS: i32 = 2_000;
    old.override_within(|| sealed_rows(&mut database.open(), ROWS));
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| another_process("-", &database, &new))
        .collect();
    let mut done = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let rows: i32 = String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        done += rows;
    }
    assert_eq!(done, ROWS);
    let conn = &mut database.open();
    let (progress, complete) = Job::state(conn, rotate(&new).name()).unwrap();
    assert!(complete);
    assert_eq!(
        (progress.rows, progress.changed),
        (ROWS as u64, ROWS as u64)
    );
    new.override_within(|| {
        let all: Vec<_> = (1..=ROWS).map(member).collect();
        assert!(stored(conn).unwrap() == all);
    });
}

/// How often a job is killed; a script does it more often.
fn kills() -> u32 {
    std::env::var("ENCFIELD_TEST_KILLS").map_or(5, |kills| kills.parse().unwrap())
}

fn a_job_that_is_killed_goes_on_where_it_was() {
    let (database, old) = (create(), Keyring::generate());
    // So many that it is never done before it was killed so often.
    let rows = kills() * 500 + 2_000;
    old.override_within(|| sealed_rows(&mut database.open(), rows as i32));
    let new = old.with_primary(Key::generate().unwrap()).unwrap();
    let conn = &mut database.open();
    let name = rotate(&new).name().to_owned();
    let (mut seen, mut random) = (0, 7_u32);
    for _ in 0..kills() {
        let mut child = another_process("400", &database, &new);
        // Until it has done some more chunks, and then at any point of the next one.
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let more = seen + u64::from(random >> 30) * 20 + 20;
        loop {
            let (progress, complete) = Job::state(conn, &name).unwrap();
            if complete || progress.rows >= more {
                break;
            }
            (0..random >> 24).for_each(|_| std::thread::yield_now());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (progress, complete) = Job::state(conn, &name).unwrap();
        assert!(progress.rows >= seen && !complete, "it was killed too late");
        seen = progress.rows;
    }
    // Beside it, the same rows and the same job, undisturbed.
    let undisturbed = create();
    let beside = &mut undisturbed.open();
    old.override_within(|| sealed_rows(beside, rows as i32));
    new.override_within(|| {
        assert!(run(&rotate(&new), beside).unwrap().complete);
        let outcome = rotate(&new)
            .with_limits(Limits {
                chunk: 20,
                ..Limits::default()
            })
            .run(conn, |_| ControlFlow::Continue(()))
            .unwrap();
        assert!(outcome.complete);
        assert_eq!(
            (outcome.progress.rows, outcome.progress.changed),
            (rows.into(), rows.into())
        );
        let census = |conn: &mut Conn, column: &str| {
            let counts = Census::of(conn, &table(), column).unwrap();
            counts.counts().collect::<Vec<_>>()
        };
        assert!(stored(conn).unwrap() == stored(beside).unwrap());
        for column in ["name_sealed", "born_sealed"] {
            assert_eq!(census(conn, column), census(beside, column));
        }
        let tags = |conn: &mut Conn| -> Vec<Option<encfield::Tag>> {
            let query = members::table
                .order(members::id)
                .select(members::name_index);
            query.load(conn).unwrap()
        };
        assert!(tags(conn) == tags(beside));
    });
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
    a_job_that_is_killed_goes_on_where_it_was,
    a_job_that_is_broken_off_goes_on_where_it_was,
];
