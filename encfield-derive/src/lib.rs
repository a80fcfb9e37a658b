//! The macros of encfield. Use them through the crate `encfield`, which re-exports them.
//!
//! This crate never depends on the core: it emits paths through the face alone.

mod ast;
mod attr;
mod check;
mod ctxt;
mod derives;
mod diesel_attr;
mod expand;
mod fallback;
mod ty;

use proc_macro::TokenStream;

/// Makes a Diesel model transparent: fields marked `#[sensitive]` are ciphertext in the database
/// and plain values in the program.
///
/// It must stand **above** the derives. It takes `Queryable`, `Selectable`, `QueryableByName`,
/// `HasQuery`, `Insertable` and `AsChangeset` out of the derive list and implements them itself, by
/// hidden structs that carry Diesel's own derives. It always writes a `Debug` that prints
/// `********` for each sensitive field, and takes `Debug` out of the list.
///
/// The column of a sensitive field has the SQL type `Ciphertext<column>`, or
/// `Nullable<Ciphertext<column>>` for an `Option`. Diesel's attributes keep their meaning.
///
/// # Optional container attributes
///
/// * `#[encfield::model(crate = some::path)]`, where `encfield` is re-exported by another crate.
///
/// # Optional field attributes
///
/// * `#[sensitive]`, on at least one field. It takes no options in this version. It cannot be
///   joined with `#[diesel(serialize_as)]`, `#[diesel(deserialize_as)]` or `#[diesel(embed)]`, nor
///   stand on a primary key.
#[proc_macro_attribute]
pub fn model(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::model(options.into(), item.into()).into()
}
