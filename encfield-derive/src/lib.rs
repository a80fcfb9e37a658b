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
///
/// # Errors
///
/// All that is wrong with a struct is reported at once, each at the tokens that are wrong.
#[proc_macro_attribute]
pub fn model(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::model(arguments.into(), item.into()).into()
}
