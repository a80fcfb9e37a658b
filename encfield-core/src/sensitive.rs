//! Types that hold something sensitive, in a database or not.

use std::collections::VecDeque;

use crate::wipe::Wipe;

/// A type that prints no sensitive value and wipes them on drop.
///
/// Derive it; the derive macro of the same name writes `Debug`, [`Wipe`] and `Drop` too. What takes a
/// body from outside into the program asks for it, so that a form or a command cannot be a type that
/// prints what is in it. `Option`, `Box`, `Vec` and the like of such a type are such types too, so they can
/// be `#[sensitive(nested)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may print what it holds",
    label = "this type does not derive `Sensitive`",
    note = "write `#[derive(encfield::Sensitive)]` on it, in place of `Debug`, and `#[sensitive]` on its sensitive fields; a field that is sensitive as a whole is `#[sensitive]` without `nested`"
)]
pub trait Sensitive: Wipe {
    /// The names of the sensitive fields: what logs may have to hide.
    ///
    /// They are as they are written in Rust, and as serde reads and writes them by `rename` and `alias`.
    /// What `rename_all` makes of them is not there: who compares names looks at letters and digits alone,
    /// for which `phone_number`, `phoneNumber` and `PHONE-NUMBER` are one.
    ///
    /// A field that is `nested` is among them, so that where names alone are known it is hidden whole;
    /// what is in it has names of its own type's, which stand here too where serde flattens it. What is
    /// flattened without being `nested`, a map of anything, has names that are not known here, and so has
    /// a field without a name.
    const FIELDS: &'static [&'static str];
}

macro_rules! of_one {
    ($($holder:ty;)*) => {$(
        impl<T: Sensitive> Sensitive for $holder {
            const FIELDS: &'static [&'static str] = T::FIELDS;
        }
    )*};
}

of_one! { &T; Option<T>; Box<T>; Vec<T>; VecDeque<T>; }

impl<T: Sensitive, const N: usize> Sensitive for [T; N] {
    const FIELDS: &'static [&'static str] = T::FIELDS;
}
