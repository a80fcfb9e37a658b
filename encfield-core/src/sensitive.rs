//! Types that hold something sensitive, in a database or not.

use crate::wipe::Wipe;

/// A type that prints no sensitive value and wipes them on drop.
///
/// Derive it; the derive macro of the same name writes `Debug`, [`Wipe`] and `Drop` too. What takes a
/// body from outside into the program asks for it, so that a form or a command cannot be a type that
/// prints what is in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may print what it holds",
    label = "this type does not derive `Sensitive`",
    note = "write `#[derive(encfield::Sensitive)]` on it, in place of `Debug`, and `#[sensitive]` on its sensitive fields"
)]
pub trait Sensitive: Wipe {
    /// The names of the sensitive fields, as they are written in Rust: what logs may have to hide.
    ///
    /// A field that is `nested` is among them, so that where names alone are known it is hidden whole;
    /// what is in it has names of its own type's.
    const FIELDS: &'static [&'static str];
}
