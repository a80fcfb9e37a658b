//! Two threads, each with a database of its own: what one of them does while the other does the same.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use diesel::prelude::*;
use encfield_bench::model::{Plain, Row, Transparent};
use encfield_bench::{schema, store, value};

use crate::extent::Extent;

const ROWS: i32 = 20_000;

pub(crate) fn run(extent: &Extent) {
    let count = extent.rows(ROWS);
    println!("| two threads, load all | rows a second, of one thread's |");
    println!("|---|---:|");
    let mut gains = [const { Vec::new() }; 2];
    for _ in 0..extent.rounds {
        // In turn, so that both see the same machine.
        for (gain, load) in gains
            .iter_mut()
            .zip([plain as fn(i32) -> Box<dyn FnMut()>, transparent])
        {
            let one = seconds(1, || load(count));
            let two = seconds(2, || load(count));
            gain.push(2.0 * one / two);
        }
    }
    for (name, mut gain) in ["plain", "transparent"].into_iter().zip(gains) {
        gain.sort_unstable_by(f64::total_cmp);
        println!("| {name} | {:.2} |", gain[gain.len() / 2]);
    }
}

/// How long it takes until each of these threads has done its work.
fn seconds(threads: usize, make: impl Fn() -> Box<dyn FnMut()> + Sync) -> f64 {
    let ready = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut work = make();
                    work();
                    ready.wait();
                    (0..5).for_each(|_| work());
                })
            })
            .collect();
        ready.wait();
        let begun = Instant::now();
        running
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        begun.elapsed().as_secs_f64()
    })
}

macro_rules! load {
    ($name:ident: $row:ident $table:ident) => {
        fn $name(count: i32) -> Box<dyn FnMut()> {
            let mut conn = store::sqlite();
            let row = |id: i32| {
                let seed = u64::from(id.unsigned_abs()) * 4;
                $row::new(id, [1, 2, 3].map(|field| value::text(seed + field, 16)))
            };
            let rows: Vec<$row> = (1..=count).map(row).collect();
            for chunk in rows.chunks(1_000) {
                diesel::insert_into(schema::$table::table)
                    .values(chunk)
                    .execute(&mut conn)
                    .unwrap();
            }
            Box::new(move || {
                let rows = schema::$table::table.select($row::as_select());
                black_box(rows.load::<$row>(&mut conn).unwrap());
            })
        }
    };
}

load!(plain: Plain plain);
load!(transparent: Transparent sealed);
