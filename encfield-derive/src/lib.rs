//! The macros of encfield. Use them through the crate `encfield`, which documents them.

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod option_type;
mod sensitive;
mod sensitive_variables;
mod show;
mod type_parameters;

use proc_macro::TokenStream;

/// The attribute that `encfield::model` is.
///
/// # What it works with
///
/// Diesel's `Queryable`, `Selectable`, `QueryableByName`, `HasQuery`, `Insertable` and `AsChangeset`,
/// on structs with named fields and on tuple structs, with generics and lifetimes. Diesel's own
/// derives run on hidden structs behind yours, so its attributes mean what they always mean.
///
/// # Optional container arguments
///
/// - `#[encfield::model(crate = some::path)]`: where the crate `encfield` is, if it is not
///   `::encfield`.
///
/// # Field attributes
///
/// - `#[sensitive]`: the field is encrypted. Its type implements `encfield::Codec`, or is an `Option`
///   of one. The column's SQL type is `Ciphertext<column>` or `Nullable<Ciphertext<column>>`.
/// - `#[sensitive(index = passport_index)]`: the field fills a blind index too, in every write. The
///   index column's SQL type is `BlindIndex<column>` or `Nullable<BlindIndex<column>>`. Repeat
///   `index = ..` for several indexes; name a compound index on each of its fields, which stand in
///   the struct in the order of its columns.
/// - `#[sensitive(pad = 64)]`: the value is padded to a multiple of so many bytes, from 2 to 65,535,
///   before it is encrypted, so that its length does not show. `pad = padme` pads long values by at
///   most 12 %.
/// - `#[sensitive(hide_null)]`: `None` is stored as a ciphertext, in a column that is NOT NULL. With an
///   index it stays hidden only where every value is unique: a tag that occurs once is else a `None`.
///   Padded to 64 bytes where `pad` says nothing else, as the length would tell.
/// - `#[sensitive(bind = user_id)]`: the ciphertext is bound to the value of another field of the
///   struct, so that it does not open in a row where that is another. Repeat it for several. The
///   other field is not sensitive, not an `Option`, and in every model that stores or loads the
///   column; a key that the database assigns cannot be bound to.
///
/// A field that fills an index and is left out of a write leaves the index as it is. A write that
/// would set a column and leave an index of it behind fails, and nothing is written.
///
/// # Errors
///
/// All that is wrong with a struct is reported at once, each at the tokens that are wrong.
#[proc_macro_attribute]
pub fn model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::model(arguments.into(), item.into()).into()
}

/// The derive that `encfield::Sensitive` is.
///
/// It writes a `Debug` that prints `********` for each sensitive field, `encfield::Wipe` and a `Drop`
/// that overwrites them, `encfield::Sensitive`, and zeroize's `Zeroize` and `ZeroizeOnDrop`. A derived
/// `Debug` or `Serialize` beside it is refused.
///
/// # Optional container attributes
///
/// - `#[sensitive(serialize)]`: the type is serialized, with `********` in place of each sensitive
///   field. serde's attributes mean what they always mean.
/// - `#[sensitive(crate = some::path)]`: where the crate `encfield` is, if it is not `::encfield`.
///
/// # Field and variant attributes
///
/// - `#[sensitive]`: nobody sees the value. On a variant it stands for one on each of its fields.
/// - `#[sensitive(show = last4)]`: `Debug` shows the last four characters, of a value that has eight or
///   more. Also `first_letter` and `email_domain`.
/// - `#[sensitive(show_with = my_hint)]`: `Debug` shows what a function of yours makes of the value.
/// - `#[sensitive(nested)]`: the value's type, or what is in the `Option` or `Vec`, derives `Sensitive`
///   itself and says what is sensitive in it.
/// - `#[sensitive(serialize_exposed)]`: the value is serialized as it is.
/// - `#[sensitive(not_wiped)]`: the value's type cannot be wiped.
///
/// # Errors
///
/// All that is wrong with a type is reported at once, each at the tokens that are wrong.
#[proc_macro_derive(Sensitive, attributes(sensitive, serde))]
pub fn sensitive(item: TokenStream) -> TokenStream {
    sensitive::derive(item.into()).into()
}

/// The attribute that `encfield::sensitive_variables` is.
///
/// It writes tracing's `#[instrument]` on the function, with `********` in place of the arguments that are
/// named; of all, where none is named. An `#[instrument(..)]` below it keeps its options. The program
/// depends on the crate tracing itself.
///
/// # Errors
///
/// A name that is no argument, an `#[instrument]` above, or a second span beside this one; `ret`, and
/// `fields(..)` made of what is named.
#[proc_macro_attribute]
pub fn sensitive_variables(arguments: TokenStream, item: TokenStream) -> TokenStream {
    sensitive_variables::sensitive_variables(arguments.into(), item.into()).into()
}

/// What [`macro@sensitive_variables`] leaves behind, to look at the function last.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn no_span_beside(_: TokenStream, item: TokenStream) -> TokenStream {
    sensitive_variables::no_span_beside(item.into()).into()
}
