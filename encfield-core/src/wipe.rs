//! Overwriting a value before its memory is used for something else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use zeroize::{Zeroize, Zeroizing};

use crate::codec::Codec;

/// A value that can be overwritten in place.
///
/// What a `#[sensitive]` field of a type that derives [`Sensitive`](crate::Sensitive) must be. It is
/// there for text, bytes, numbers, dates and the types of the crates that have a feature here, for
/// `Option`, `Box`, `Vec` and the like of them, and for every type that derives `Sensitive`. For a
/// type of your own, overwrite each part:
///
/// ```
/// use encfield_core::Wipe;
///
/// struct Iban(String);
///
/// impl Wipe for Iban {
///     fn overwrite(&mut self) {
///         self.0.overwrite();
///     }
/// }
/// ```
///
/// What was copied elsewhere before is not found: a `String` that grew has left its old buffer
/// behind, so size it at once. The keys of a map and what is in a set lie where nobody may write. What they
/// point to is wiped, as with a `String`; a number or an array there is not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wiped",
    label = "a sensitive value is wiped on drop, and this type does not say how",
    note = "derive `encfield::Sensitive` for it or implement `encfield::Wipe`; if it holds nothing that can be wiped, write `#[sensitive(not_wiped)]`"
)]
pub trait Wipe {
    /// Overwrites the value. What is left is valid and says nothing.
    fn overwrite(&mut self);

    /// Overwrites values side by side, and what lies behind them where that is possible.
    #[doc(hidden)]
    fn overwrite_all(values: &mut Vec<Self>)
    where
        Self: Sized,
    {
        values.iter_mut().for_each(Self::overwrite);
        values.clear();
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Wipe for $number {
            fn overwrite(&mut self) {
                self.zeroize();
            }

            fn overwrite_all(values: &mut Vec<Self>) {
                values.zeroize();
            }
        }
    )*};
}

numbers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char }

macro_rules! zeroized {
    ($($type:ty)*) => {$(
        impl Wipe for $type {
            fn overwrite(&mut self) {
                self.zeroize();
            }
        }
    )*};
}

zeroized! { String Box<str> }

macro_rules! by_codec {
    ($($(#[$condition:meta])* $type:ty;)*) => {$(
        $(#[$condition])*
        impl Wipe for $type {
            fn overwrite(&mut self) {
                Codec::wipe(self);
            }
        }
    )*};
}

by_codec! {
    Cow<'_, str>;
    Cow<'_, [u8]>;
    Ipv4Addr;
    Ipv6Addr;
    IpAddr;
    SystemTime;
    Duration;
    #[cfg(feature = "chrono")] chrono::NaiveDate;
    #[cfg(feature = "chrono")] chrono::NaiveTime;
    #[cfg(feature = "chrono")] chrono::NaiveDateTime;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Utc>;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::FixedOffset>;
    #[cfg(feature = "phonenumber")] phonenumber::PhoneNumber;
    #[cfg(feature = "rust_decimal")] rust_decimal::Decimal;
    #[cfg(feature = "serde_json")] json::Value;
    #[cfg(feature = "time")] time::Date;
    #[cfg(feature = "time")] time::Time;
    #[cfg(feature = "time")] time::PrimitiveDateTime;
    #[cfg(feature = "time")] time::UtcDateTime;
    #[cfg(feature = "time")] time::OffsetDateTime;
    #[cfg(feature = "uuid")] uuid::Uuid;
}

impl<T: Wipe> Wipe for Option<T> {
    fn overwrite(&mut self) {
        if let Some(value) = self {
            value.overwrite();
        }
        *self = None;
    }
}

impl<T: Wipe> Wipe for Box<T> {
    fn overwrite(&mut self) {
        (**self).overwrite();
    }
}

impl<T: Wipe> Wipe for Vec<T> {
    fn overwrite(&mut self) {
        T::overwrite_all(self);
    }
}

impl<T: Wipe> Wipe for VecDeque<T> {
    fn overwrite(&mut self) {
        self.iter_mut().for_each(T::overwrite);
        self.clear();
    }
}

impl<T: Wipe, const N: usize> Wipe for [T; N] {
    fn overwrite(&mut self) {
        self.iter_mut().for_each(T::overwrite);
    }
}

impl<T: Wipe> Wipe for Box<[T]> {
    fn overwrite(&mut self) {
        self.iter_mut().for_each(T::overwrite);
    }
}

// Values are wiped where they lie; a key can be taken out alone, and then what it points to is wiped.
macro_rules! collections {
    ($($map:ident $set:ident [$($hasher:ident)?];)*) => {$(
        impl<K: Wipe, V: Wipe $(, $hasher: Default)?> Wipe for $map<K, V $(, $hasher)?> {
            fn overwrite(&mut self) {
                self.values_mut().for_each(V::overwrite);
                for (mut key, _) in std::mem::take(self) {
                    key.overwrite();
                }
            }
        }

        impl<T: Wipe $(, $hasher: Default)?> Wipe for $set<T $(, $hasher)?> {
            fn overwrite(&mut self) {
                for mut value in std::mem::take(self) {
                    value.overwrite();
                }
            }
        }
    )*};
}

collections! { BTreeMap BTreeSet []; HashMap HashSet [S]; }

impl Wipe for OsString {
    fn overwrite(&mut self) {
        std::mem::take(self).into_encoded_bytes().zeroize();
    }
}

impl Wipe for PathBuf {
    fn overwrite(&mut self) {
        std::mem::take(self).into_os_string().overwrite();
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {$(
        impl<$($name: Wipe),+> Wipe for ($($name,)+) {
            fn overwrite(&mut self) {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                $($name.overwrite();)+
            }
        }
    )*};
}

tuples! { A; A B; A B C; A B C D; }

impl<T: Zeroize> Wipe for Zeroizing<T> {
    fn overwrite(&mut self) {
        self.zeroize();
    }
}

#[cfg(feature = "secrecy")]
impl<T: Zeroize + ?Sized> Wipe for secrecy::SecretBox<T> {
    fn overwrite(&mut self) {
        self.zeroize();
    }
}

/// The owner wipes what is borrowed from it.
impl<T: ?Sized> Wipe for &T {
    fn overwrite(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of a buffer that is still owned, its spare capacity included.
    fn wiped(mut text: String) -> bool {
        let length = text.capacity();
        text.overwrite();
        let mut bytes = text.into_bytes();
        bytes.resize(length, 0);
        bytes.iter().all(|byte| *byte == 0)
    }

    #[test]
    fn text_is_wiped_with_what_lies_behind_it() {
        let mut text = String::with_capacity(64);
        text.push_str("K1234567 and more");
        text.truncate(8);
        assert!(wiped(text));
    }

    #[test]
    fn a_value_is_gone_whatever_holds_it() {
        let mut nested = vec![Some(String::from("K1234567")), None];
        nested.overwrite();
        assert!(nested.is_empty());
        let mut map = BTreeMap::from([(1_u8, String::from("K1234567"))]);
        map.overwrite();
        assert!(map.is_empty());
        let mut set = HashSet::from([PathBuf::from("K1234567")]);
        set.overwrite();
        assert!(set.is_empty());
        let mut slice = Box::<[u32]>::from([1, 2]);
        slice.overwrite();
        assert_eq!(*slice, [0, 0]);
        let mut pair = (7_i32, ['a', 'b']);
        pair.overwrite();
        assert_eq!(pair, (0, ['\0', '\0']));
        let mut boxed = Box::new(Some(4_u64));
        boxed.overwrite();
        assert_eq!(*boxed, None);
    }
}
