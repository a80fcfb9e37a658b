//! Does one piece of work a number of times, so that its instructions can be counted.
//!
//! `scripts/count-instructions` runs it under callgrind.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a program that measures stops at the first error"
)]

use std::hint::black_box;
use std::process::ExitCode;

use diesel::prelude::*;
use encfield::__private::tag_of;
use encfield::sql_types::BlindIndex;
use encfield::{Context, Keyring};
use encfield_bench::model::{Explicit, Hand, Lazy, Messages, Plain, Row, Transparent};
use encfield_bench::peer::{ByHand, Message};
use encfield_bench::{schema, store, value};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The work, by its name.
type Work = Box<dyn FnMut()>;

macro_rules! one_row {
    ($row:ident, written as $written:ident, $table:ident) => {{
        let mut conn = store::sqlite();
        diesel::insert_into(schema::$table::table)
            .values($written::new(
                1,
                [1, 2, 3].map(|field| value::text(field, 16)),
            ))
            .execute(&mut conn)
            .unwrap();
        Box::new(move || {
            let row = schema::$table::table
                .find(1)
                .select($row::as_select())
                .get_result::<$row>(&mut conn);
            black_box(row.unwrap());
        })
    }};
}

fn work(name: &str) -> Option<Work> {
    let text = value::text(1, 16);
    let place = Context::new("profiles", "passport_number");
    Some(match name {
        "row-plain" => one_row!(Plain, written as Plain, plain),
        "row-transparent" => one_row!(Transparent, written as Transparent, sealed),
        "row-explicit" => one_row!(Explicit, written as Explicit, explicit),
        "row-lazy" => one_row!(Lazy, written as Transparent, sealed),
        "row-by-hand" => one_row!(Hand, written as Hand, by_hand),
        "row-encrypted-message" => one_row!(Messages, written as Messages, message),
        "seal" => {
            let keyring = Keyring::generate();
            Box::new(move || drop(black_box(keyring.encrypt(&place, &text).unwrap())))
        }
        "open" => {
            let keyring = Keyring::generate();
            let sealed = keyring.encrypt(&place, &text).unwrap();
            Box::new(move || {
                drop(black_box(
                    keyring.decrypt::<String>(&place, &sealed).unwrap(),
                ))
            })
        }
        "seal-by-hand" => Box::new(move || drop(black_box(ByHand(text.clone()).seal()))),
        "open-by-hand" => {
            let sealed = ByHand(text).seal();
            Box::new(move || drop(black_box(ByHand::open(sealed.clone()))))
        }
        "seal-encrypted-message" => Box::new(move || drop(black_box(Message(text.clone()).seal()))),
        "open-encrypted-message" => {
            let sealed = Message(text).seal();
            Box::new(move || drop(black_box(Message::open(&sealed))))
        }
        "hmac" => {
            let kept = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
            Box::new(move || {
                let mut mac = kept.clone();
                mac.update(text.as_bytes());
                black_box(mac.finalize().into_bytes());
            })
        }
        "tag" => Box::new(move || {
            let tag = tag_of::<BlindIndex<schema::people::name>, schema::people::name>(&text);
            let _ = black_box(tag);
        }),
        _ => return None,
    })
}

fn main() -> ExitCode {
    Keyring::generate().install().unwrap();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let times = arguments.next().and_then(|times| times.parse::<u32>().ok());
    let (Some(mut work), Some(times)) = (work(&name), times) else {
        eprintln!("count WORK TIMES; scripts/count-instructions knows the names");
        return ExitCode::FAILURE;
    };
    (0..times).for_each(|_| work());
    ExitCode::SUCCESS
}
