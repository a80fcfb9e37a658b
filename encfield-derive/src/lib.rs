//! The macros of encfield. Use them through the crate `encfield`, which documents them.

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod option_type;

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
/// - `#[sensitive(hide_null)]`: `None` is stored as a ciphertext, in a column that is NOT NULL.
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
