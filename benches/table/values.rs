//! Single values, without a database: sealing, opening, tags, and the bytes that are stored.

use std::hint::black_box;

use diesel::prelude::*;
use encfield::__private::tag_of;
use encfield::CiphertextIsStoredNeverCompared as Bind;
use encfield::sql_types::{BlindIndex, Ciphertext};
use encfield_bench::model::{Lazy, Row, Transparent};
use encfield_bench::peer::{ByHand, Fernet, Message};
use encfield_bench::round::{Taken, Variant, compare};
use encfield_bench::{schema, store, value};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::extent::Extent;

pub(crate) fn run(extent: &Extent) {
    let text = value::text(1, 16);
    per_value(extent, &text);
    println!();
    tags(extent, &text);
    println!();
    stored();
}

fn each(extent: &Extent, mut work: impl FnMut()) -> impl FnMut() {
    let values = extent.values;
    move || (0..values).for_each(|_| work())
}

fn line(extent: &Extent, work: &str, taken: &[Taken]) {
    for taken in taken {
        let time = taken.time.as_secs_f64() * 1e9 / f64::from(extent.values);
        println!(
            "| {work} | {} | {time:.0} | {:.2} |",
            taken.name, taken.ratio
        );
    }
}

fn per_value(extent: &Extent, text: &str) {
    println!("| a value of 16 bytes | by | ns | of encfield's |");
    println!("|---|---|---:|---:|");
    let field = text.to_owned();
    let sealing = &mut [
        Variant::new(
            "encfield",
            each(extent, || {
                let _ = black_box(Bind::<Ciphertext<schema::sealed::a>>::seal::<
                    schema::sealed::a,
                    _,
                >(&field, &[], None));
            }),
        ),
        Variant::new(
            "by hand",
            each(extent, || drop(black_box(ByHand(text.to_owned()).seal()))),
        ),
        Variant::new(
            "encrypted-message",
            each(extent, || drop(black_box(Message(text.to_owned()).seal()))),
        ),
        Variant::new(
            "fernet",
            each(extent, || drop(black_box(Fernet(text.to_owned()).seal()))),
        ),
    ];
    line(extent, "seal", &compare(extent.rounds, sealing));

    let lazy = sealed_row(text);
    let (hand, message, fernet) = (
        ByHand(text.to_owned()).seal(),
        Message(text.to_owned()).seal(),
        Fernet(text.to_owned()).seal(),
    );
    let opening = &mut [
        Variant::new(
            "encfield",
            each(extent, || drop(black_box(lazy.a.open().unwrap()))),
        ),
        Variant::new(
            "by hand",
            each(extent, || drop(black_box(ByHand::open(hand.clone())))),
        ),
        Variant::new(
            "encrypted-message",
            each(extent, || drop(black_box(Message::open(&message)))),
        ),
        Variant::new(
            "fernet",
            each(extent, || drop(black_box(Fernet::open(&fernet)))),
        ),
    ];
    line(extent, "open", &compare(extent.rounds, opening));
}

/// A row that was stored and loaded, and is not opened yet.
fn sealed_row(text: &str) -> Lazy {
    let mut conn = store::sqlite();
    let row = Transparent::new(1, [text, text, text].map(str::to_owned));
    diesel::insert_into(schema::sealed::table)
        .values(&row)
        .execute(&mut conn)
        .unwrap();
    let rows = schema::sealed::table.select(Lazy::as_select());
    rows.get_result(&mut conn).unwrap()
}

fn tags(extent: &Extent, text: &str) {
    println!("| a tag of a value of 16 bytes | by | ns | of the bare HMAC's |");
    println!("|---|---|---:|---:|");
    let kept = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    let variants = &mut [
        Variant::new(
            "bare HMAC, state kept",
            each(extent, || {
                let mut mac = kept.clone();
                mac.update(text.as_bytes());
                black_box(mac.finalize().into_bytes());
            }),
        ),
        Variant::new(
            "blind index",
            each(extent, || {
                let _ = black_box(tag_of::<
                    BlindIndex<schema::people::name>,
                    schema::people::name,
                >(text));
            }),
        ),
    ];
    line(extent, "tag", &compare(extent.rounds, variants));
}

/// What a field takes in the database.
fn stored() {
    println!("| a value of | encfield | by hand | encrypted-message | fernet |");
    println!("|---|---:|---:|---:|---:|");
    for length in [0, 16, 64, 256, 1_024] {
        let text = value::text(1, length);
        let sealed = sealed_row(&text).a.as_bytes().len();
        let (hand, message, fernet) = (
            ByHand(text.clone()).seal().len(),
            Message(text.clone()).seal().len(),
            Fernet(text.clone()).seal().len(),
        );
        println!("| {length} bytes | {sealed} | {hand} | {message} | {fernet} |");
    }
}
