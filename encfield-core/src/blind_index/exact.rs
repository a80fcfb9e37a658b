//! Values as they are.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::normaliser::{CompoundPart, FullTags, Normalises, Tagging};
use super::text::Text;
use crate::codec::{Codec, Encoder};

/// The value as it is: the default of a blind index, for text.
///
/// `Exact` is for text, `Exact<[u8]>` for bytes, and `Exact<T>` for another type of many values,
/// such as `Exact<u64>` or `Exact<Uuid>`; the type is named so that a `u64` is never looked up where
/// `u32`s are stored. Text that people type wants another normaliser, or `Meier` does not find
/// `meier`. The empty text is a value like any other.
///
/// It leaks which rows hold equal values.
pub struct Exact<T: ?Sized = str>(PhantomData<fn(&T)>);

/// A type of few values, indexed all the same: a `bool`, an enum, a small number.
///
/// Whoever reads the database sees how the values are spread, and with four values knows them all.
/// Encrypt such a column without an index, and filter after loading, where you can.
///
/// It leaks the value itself to whoever can guess how often each occurs.
pub struct FewValues<T>(PhantomData<fn(&T)>);

/// A type of so many values that their number alone protects none of them.
///
/// Implement it for a type of your own that is to be indexed with [`Exact`]. For one of few values
/// use [`FewValues`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to have many values",
    label = "an index of few values shows which row holds which",
    note = "ask for it by name with `FewValues<{Self}>`, or, if the type has thousands of values, implement `encfield::ManyValues` for it"
)]
pub trait ManyValues {}

macro_rules! many_values {
    ($($type:ty),* $(,)?) => {$(
        impl ManyValues for $type {}
    )*};
}

many_values!(
    u16,
    i16,
    u32,
    i32,
    u64,
    i64,
    u128,
    i128,
    usize,
    isize,
    std::net::IpAddr,
    std::net::Ipv4Addr,
    std::net::Ipv6Addr,
);
#[cfg(feature = "chrono")]
many_values!(chrono::NaiveDate, chrono::NaiveDateTime);
#[cfg(feature = "time")]
many_values!(time::Date, time::PrimitiveDateTime);
#[cfg(feature = "uuid")]
many_values!(uuid::Uuid);

/// A type whose value is bytes.
pub trait Bytes {
    /// The bytes.
    fn bytes(&self) -> &[u8];
}

macro_rules! bytes {
    ($($(#[$attribute:meta])* {$($generics:tt)*} $type:ty => |$value:ident| $bytes:expr;)*) => {$(
        $(#[$attribute])*
        impl<$($generics)*> Bytes for $type {
            fn bytes(&self) -> &[u8] {
                let $value = self;
                $bytes
            }
        }
    )*};
}

bytes! {
    {} [u8] => |value| value;
    {} Vec<u8> => |value| value;
    {} Box<[u8]> => |value| value;
    {} Cow<'_, [u8]> => |value| value;
    {const N: usize} [u8; N] => |value| value;
    {B: Bytes + ?Sized} &B => |value| (**value).bytes();
    #[cfg(feature = "secrecy")]
    {} secrecy::SecretSlice<u8> => |value| secrecy::ExposeSecret::expose_secret(value);
}

/// What an `Exact` is for, as its identity says it: an index of bytes is none of text.
macro_rules! full {
    ($({$($generics:tt)*} $type:ty => $name:literal;)*) => {$(
        impl<$($generics)*> Tagging for $type {
            type Normaliser = Self;
            const BITS: u16 = 256;

            fn identity(out: &mut String) {
                out.push_str(concat!($name, "/1"));
            }
        }

        impl<$($generics)*> FullTags for $type {}
        impl<$($generics)*> CompoundPart for $type {}
    )*};
}

full! {
    {T: ?Sized + 'static} Exact<T> => "exact";
    {T: 'static} FewValues<T> => "few-values";
}

impl<V: Text + ?Sized> Normalises<V> for Exact<str> {
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
        out.write(value.text().as_bytes());
        Some(())
    }
}

impl<V: Bytes + ?Sized> Normalises<V> for Exact<[u8]> {
    fn normalise(value: &V, out: &mut Encoder<'_>) -> Option<()> {
        out.write(value.bytes());
        Some(())
    }
}

impl<T: Codec + ManyValues> Normalises<T> for Exact<T> {
    fn normalise(value: &T, out: &mut Encoder<'_>) -> Option<()> {
        value.encode(out).ok()
    }
}

impl<T: Codec> Normalises<T> for FewValues<T> {
    fn normalise(value: &T, out: &mut Encoder<'_>) -> Option<()> {
        value.encode(out).ok()
    }
}

impl<T: ?Sized> fmt::Debug for Exact<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exact")
    }
}

impl<T> fmt::Debug for FewValues<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FewValues")
    }
}
