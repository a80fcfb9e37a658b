//! Every type that a sensitive field can have, through the database.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use encfield::{Codec, CodecError, Encoder, Json};
use phonenumber::PhoneNumber;
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::backend::{BYTES, quoted};
use crate::database::{ddl, fresh};

/// A table with these encrypted columns, and a model with these fields, NOT NULL and nullable.
macro_rules! every_type {
    ($table:ident, $model:ident: $($column:ident: $type:ty = $value:expr),* $(,)?) => {
        diesel::table! {
            use diesel::sql_types::*;
            use encfield::sql_types::Ciphertext;

            $table (id) {
                id -> Integer,
                $($column -> Ciphertext<$column>,)*
            }
        }

        #[encfield::model]
        #[derive(Queryable, Selectable, Insertable, AsChangeset, PartialEq, Clone)]
        #[diesel(table_name = $table)]
        struct $model {
            id: i32,
            $(#[sensitive] $column: $type,)*
        }

        fn $table() {
            let conn = &mut fresh();
            let columns: Vec<_> = [$(stringify!($column)),*]
                .iter()
                .map(|column| format!("{} {BYTES} NOT NULL", quoted(column)))
                .collect();
            conn.batch_execute(&format!(
                "CREATE TABLE {} (id INTEGER PRIMARY KEY, {})",
                stringify!($table),
                columns.join(", "),
            ))
            .unwrap();
            let stored = $model { id: 1, $($column: $value,)* };
            diesel::insert_into($table::table).values(&stored).execute(conn).unwrap();
            let loaded = $table::table.select($model::as_select()).first(conn).unwrap();
            assert!(loaded == stored);
            diesel::update($table::table).set(&loaded).execute(conn).unwrap();
            let loaded = $table::table.select($model::as_select()).first(conn).unwrap();
            assert!(loaded == stored);
            $(
                let printed = format!("{loaded:?}");
                assert!(printed.contains(concat!(stringify!($column), ": ********")), "{printed}");
            )*
        }
    };
}

every_type! {
    the_standard_librarys_types_come_back, Standard:
    text: String = "größer".into(),
    boxed: Box<str> = "".into(),
    bytes: Vec<u8> = vec![0, 255],
    array: [u8; 16] = [7; 16],
    boolean: bool = true,
    character: char = '😀',
    i_8: i8 = i8::MIN,
    i_16: i16 = i16::MIN,
    i_32: i32 = i32::MIN,
    i_64: i64 = i64::MIN,
    i_128: i128 = i128::MIN,
    i_size: isize = isize::MIN,
    u_8: u8 = u8::MAX,
    u_16: u16 = u16::MAX,
    u_32: u32 = u32::MAX,
    u_64: u64 = u64::MAX,
    u_128: u128 = u128::MAX,
    u_size: usize = usize::MAX,
    f_32: f32 = f32::MIN_POSITIVE,
    f_64: f64 = f64::NEG_INFINITY,
    address: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST),
    address_4: Ipv4Addr = Ipv4Addr::BROADCAST,
    address_6: Ipv6Addr = Ipv6Addr::LOCALHOST,
    moment: SystemTime = SystemTime::UNIX_EPOCH - Duration::new(1, 7),
    span: Duration = Duration::MAX,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    number: Option<u32>,
}

/// A type of one's own.
#[derive(Debug, Clone, PartialEq)]
enum BloodType {
    A,
    B,
}

impl Codec for BloodType {
    fn encoded_len(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.write(match self {
            Self::A => b"A",
            Self::B => b"B",
        });
        Ok(())
    }

    fn decode(plaintext: &[u8]) -> Result<Self, CodecError> {
        match plaintext {
            b"A" => Ok(Self::A),
            b"B" => Ok(Self::B),
            _ => Err(CodecError::new("a blood type is A or B")),
        }
    }
}

every_type! {
    the_types_of_other_crates_come_back, Other:
    c_date: chrono::NaiveDate = chrono::NaiveDate::MIN,
    c_time: chrono::NaiveTime = chrono::NaiveTime::from_hms_nano_opt(23, 59, 59, 1_999_999_999).unwrap(),
    c_both: chrono::NaiveDateTime = chrono::NaiveDateTime::MAX,
    c_utc: chrono::DateTime<chrono::Utc> = chrono::DateTime::<chrono::Utc>::MIN_UTC,
    c_offset: chrono::DateTime<chrono::FixedOffset> = "2026-11-23T09:00:00+05:30".parse().unwrap(),
    t_date: time::Date = time::Date::MAX,
    t_time: time::Time = time::Time::MIDNIGHT,
    t_both: time::PrimitiveDateTime = time::PrimitiveDateTime::MIN,
    t_offset: time::OffsetDateTime = time::OffsetDateTime::UNIX_EPOCH,
    id_: Uuid = Uuid::from_u128(0x1234),
    decimal: Decimal = Decimal::new(-123_450, 5),
    value: serde_json::Value = serde_json::json!({ "a": [1, null, "x"] }),
    json: Json<Address> = Json(Address { street: "Main".into(), number: Some(7) }),
    phone: PhoneNumber = "+39066982 ext. 12".parse().unwrap(),
    own: BloodType = BloodType::B,
}

fn a_nan_keeps_its_payload_and_a_secret_string_its_secret() {
    diesel::table! {
        use diesel::sql_types::*;
        use encfield::sql_types::Ciphertext;

        secrets (id) {
            id -> Integer,
            measure -> Nullable<Ciphertext<measure>>,
            word -> Nullable<Ciphertext<word>>,
        }
    }

    #[encfield::model]
    #[derive(Queryable, Selectable, Insertable)]
    #[diesel(table_name = secrets)]
    struct Secrets {
        #[sensitive]
        measure: Option<f64>,
        #[sensitive]
        word: Option<SecretString>,
    }

    let conn = &mut fresh();
    conn.batch_execute(&ddl(
        "CREATE TABLE secrets (id {counter}, measure {bytes}, word {bytes})",
    ))
    .unwrap();
    let nan = f64::from_bits(0x7FF8_0000_DEAD_BEEF);
    diesel::insert_into(secrets::table)
        .values(&vec![
            Secrets {
                measure: Some(nan),
                word: Some("open sesame".to_owned().into()),
            },
            Secrets {
                measure: None,
                word: None,
            },
        ])
        .execute(conn)
        .unwrap();
    let loaded = secrets::table
        .order(secrets::id)
        .select(Secrets::as_select())
        .load(conn)
        .unwrap();
    assert_eq!(loaded[0].measure.unwrap().to_bits(), nan.to_bits());
    assert_eq!(
        loaded[0].word.as_ref().unwrap().expose_secret(),
        "open sesame"
    );
    assert!(loaded[1].measure.is_none() && loaded[1].word.is_none());
}

crate::harness::claims![
    a_nan_keeps_its_payload_and_a_secret_string_its_secret,
    the_standard_librarys_types_come_back,
    the_types_of_other_crates_come_back,
];
