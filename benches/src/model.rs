//! The same row in each style. What is measured is the code that a user writes.

use diesel::prelude::*;
use encfield::{Encrypted, Sealed};

use crate::peer::{ByHand, Fernet, Message};
use crate::schema;

/// A row, made from its id and its three values.
pub trait Row {
    fn new(id: i32, values: [String; 3]) -> Self;
}

macro_rules! rows {
    ($($(#[$model:meta])* $name:ident in $table:ident: $(#[$field:meta])* $ty:ty, $wrap:expr;)*) => {$(
        $(#[$model])*
        #[derive(Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
        #[diesel(table_name = schema::$table)]
        pub struct $name {
            pub id: i32,
            $(#[$field])*
            pub a: $ty,
            $(#[$field])*
            pub b: $ty,
            $(#[$field])*
            pub c: $ty,
        }

        impl Row for $name {
            fn new(id: i32, [a, b, c]: [String; 3]) -> Self {
                let wrap = $wrap;
                Self { id, a: wrap(a), b: wrap(b), c: wrap(c) }
            }
        }
    )*};
}

rows! {
    #[derive(Debug)]
    Plain in plain: String, |value| value;
    #[encfield::model]
    Transparent in sealed: #[sensitive] String, |value| value;
    #[derive(Debug)]
    Explicit in explicit: Encrypted<String>, Encrypted::new;
    #[derive(Debug)]
    Hand in by_hand: ByHand, ByHand;
    #[derive(Debug)]
    Messages in message: Message, Message;
    #[derive(Debug)]
    Fernets in fernet: Fernet, Fernet;
}

/// Loaded and not opened.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::sealed)]
pub struct Lazy {
    pub id: i32,
    pub a: Sealed<String>,
    pub b: Sealed<String>,
    pub c: Sealed<String>,
}

/// The sealed bytes, loaded by Diesel alone: what their length costs, and nothing of encfield's.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::bytes)]
pub struct Bytes {
    pub id: i32,
    pub a: Vec<u8>,
    pub b: Vec<u8>,
    pub c: Vec<u8>,
}
