//! Writes cells of every type, for a reader that is not encfield: `scripts/read-by-python`.
//!
//! One JSON object a line: first the keyring, then cells with their place, their type, their bytes, and the
//! value as the reader is to print it.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use encfield_core::{Codec, Context, Json, Key, KeyState, Keyring, MultipleOf, Padded, Padme};

/// How often each type is written.
const ROUNDS: u64 = 400;

struct Writer<W> {
    out: W,
    keyring: Keyring,
    count: usize,
}

impl<W: Write> Writer<W> {
    fn cell<T: Codec>(&mut self, of: &str, value: &T, shown: String) {
        let table = ["profiles", "public.profiles", "Ärzte"][self.count % 3];
        let column = format!("column_{}", self.count % 7);
        let (first, second) = (self.count.to_be_bytes(), *b"owner");
        let pieces: [&[u8]; 2] = [&first, &second];
        let bound = &pieces[..self.count % 3];
        let context = Context::new(table, &column).with_bound(bound);
        let cell = json::json!({
            "table": table,
            "column": column,
            "bound": bound.iter().map(|piece| hex(piece)).collect::<Vec<_>>(),
            "type": of,
            "value": hex(&self.keyring.encrypt(&context, value).unwrap()),
            "shown": shown,
        });
        writeln!(self.out, "{cell}").unwrap();
        self.count += 1;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers without an end, the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn text(&mut self) -> String {
        let length = self.next() % 40;
        let letters = [
            'a',
            'Z',
            '7',
            ' ',
            'é',
            'ß',
            '€',
            '\u{1F600}',
            '"',
            '\\',
            '\n',
            ';',
            '%',
        ];
        (0..length)
            .map(|_| letters[(self.next() % letters.len() as u64) as usize])
            .collect()
    }
}

fn main() {
    let older = Key::generate().unwrap();
    let keyring = Keyring::generate()
        .with_key(older, KeyState::Active)
        .unwrap();
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(
        out,
        "{}",
        json::json!({ "keyring": keyring.to_json().unwrap().as_str() })
    )
    .unwrap();
    let mut to = Writer {
        out,
        keyring,
        count: 0,
    };
    let mut numbers = Numbers(7);
    for _ in 0..ROUNDS {
        let (one, other) = (numbers.next(), numbers.next());
        scalars(&mut to, one, other);
        texts(&mut to, &mut numbers);
        others(&mut to, one, other);
    }
    to.out.flush().unwrap();
}

fn scalars<W: Write>(to: &mut Writer<W>, one: u64, other: u64) {
    let wide = u128::from(one) << 64 | u128::from(other);
    to.cell("bool", &(one % 2 == 1), (one % 2 == 1).to_string());
    let letter = char::from_u32((one % 0xD800) as u32).unwrap();
    to.cell("char", &letter, (letter as u32).to_string());
    to.cell("u8", &(one as u8), (one as u8).to_string());
    to.cell("i16", &(one as i16), (one as i16).to_string());
    to.cell("u32", &(one as u32), (one as u32).to_string());
    to.cell("i64", &(one as i64), (one as i64).to_string());
    to.cell("u128", &wide, wide.to_string());
    to.cell("i128", &(wide as i128), (wide as i128).to_string());
    to.cell("f64", &f64::from_bits(one), hex(&one.to_be_bytes()));
    to.cell(
        "f32",
        &f32::from_bits(one as u32),
        hex(&(one as u32).to_be_bytes()),
    );
}

fn texts<W: Write>(to: &mut Writer<W>, numbers: &mut Numbers) {
    let text = numbers.text();
    to.cell("text", &text, text.clone());
    to.cell("bytes", &text.clone().into_bytes(), hex(text.as_bytes()));
    to.cell("array", &[1_u8, 2, 3], "010203".into());
    let value = json::json!({ "text": text, "list": [1, null, true] });
    to.cell("json", &Json(value.clone()), value.to_string());
    to.cell(
        "padded 64",
        &Padded::<String, MultipleOf<64>>::new(text.clone()),
        text.clone(),
    );
    to.cell(
        "padded padme",
        &Padded::<String, Padme>::new(text.clone()),
        text,
    );
    let national = 100_000_000 + numbers.next() % 899_999_999;
    let number = phonenumber::parse(None, format!("+49 {national}")).unwrap();
    let shown = format!("+49-{}", number.national().value());
    to.cell("phone", &number, shown);
}

fn others<W: Write>(to: &mut Writer<W>, one: u64, other: u64) {
    let (days, second, nano) = (one % 60_000, other % 86_400, one % 1_000_000_000);
    let date = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(days);
    to.cell("date", &date, date.to_string());
    let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(second as u32, nano as u32);
    let time = time.unwrap();
    to.cell("time", &time, format!("{second} s {nano} ns"));
    let (seconds, duration) = (days * 86_400 + second, Duration::new(other, nano as u32));
    to.cell(
        "timestamp",
        &(SystemTime::UNIX_EPOCH + Duration::new(seconds, nano as u32)),
        format!("{seconds} s {nano} ns"),
    );
    to.cell("duration", &duration, format!("{other} s {nano} ns"));
    let four = Ipv4Addr::from(one as u32);
    to.cell("ip", &IpAddr::V4(four), four.to_string());
    let six = Ipv6Addr::from(u128::from(one) << 64 | u128::from(other));
    to.cell("ipv6", &six, hex(&six.octets()));
    let uuid = uuid::Uuid::from_u64_pair(one, other);
    to.cell("uuid", &uuid, uuid.to_string());
    let mut decimal = rust_decimal::Decimal::from(one);
    decimal.set_scale((other % 29) as u32).unwrap();
    decimal.set_sign_negative(other % 2 == 1);
    to.cell("decimal", &decimal, decimal.to_string());
}
